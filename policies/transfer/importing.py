"""Brings documents from a file into the library, fast and repeatably.

An imported document is released at once, with the basis ``imported``. It owes neither an
interpretation nor a consultation; so an import can never stand in for a draft that does, for a
document that was consulted on here, nor for one that an authority of this site has to consult on.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import Exists, Min, OuterRef, Q
from django.utils.text import slugify
from django.utils.translation import override
from pypinyin import lazy_pinyin
from wagtail.models import Locale, Page, ReferenceIndex

from consultations import rules as consulting
from consultations.models import Announcement
from consultations.reading import announced_titles
from freshness import services as freshness
from ledger import services as ledger
from legaltext import document_numbers
from multilingual.languages import CODES, SOURCE, suffixed
from multilingual.pages import insert_pages
from organisations.models import Organisation, OrganisationName
from organisations.services import establish, establish_unverified
from outbox import services as outbox
from policies import rules, services
from policies.enums import Basis, Disclosure, ImportedStatus
from policies.models import (
    Correction,
    Effect,
    ImportRecord,
    IndexCounter,
    InterpretationCorrection,
    InterpretationPage,
    InterpretationRelease,
    Obligation,
    PolicyAlias,
    PolicyAttachment,
    PolicyIssuer,
    PolicyNumber,
    PolicyPage,
    PolicyRelation,
    ProposedEffect,
    Release,
)
from policies.services import take_serials
from policies.transfer import media
from policies.transfer.organisations import bring_in, establish_stated
from policies.transfer.rows import CorrectionRow, OrganisationRow, Row, TermRow, kind_of
from vocabularies.models import Audience, Subject, Term, Territory

CHUNK = 500
STILL_OWES = "this document is a draft here that still owes an answer to the public"
CONSULTED_ON_HERE = (
    "title: the public was consulted on this document here: draft it here, name its consultation "
    "and release it with the statement"
)
CONSULTS_HERE = (
    "the public has to be consulted on such a document, and its authority is one of this site: "
    "draft it here and name its consultation"
)
BUSINESS_RELATED = (
    "business_related: the public has to be consulted on such a document: draft it here and name "
    "its consultation; for one of an authority elsewhere leave this out"
)
KIND_UNKNOWN = (
    "kind: has to be stated, because the public has to be consulted on some documents with such a "
    "title, and its authority is one of this site"
)
LEGISLATION = ("条例", "规定", "办法", "细则", "规则")
"""What regulations and rules are called (规章制定程序条例 art. 7); other documents are so too."""
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


def import_rows(
    numbered: Iterable[tuple[int, Row]], *, now: datetime.datetime
) -> Iterator[Outcome]:
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
        self.regions: dict[str, Territory] = {}
        self.organisations: dict[str, Organisation] = {}
        # Those of this site: what the file brings along does not make an authority one of them.
        self.own = set(Organisation.objects.filter(verified=True).values_list("pk", flat=True))
        self.consulting_since: datetime.date | None = None
        self.content_types = {
            model: ContentType.objects.get_for_model(model, for_concrete_model=False)
            for model in (PolicyPage, InterpretationPage)
        }

    def take(self, rows: list[tuple[int, Row]]) -> Outcome:
        outcome = Outcome()
        rows = [pair for pair in rows if self._brings_organisations(*pair, outcome)]
        ids = [row.id for _, row in rows]
        present = set(
            ImportRecord.objects.filter(source_id__in=ids).values_list("source_id", flat=True)
        )
        owing, consulted_on = _owing(), announced_titles()
        self.consulting_since = _consulting_since()
        taken = _taken(row.index_number for _, row in rows)
        fresh = []
        for line, row in rows:
            if row.id in self.seen:
                outcome.errors.append((line, f"id: {row.id!r} stands in this file twice"))
            elif row.id in present:
                outcome.present += 1
            elif not owing.isdisjoint(_marks(row.title, row.document_numbers)):
                outcome.errors.append((line, STILL_OWES))
            elif consulting.document_title(row.title) in consulted_on:
                outcome.errors.append((line, CONSULTED_ON_HERE))
            elif row.index_number and row.index_number in taken:
                outcome.errors.append((line, f"index_number: {row.index_number} is taken"))
            else:
                fresh.append((line, row))
                taken.add(row.index_number or "")
            self.seen.add(row.id)
        self._import_together(fresh, outcome)
        return outcome

    def _brings_organisations(self, line: int, row: Row, outcome: Outcome) -> bool:
        """Make the organisations that a row brings along, before its document needs them."""
        try:
            if row.organisations:
                with transaction.atomic(), override(SOURCE):
                    bring_in(row.organisations, now=self.now)
        except (IntegrityError, DataError, ValidationError) as error:
            outcome.errors.append((line, _words(error)))
            return False
        return True

    def _import_together(self, rows: list[tuple[int, Row]], outcome: Outcome) -> None:
        """Import the rows in one transaction; if the database refuses, each in its own."""
        if not rows:
            return
        try:
            with transaction.atomic(), override(SOURCE):
                services.lock_releases()
                self._import(rows)
            outcome.imported += len(rows)
        except (IntegrityError, DataError, ValidationError, _BadRow) as error:
            self._forget()
            if len(rows) == 1:
                outcome.errors.append((rows[0][0], _words(error)))
                return
            half = len(rows) // 2
            self._import_together(rows[:half], outcome)
            self._import_together(rows[half:], outcome)

    def _forget(self) -> None:
        """Drop what a rolled-back transaction may have made."""
        self.terms.clear()
        self.regions.clear()
        self.organisations.clear()

    def _import(self, rows: list[tuple[int, Row]]) -> None:
        self._meet([row for _line, row in rows])
        planned = [self._plan(line, row) for line, row in rows]
        pages = [self._page(plan) for plan in planned]
        insert_pages(pages, [plan.owner.page for plan in planned])
        self._insert_parts(planned, pages)
        releases = self._insert_releases(planned, pages)
        _insert_corrections(
            Correction,
            (
                (release, plan.row.corrections, plan.owner)
                for plan, release in zip(planned, releases, strict=True)
            ),
        )
        interpretations = self._insert_interpretations(planned, pages, releases)
        ledger.record(
            "policies.imported",
            None,
            now=self.now,
            data={r.index_number: p.row.id for r, p in zip(releases, planned, strict=True)},
        )
        outbox.enqueue("search.index", {"type": "policy", "ids": [page.pk for page in pages]})
        if interpretations:
            outbox.enqueue("search.index", {"type": "interpretation", "ids": interpretations})
        freshness.bump()

    # --- what a row names -------------------------------------------------------------------

    def _plan(self, line: int, row: Row) -> Planned:
        issuers = [self._stated(org) for org in row.issuers] or [
            self.organisations[name] for name in row.issuer_names
        ]
        owner = self._stated(row.owner) if row.owner else next(iter(issuers), None)
        self._refuse_what_has_to_be_consulted_on(row, {owner, *issuers})
        return Planned(line, row, owner or self._unknown(), issuers)

    def _refuse_what_has_to_be_consulted_on(
        self, row: Row, authorities: set[Organisation | None]
    ) -> None:
        """Raise for what would have to be consulted on, had it been drafted here.

        The business question is asked of drafts here; a yes to it is no fact of a corpus.
        """
        issued_on = row.date or rules.local_day(self.now)
        if self.consulting_since is None or issued_on < self.consulting_since:
            return
        if self.own.isdisjoint(found.pk for found in authorities if found):
            if row.business_related:
                raise _BadRow(BUSINESS_RELATED)
        elif rules.must_consult(kind_of(row), business_related=bool(row.business_related)):
            raise _BadRow(CONSULTS_HERE)
        elif not kind_of(row) and consulting.document_title(row.title).endswith(LEGISLATION):
            raise _BadRow(KIND_UNKNOWN)

    def _stated(self, stated: OrganisationRow) -> Organisation:
        if stated.code not in self.organisations:
            known = Organisation.objects.filter(code=stated.code).first()
            return self._with_page(known or establish_stated(stated, now=self.now))
        return self.organisations[stated.code]

    def _with_page(self, organisation: Organisation) -> Organisation:
        return self.organisations.setdefault(
            organisation.code, Organisation.objects.select_related("page").get(pk=organisation.pk)
        )

    def _unknown(self) -> Organisation:
        found = Organisation.objects.filter(code=NO_ISSUER).first() or establish(
            NO_ISSUER, level="", names=NO_ISSUER_NAME, verified=False, now=self.now
        )
        return self._with_page(found)

    def _meet(self, rows: list[Row]) -> None:
        """Look up the authorities that rows only name, and make those that nobody knows."""
        named = dict.fromkeys(name for row in rows if not row.issuers for name in row.issuer_names)
        unmet = [name for name in named if name not in self.organisations]
        known = OrganisationName.objects.filter(name_zh_hans__in=unmet)
        for found in known.select_related("organisation__page"):
            self.organisations.setdefault(found.full_name(SOURCE), found.organisation)
        unknown = [name for name in unmet if name not in self.organisations]
        made = establish_unverified(unknown, now=self.now)
        self.organisations |= zip(unknown, made, strict=True)

    def _term(self, model: type[Term], stated: TermRow | None) -> Any:
        if stated is None:
            return None
        known = (model, stated.key)
        if known not in self.terms:
            facts = {suffixed("name", code): text for code, text in stated.name.items()}
            self.terms[known], _ = model._default_manager.get_or_create(
                key=stated.key, defaults=facts | {"sort_order": stated.order}
            )
        return self.terms[known]

    def _territory(self, row: Row) -> Any:
        if row.territory or not row.region:
            return self._term(Territory, row.territory)
        if row.region not in self.regions:
            known = Territory.objects.filter(name_zh_hans=row.region).first()
            key = known.key if known else _unused_key(row.region)
            stated = TermRow(key=key, name={SOURCE: row.region})
            self.regions[row.region] = self._term(Territory, stated)
        return self.regions[row.region]

    # --- rows of the database ---------------------------------------------------------------

    def _page(self, plan: Planned) -> PolicyPage:
        row = plan.row
        texts = row.titles | {SOURCE: row.title}
        page = PolicyPage(
            **self._page_facts(row.title, PolicyPage),
            **_translations(texts, row.abstracts, row.ready),
            kind=kind_of(row),
            business_related=row.business_related,
            disclosure=Disclosure.PROACTIVE,
            adoption_note=row.adoption_note,
            adopted_on=row.adopted_on,
            issued_on=row.date,
            effective_on=row.effective_on,
            expires_on=row.expires_on,
            consolidated_as_of=row.consolidated_as_of,
            subject=self._term(Subject, row.subject),
            territory=self._territory(row),
        )
        page.body = (
            _body(page, "blocks", row.blocks, plan.owner) if row.blocks else [("text", row.body)]
        )
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
        PolicyAttachment.objects.bulk_create(
            PolicyAttachment(
                page=page,
                title=stated.title,
                sort_order=i,
                document=media.stored_document(stated.file, plan.owner),
            )
            for plan, page in pairs
            for i, stated in enumerate(plan.row.attachments)
        )
        _note_files(page for plan, page in pairs if plan.row.blocks or plan.row.attachments)
        ImportRecord.objects.bulk_create(
            ImportRecord(
                page=page,
                source_id=plan.row.id,
                imported_at=self.now,
                status=ImportedStatus.DATED if plan.row.dated else plan.row.status,
                details={
                    name: value
                    for name in ("region", "level", "category", "topic", "source")
                    if (value := getattr(plan.row, name))
                },
            )
            for plan, page in pairs
        )

    def _insert_releases(self, planned: list[Planned], pages: list[PolicyPage]) -> list[Release]:
        today = rules.local_day(self.now)
        numbers: list[tuple[str, int, int] | None] = []
        given_last: dict[tuple[str, int], int] = {}
        wanted: dict[tuple[str, int], int] = {}
        for plan in planned:
            given = plan.row.index_number and rules.INDEX_NUMBER.match(plan.row.index_number)
            if given:
                year, serial = int(given["year"]), int(given["serial"])
                numbers.append((given["code"], year, serial))
                last = given_last.get((given["code"], year), 0)
                given_last[given["code"], year] = max(serial, last)
            else:
                numbers.append(None)
                year = (plan.row.date or today).year
                wanted[plan.owner.code, year] = wanted.get((plan.owner.code, year), 0) + 1
        for (code, year), serial in given_last.items():
            _move_counter(code, year, serial)
        following = take_serials(wanted)
        releases = []
        for plan, page, number in zip(planned, pages, numbers, strict=True):
            if number:
                code, year, serial = number
            else:
                code, year = plan.owner.code, (plan.row.date or today).year
                serial = following[code, year]
                following[code, year] += 1
            releases.append(
                Release(
                    page=page,
                    organisation_code=code,
                    year=year,
                    serial=serial,
                    released_at=self.now,
                    basis=Basis.IMPORTED,
                    kind=page.kind,
                    business_related=page.business_related,
                )
            )
        return Release.objects.bulk_create(releases)

    def _insert_interpretations(
        self, planned: list[Planned], pages: list[PolicyPage], releases: list[Release]
    ) -> list[int]:
        made, parents, belongs, kept = [], [], [], []
        for plan, page, release in zip(planned, pages, releases, strict=True):
            for serial, stated in enumerate(plan.row.interpretations, start=1):
                title = stated.titles[SOURCE]
                interpretation = InterpretationPage(
                    **self._page_facts(title, InterpretationPage),
                    **_translations(stated.titles, stated.abstracts, stated.ready),
                    kind=stated.kind,
                    speaker=stated.speaker,
                    signed_on=stated.signed_on,
                )
                interpretation.body = _body(
                    interpretation, "interpretations", stated.body, plan.owner
                )
                made.append(interpretation)
                parents.append(page)
                belongs.append((release, serial))
                kept.append((stated.corrections, plan.owner))
        insert_pages(made, parents)
        _note_files(made)
        inserted = InterpretationRelease.objects.bulk_create(
            InterpretationRelease(
                page=page, policy_release=release, serial=serial, released_at=self.now
            )
            for page, (release, serial) in zip(made, belongs, strict=True)
        )
        _insert_corrections(
            InterpretationCorrection,
            ((found, *of) for found, of in zip(inserted, kept, strict=True)),
        )
        return [page.pk for page in made]


def _note_files(pages: Iterable[Page]) -> None:
    """Let Wagtail know which files the pages show; it learns that from signals otherwise."""
    for page in pages:
        ReferenceIndex.create_or_update_for_object(page)


def _insert_corrections(
    model: Any, of: Iterable[tuple[Any, list[CorrectionRow], Organisation]]
) -> None:
    """Insert the older texts of releases; their files are stored for the owner."""
    kept = []
    for release, corrections, owner in of:
        for seq, stated in enumerate(corrections, start=1):
            for item in stated.attachments:
                media.stored_document(item.file, owner)
            kept.append(
                model(
                    release=release,
                    seq=seq,
                    corrected_at=stated.corrected_at,
                    reason=stated.reason,
                    old_headline=stated.headline,
                    old_facts=stated.facts.model_dump(mode="json", exclude_unset=True),
                    old_body=[list(block) for block in media.unpacked_blocks(stated.body, owner)],
                )
            )
    model.objects.bulk_create(kept)


class _BadRow(Exception):
    """A row names something that cannot be."""


def _words(error: Exception) -> str:
    """Give the reason for the report; of a database's, its first line."""
    if isinstance(error, ValidationError):
        return "; ".join(error.messages)
    return str(error).partition("\n")[0].strip()


