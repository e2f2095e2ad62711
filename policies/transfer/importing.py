"""Brings documents from a file into the library, fast and repeatably.

An imported document is released at once, with the basis ``imported``. It owes neither an
interpretation nor a consultation; so an import can never stand in for a draft that does.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import override
from pypinyin import lazy_pinyin
from wagtail.models import Locale, Page

from freshness import services as freshness
from ledger import services as ledger
from legaltext import document_numbers
from multilingual.languages import CODES, SOURCE, suffixed
from organisations.models import Organisation, OrganisationName, OrganisationPage
from organisations.services import establish, rename
from outbox import services as outbox
from policies import rules
from policies.enums import Basis, Disclosure
from policies.models import (
    Audience,
    Effect,
    ImportRecord,
    IndexCounter,
    InterpretationPage,
    InterpretationRelease,
    Obligation,
    PolicyAlias,
    PolicyIssuer,
    PolicyNumber,
    PolicyPage,
    PolicyRelation,
    ProposedEffect,
    Release,
    Subject,
    Territory,
)
from policies.models.terms import Term
from policies.services import take_serials
from policies.transfer.rows import OrganisationRow, Row, TermRow, kind_of

CHUNK = 500
NO_ISSUER = "U0000"
NO_ISSUER_NAME = {"zh-hans": "发布机关不详", "en": "Issuing authority unknown"}


@dataclass
class Outcome:
    """What became of a batch: how many went in, how many were there already, which were refused."""

    imported: int = 0
    present: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Planned:
    line: int
    row: Row
    owner: Organisation
    issuers: list[Organisation]


def import_rows(numbered: Iterable[tuple[int, Row]], *, now: datetime.datetime) -> Iterator[Outcome]:
    """Import rows, a transaction each ``CHUNK``; yields the outcome of each chunk.

    ``numbered`` pairs each row with its line number. A row whose ``id`` is there already is left
    as it is, so running a file twice changes nothing and an interrupted run can be repeated.
    What one row does wrong is an error of that row alone.
    """
    importer = _Importer(now)
    waiting: list[tuple[int, Row]] = []
    for pair in numbered:
        waiting.append(pair)
        if len(waiting) == CHUNK:
            yield importer.take(waiting)
            waiting = []
    if waiting:
        yield importer.take(waiting)


class _Importer:
    def __init__(self, now: datetime.datetime) -> None:
        self.now = now
        self.seen: set[str] = set()
        self.locale = Locale.get_default()
        self.terms: dict[tuple[type[Term], str], Term] = {}
        self.organisations: dict[str, Organisation] = {}
        self.content_types = {
            model: ContentType.objects.get_for_model(model, for_concrete_model=False)
            for model in (PolicyPage, InterpretationPage)
        }

    def take(self, rows: list[tuple[int, Row]]) -> Outcome:
        outcome = Outcome()
        ids = [row.id for _, row in rows]
        present = set(
            ImportRecord.objects.filter(source_id__in=ids).values_list("source_id", flat=True)
        )
        fresh = []
        for line, row in rows:
            if row.id in self.seen:
                outcome.errors.append((line, f"id: {row.id!r} stands in this file twice"))
            elif row.id in present:
                outcome.present += 1
            elif reason := _owing(row):
                outcome.errors.append((line, reason))
            else:
                fresh.append((line, row))
            self.seen.add(row.id)
        self._import_together(fresh, outcome)
        return outcome

    def _import_together(self, rows: list[tuple[int, Row]], outcome: Outcome) -> None:
        """Import the rows in one transaction; if the database refuses, each in its own."""
        if not rows:
            return
        try:
            with transaction.atomic(), override(SOURCE):
                self._import(rows)
            outcome.imported += len(rows)
        except (IntegrityError, _BadRow) as error:
            self._forget()
            if len(rows) == 1:
                outcome.errors.append((rows[0][0], str(error)))
                return
            half = len(rows) // 2
            self._import_together(rows[:half], outcome)
            self._import_together(rows[half:], outcome)

    def _forget(self) -> None:
        """Drop what a rolled-back transaction may have made."""
        self.terms.clear()
        self.organisations.clear()

    def _import(self, rows: list[tuple[int, Row]]) -> None:
        planned = [self._plan(line, row) for line, row in rows]
        pages = [self._page(plan) for plan in planned]
        _insert_pages(pages, [plan.owner.page for plan in planned])
        self._insert_parts(planned, pages)
        releases = self._insert_releases(planned, pages)
        interpretations = self._insert_interpretations(planned, pages, releases)
        ledger.record(
            "policies.imported", None, now=self.now,
            data={r.index_number: p.row.id for r, p in zip(releases, planned, strict=True)},
        )  # fmt: skip
        outbox.enqueue("search.index", {"type": "policy", "ids": [page.pk for page in pages]})
        if interpretations:
            outbox.enqueue("search.index", {"type": "interpretation", "ids": interpretations})
        freshness.bump()

    # --- what a row names -------------------------------------------------------------------

    def _plan(self, line: int, row: Row) -> Planned:
        issuers = [self._stated(org) for org in row.issuers] or [
            self._named(name) for name in row.issuer_names
        ]
        if row.owner:
            owner = self._stated(row.owner)
        else:
            owner = issuers[0] if issuers else self._unknown()
        return Planned(line, row, owner, issuers)

    def _stated(self, stated: OrganisationRow) -> Organisation:
        found = Organisation.objects.filter(code=stated.code).first()
        if found is None:
            found = self._establish(stated)
        return self._with_page(found)

    def _with_page(self, organisation: Organisation) -> Organisation:
        return self.organisations.setdefault(
            organisation.code, Organisation.objects.select_related("page").get(pk=organisation.pk)
        )

    def _named(self, name: str) -> Organisation:
        if name not in self.organisations:
            known = OrganisationName.objects.filter(name_zh_hans=name).first()
            found = known.organisation if known else self._unverified(name)
            self.organisations[name] = self._with_page(found)
        return self.organisations[name]

    def _unknown(self) -> Organisation:
        found = Organisation.objects.filter(code=NO_ISSUER).first() or establish(
            NO_ISSUER, level="", names=NO_ISSUER_NAME, verified=False, now=self.now
        )
        return self._with_page(found)

    def _unverified(self, name: str) -> Organisation:
        codes = Organisation.objects.filter(code__regex=r"^U[0-9]{4,}$").values_list(
            "code", flat=True
        )
        last = max((int(code[1:]) for code in codes), default=0)
        return establish(
            f"U{last + 1:04d}", level="", names={SOURCE: name}, verified=False, now=self.now
        )

    def _establish(self, stated: OrganisationRow) -> Organisation:
        first, *later = sorted(stated.names, key=lambda n: n.valid_from or datetime.date.min)
        organisation = establish(
            stated.code, level=stated.level, names=first.name, short_names=first.short_name,
            verified=stated.verified, now=self.now,
        )  # fmt: skip
        for name in later:
            rename(
                organisation, name.name, valid_from=name.valid_from or datetime.date.min,
                short_names=name.short_name, now=self.now,
            )  # fmt: skip
        return organisation

    def _term(self, model: type[Term], stated: TermRow | None) -> Any:
        if stated is None:
            return None
        known = (model, stated.key)
        if known not in self.terms:
            names = {suffixed("name", code): text for code, text in stated.name.items()}
            self.terms[known], _ = model._default_manager.get_or_create(
                key=stated.key, defaults=names
            )
        return self.terms[known]

    def _territory(self, row: Row) -> Any:
        if row.territory or not row.region:
            return self._term(Territory, row.territory)
        key = "-".join(lazy_pinyin(row.region))[:50]
        if not key.replace("-", "").isascii():
            return None
        return self._term(Territory, TermRow(key=key, name={SOURCE: row.region}))

    # --- rows of the database ---------------------------------------------------------------

    def _page(self, plan: Planned) -> PolicyPage:
        row = plan.row
        texts = {SOURCE: row.title} | row.titles
        page = PolicyPage(
            **self._page_facts(row.title, PolicyPage),
            **_translations(texts, row.abstracts, row.ready),
            kind=kind_of(row), disclosure=Disclosure.PROACTIVE, adoption_note=row.adoption_note,
            adopted_on=row.adopted_on, issued_on=row.date, effective_on=row.effective_on,
            expires_on=row.expires_on, consolidated_as_of=row.consolidated_as_of,
            subject=self._term(Subject, row.subject), territory=self._territory(row),
        )  # fmt: skip
        page.body = [(kind, value) for kind, value in row.blocks] or [("text", row.body)]
        return page

    def _page_facts(self, title: str, model: type[Page]) -> dict[str, Any]:
        return {
            "title": title[:255],
            "draft_title": title[:255],
            "slug": uuid.uuid4().hex[:12],
            "live": True,
            "first_published_at": self.now,
            "last_published_at": self.now,
            "content_type": self.content_types[model],
            "locale": self.locale,
        }

    def _insert_parts(self, planned: list[Planned], pages: list[PolicyPage]) -> None:
        pairs = list(zip(planned, pages, strict=True))
        PolicyNumber.objects.bulk_create(
            PolicyNumber(page=page, text=text, sort_order=i)
            for plan, page in pairs
            for i, text in enumerate(plan.row.document_numbers)
        )
        PolicyIssuer.objects.bulk_create(
            PolicyIssuer(page=page, organisation=issuer, sort_order=i)
            for plan, page in pairs
            for i, issuer in enumerate(plan.issuers)
        )
        PolicyAlias.objects.bulk_create(
            PolicyAlias(page=page, text=alias.text, language=alias.language, sort_order=i)
            for plan, page in pairs
            for i, alias in enumerate(plan.row.aliases)
        )
        through = PolicyPage.audiences.through
        through.objects.bulk_create(
            through(policypage_id=page.pk, audience_id=self._term(Audience, audience).pk)
            for plan, page in pairs
            for audience in plan.row.audiences
        )
        ImportRecord.objects.bulk_create(
            ImportRecord(
                page=page, source_id=plan.row.id, status=plan.row.status, imported_at=self.now,
                details={
                    name: value
                    for name in ("region", "level", "category", "topic", "source")
                    if (value := getattr(plan.row, name))
                },
            )  # fmt: skip
            for plan, page in pairs
        )

    def _insert_releases(self, planned: list[Planned], pages: list[PolicyPage]) -> list[Release]:
        today = rules.local_day(self.now)
        numbers: list[tuple[str, int, int] | None] = []
        wanted: dict[tuple[str, int], int] = {}
        for plan in planned:
            given = plan.row.index_number and rules.INDEX_NUMBER.match(plan.row.index_number)
            if given:
                number = (given["code"], int(given["year"]), int(given["serial"]))
                numbers.append(number)
                _move_counter(*number)
            else:
                numbers.append(None)
                year = (plan.row.date or today).year
                wanted[plan.owner.code, year] = wanted.get((plan.owner.code, year), 0) + 1
        following = {key: take_serials(*key, count) for key, count in wanted.items()}
        releases = []
        for plan, page, number in zip(planned, pages, numbers, strict=True):
            if number is None:
                code, year = plan.owner.code, (plan.row.date or today).year
                number = (code, year, following[code, year])
                following[code, year] += 1
            releases.append(
                Release(
                    page=page, organisation_code=number[0], year=number[1], serial=number[2],
                    released_at=self.now, basis=Basis.IMPORTED,
                )  # fmt: skip
            )
        return Release.objects.bulk_create(releases)

    def _insert_interpretations(
        self, planned: list[Planned], pages: list[PolicyPage], releases: list[Release]
    ) -> list[int]:
        made, parents, belongs = [], [], []
        for plan, page, release in zip(planned, pages, releases, strict=True):
            for serial, stated in enumerate(plan.row.interpretations, start=1):
                title = stated.titles[SOURCE]
                interpretation = InterpretationPage(
                    **self._page_facts(title, InterpretationPage),
                    **_translations(stated.titles, stated.abstracts, stated.ready),
                    kind=stated.kind, speaker=stated.speaker, signed_on=stated.signed_on,
                )  # fmt: skip
                interpretation.body = [(kind, value) for kind, value in stated.body]
                made.append(interpretation)
                parents.append(page)
                belongs.append((release, serial))
        _insert_pages(made, parents)
        InterpretationRelease.objects.bulk_create(
            InterpretationRelease(
                page=page, policy_release=release, serial=serial, released_at=self.now
            )
            for page, (release, serial) in zip(made, belongs, strict=True)
        )
        return [page.pk for page in made]


class _BadRow(Exception):
    """A row names something that cannot be."""


def _owing(row: Row) -> str | None:
    """Tell why a row may not come in: a draft with its title or number owes an answer."""
    open_obligations = Obligation.objects.filter(lifting__isnull=True)
    drafts = PolicyPage.objects.filter(obligations__in=open_obligations).distinct()
    if not open_obligations.exists():
        return None
    keys = {key for text in row.document_numbers for key in document_numbers.keys(text)}
    for draft in drafts.prefetch_related("numbers"):
        drafted = {k for n in draft.numbers.all() for k in document_numbers.keys(n.text)}
        if draft.headline_zh_hans == row.title or keys & drafted:
            return "this document is a draft here that still owes an answer to the public"
    return None


def _translations(
    titles: dict[str, str], abstracts: dict[str, str], ready: list[str]
) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for code in CODES:
        facts[suffixed("headline", code)] = titles.get(code)
        facts[suffixed("abstract", code)] = abstracts.get(code)
        facts[suffixed("translation_ready", code)] = code in ready
    return facts


def _move_counter(code: str, year: int, serial: int) -> None:
    """Let the counter stand at least at a number that came with an import."""
    IndexCounter.objects.get_or_create(organisation_code=code, year=year)
    IndexCounter.objects.filter(organisation_code=code, year=year, last__lt=serial).update(
        last=serial
    )


def _insert_pages(pages: list[Any], parents: list[Page]) -> None:
    """Insert pages as the last children of their parents: two statements a batch, not six a page.

    Django cannot bulk-create a model with a parent table, so the two tables are filled apart.
    """
    children: dict[int, list[Any]] = {}
    for page, parent in zip(pages, parents, strict=True):
        children.setdefault(parent.pk, []).append(page)
    for parent in Page.objects.select_for_update().filter(pk__in=children):
        last = parent.get_last_child() if parent.numchild else None
        step = Page._str2int(last.path[-Page.steplen :]) if last else 0
        for i, page in enumerate(children[parent.pk], start=1):
            page.path = Page._get_path(parent.path, parent.depth + 1, step + i)
            page.depth = parent.depth + 1
            page.url_path = f"{parent.url_path}{page.slug}/"
        Page.objects.filter(pk=parent.pk).update(numchild=F("numchild") + len(children[parent.pk]))
    if not pages:
        return
    names = [f.attname for f in Page._meta.concrete_fields if not f.primary_key]
    bases = Page.objects.bulk_create(
        Page(**{name: getattr(page, name) for name in names}) for page in pages
    )
    for page, base in zip(pages, bases, strict=True):
        page.pk = page.page_ptr_id = base.pk
    model = type(pages[0])
    fields = model._meta.local_concrete_fields
    size = connection.ops.bulk_batch_size(fields, pages)
    for start in range(0, len(pages), size):
        model._base_manager._insert(
            pages[start : start + size], fields=fields, using=connection.alias, raw=True
        )


def import_links(rows: Iterable[tuple[int, Row]], *, now: datetime.datetime) -> Outcome:
    """Set the effects and relations between documents, once all of them are in.

    What stands already is left as it is. A link to a document that is not there is an error of
    its row.
    """
    outcome = Outcome()
    for line, row in rows:
        if not row.effects and not row.relations:
            continue
        page = PolicyPage.objects.filter(import_record__source_id=row.id).first()
        if page is None:
            continue
        try:
            with transaction.atomic():
                touched = _set_effects(page, row, now) + _set_relations(page, row)
                if touched:
                    ledger.record("policy.links_imported", page, now=now)
                    outbox.enqueue(
                        "search.index", {"type": "policy", "ids": sorted({page.pk, *touched})}
                    )
                    freshness.bump()
                    outcome.imported += 1
        except (IntegrityError, _BadRow) as error:
            outcome.errors.append((line, str(error)))
    return outcome


def _target(index_number: str) -> PolicyPage:
    match = rules.INDEX_NUMBER.match(index_number)
    release = match and Release.objects.filter(
        organisation_code=match["code"], year=match["year"], serial=match["serial"]
    ).select_related("page").first()  # fmt: skip
    if not release:
        raise _BadRow(f"there is no document {index_number}")
    return release.page


def _set_effects(page: PolicyPage, row: Row, now: datetime.datetime) -> list[int]:
    touched = []
    for stated in row.effects:
        target = _target(stated.target)
        facts: dict[str, Any] = {
            "target": target, "kind": stated.kind, "provisions": stated.provisions,
            "effective_on": stated.effective_on, "until_on": stated.until_on,
            "applied": stated.applied,
        }  # fmt: skip
        if Effect.objects.filter(source=page, **facts).exists():
            continue
        edges = Effect.objects.filter(reversal__isnull=True).values_list("source_id", "target_id")
        if rules.reaches(edges, target.pk, page.pk):
            raise _BadRow(f"the effect on {stated.target} closes a circle")
        Effect.objects.create(source=page, recorded_at=now, **facts)
        ProposedEffect.objects.create(page=page, **facts)
        touched.append(target.pk)
    return touched


def _set_relations(page: PolicyPage, row: Row) -> list[int]:
    touched = []
    for stated in row.relations:
        target = _target(stated.target)
        _, made = PolicyRelation.objects.get_or_create(
            page=page, kind=stated.kind, target=target
        )
        if made:
            touched.append(target.pk)
    return touched