def _body(page: Any, name: str, stated: list[tuple[str, Any]], owner: Organisation) -> Any:
    """Give a body from its blocks; each of them must be complete, as in a release."""
    field = page._meta.get_field("body")
    unknown = {kind for kind, _ in stated} - set(field.stream_block.child_blocks)
    if unknown:
        raise _BadRow(f"{name}: there is no block {sorted(unknown)[0]!r}")
    try:
        blocks = media.unpacked_blocks(stated, owner)
        body = field.to_python([{"type": kind, "value": value} for kind, value in blocks])
        field.stream_block.clean(body)
    except ValidationError as error:
        raise _BadRow(f"{name}: a block is incomplete") from error
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        raise _BadRow(f"{name}: a block is malformed ({_words(error)})") from error
    return body


def _unused_key(name: str) -> str:
    """Give a key for a territory: its name in pinyin, which others may share (山西, 陕西)."""
    key = slugify("-".join(lazy_pinyin(name)))[:40] or "territory"
    taken = set(Territory.objects.filter(key__startswith=key).values_list("key", flat=True))
    numbered = (f"{key}-{n}" for n in count(2))
    return next(found for found in chain([key], numbered) if found not in taken)


def _taken(index_numbers: Iterable[str | None]) -> set[str]:
    """Give those of the index numbers that a release has already."""
    serials: dict[tuple[str, int], list[int]] = {}
    for number in index_numbers:
        if number and (match := rules.INDEX_NUMBER.match(number)):
            key = (match["code"], int(match["year"]))
            serials.setdefault(key, []).append(int(match["serial"]))
    return {
        release.index_number
        for (code, year), wanted in serials.items()
        for release in Release.objects.filter(organisation_code=code, year=year, serial__in=wanted)
    }


def _consulting_since() -> datetime.date | None:
    """Give the Shanghai day on which the first consultation of this site was announced."""
    announced = Announcement.objects.filter(historic=False).aggregate(first=Min("announced_at"))
    return rules.local_day(announced["first"]) if announced["first"] else None


def _owing() -> set[str]:
    """Give the marks of the drafts that owe an answer, or name the consultation on which they
    will; no row may come in their stead.
    """
    owed = Obligation.objects.filter(page=OuterRef("pk"), lifting__isnull=True)
    drafts = (
        PolicyPage.objects.annotate(owes=Exists(owed))
        .filter(Q(owes=True) | Q(release__isnull=True))
        .select_related("latest_revision")
        .prefetch_related("numbers")
    )
    marks = set()
    for draft in drafts:
        newest = draft.latest_revision.content if draft.latest_revision else {}
        if draft.owes or draft.consultation_id or newest.get("consultation"):
            numbers = [number.text for number in draft.numbers.all()]
            marks |= _marks(draft.headline_zh_hans, numbers)
            numbers = [number["text"] for number in newest.get("numbers", ())]
            marks |= _marks(newest.get("headline_zh_hans") or "", numbers)
    return marks


def _marks(title: str, numbers: Iterable[str]) -> set[str]:
    """By what a document is recognised: its title, and the keys of its document numbers."""
    keys = {key for text in numbers for key in document_numbers.keys(text)}
    bare = consulting.document_title(title)
    return keys | {f"title {bare}"} if bare else keys


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
                services.lock_releases()
                touched = _set_effects(page, row, now) + _set_relations(page, row)
                if touched:
                    ledger.record("policy.links_imported", page, now=now)
                    outbox.enqueue(
                        "search.index", {"type": "policy", "ids": sorted({page.pk, *touched})}
                    )
                    freshness.bump()
                    outcome.imported += 1
        except (IntegrityError, ValidationError, _BadRow) as error:
            outcome.errors.append((line, _words(error)))
    return outcome


def _target(index_number: str) -> PolicyPage:
    match = rules.INDEX_NUMBER.match(index_number)
    release = (
        match
        and Release.objects.filter(
            organisation_code=match["code"], year=match["year"], serial=match["serial"]
        )
        .select_related("page")
        .first()
    )
    if not release:
        raise _BadRow(f"effects, relations: there is no document {index_number}")
    return release.page


def _set_effects(page: PolicyPage, row: Row, now: datetime.datetime) -> list[int]:
    touched = []
    for stated in row.effects:
        target = _target(stated.target)
        facts: dict[str, Any] = {
            "target": target,
            "kind": stated.kind,
            "provisions": stated.provisions,
            "effective_on": stated.effective_on,
            "until_on": stated.until_on,
            "applied": stated.applied,
        }
        if Effect.objects.filter(source=page, **facts).exists():
            continue
        proposal = ProposedEffect(page=page, **facts)
        services.refuse_bad_effect(page.pk, proposal)
        Effect.objects.create(source=page, recorded_at=now, **facts)
        proposal.save()
        touched.append(target.pk)
    return touched


def _set_relations(page: PolicyPage, row: Row) -> list[int]:
    touched = []
    for stated in row.relations:
        target = _target(stated.target)
        if target.pk == page.pk:
            raise _BadRow("relations: a document has none to itself")
        _, made = PolicyRelation.objects.get_or_create(page=page, kind=stated.kind, target=target)
        if made:
            touched.append(target.pk)
    return touched
