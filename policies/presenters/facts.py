"""The facts of a document, the banner on its validity, its relations and its life in time."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from legaltext.tree import LegalText
from multilingual.languages import SOURCE
from policies import rules
from policies.enums import Basis, EffectKind, ImportedStatus, RelationKind, TextState, Validity
from policies.presenters import words
from policies.presenters.law import Mark

if TYPE_CHECKING:
    from policies.models import Effect, PolicyPage, PolicyRelation
    from policies.reading import Grounds

Others = Mapping[int, "PolicyPage"]
"""The other documents that the public may see, by page id, with their ``release``."""


@dataclass(frozen=True)
class Fact:
    """wide: with words that need the whole line."""

    label: str
    value: SafeString | str
    wide: bool = False


@dataclass(frozen=True)
class Banner:
    """What a reader must know before relying on the text."""

    style: str
    heading: str
    lines: tuple[SafeString, ...]


@dataclass(frozen=True)
class Moment:
    """One entry of the timeline; ``state`` is ``past``, ``now``, ``next`` or ``undated``."""

    day: datetime.date | None
    html: SafeString
    state: str = "past"


def date(value: datetime.date | datetime.datetime | None) -> SafeString:
    """A ``<time>`` in the words of the active language; blank prints four dashes."""
    if value is None:
        return SafeString("----")
    day = rules.local_day(value) if isinstance(value, datetime.datetime) else value
    shown = formats.date_format(day, "j F Y" if get_language() == "en" else "DATE_FORMAT")
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), shown)


def link(page: PolicyPage | None, language: str, *, quoted: bool = False) -> SafeString:
    """A link to another document by its title, or words for one that was withdrawn."""
    if page is None:
        return format_html("{}", _("a withdrawn document"))
    text = words.quoted_title(page, language) if quoted else words.title(page, language)
    return format_html('<a href="{}">{}</a>', page.release.get_absolute_url(), text)


def facts(
    page: PolicyPage,
    state: TextState,
    language: str,
    *,
    today: datetime.date,
    grounds: Grounds,
) -> list[Fact]:
    """The document's facts in their order; blanks are kept, and print as four dashes."""
    library = reverse("policies:library")

    def filed(parameter: str, value: str, text: str) -> SafeString:
        return format_html('<a href="{}?{}={}">{}</a>', library, parameter, value, text)

    record = getattr(page, "import_record", None)
    found = [
        Fact(_("Index number"), format_html("<bdi>{}</bdi>", page.release.index_number)),
        Fact(_("Document number"), words.numbers(page, language)),
        Fact(
            _("Issuing authority"),
            words.joined(
                (
                    filed(
                        "issuer",
                        issuer.organisation.code,
                        words.organisation(issuer.organisation, page.issued_on, language),
                    )
                    for issuer in page.issuers.all()
                ),
                language,
            ),
        ),
        Fact(_("Kind"), filed("kind", page.kind, page.get_kind_display()) if page.kind else ""),
        Fact(
            _("Subject"),
            filed("subject", page.subject.key, words.term(page.subject, language))
            if page.subject
            else "",
        ),
        Fact(
            _("Audience"),
            words.joined(
                (
                    filed("audience", audience.key, words.term(audience, language))
                    for audience in page.audiences.all()
                ),
                language,
            ),
        ),
        Fact(
            _("Territory"),
            filed("territory", page.territory.key, words.term(page.territory, language))
            if page.territory
            else "",
        ),
        Fact(_("Date adopted"), date(page.adopted_on)),
        Fact(_("Date issued"), date(page.issued_on)),
        Fact(_("Effective date"), date(page.effective_on)),
        Fact(_("Valid until"), date(rules.last_day(page.validity_facts(), today))),
        Fact(_("Disclosure"), page.get_disclosure_display()),
        Fact(
            _("Text"),
            format_html(_("Consolidated as of {date}"), date=date(page.consolidated_as_of))
            if page.consolidated_as_of
            else str(state.label),
        ),
        Fact(_("Released here"), date(page.release.released_at)),
    ]
    if page.early_effect:
        found.append(
            Fact(
                _("Why it takes effect so early"),
                _with_words(page.get_early_effect_display(), page.early_effect_reason, language),
                wide=True,
            )
        )
    if basis := _basis(page, grounds, language):
        found.append(Fact(_("Consultation"), basis, wide=True))
    names = [alias for alias in page.popular_names.all() if alias.language in (SOURCE, language)]
    if names:
        found.append(
            Fact(
                _("Also known as"),
                words.joined(
                    (words.marked(name.text, name.language, language) for name in names), language
                ),
            )
        )
    if record:
        found.append(Fact(_("Source"), _imported(record.status)))
    return found


def _basis(page: PolicyPage, grounds: Grounds, language: str) -> SafeString | str:
    """On what the document could be released, in words; empty for an imported one."""
    asked, exemption = grounds.asked, grounds.exemption
    if asked is not None:
        phrase = ngettext(
            "Comments from {opened} to {closed}, {count} comment.",
            "Comments from {opened} to {closed}, {count} comments.",
            asked.received,
        )
        dates = {"opened": date(asked.opened_on), "closed": date(asked.last_day)}
        return format_html(
            '{} <a href="{}">{}</a> · <a href="{}">{}</a>',
            format_html(phrase, count=asked.received, **dates),
            reverse("consultations:statement", args=[asked.slug]),
            _("How they were answered"),
            reverse("consultations:consultation", args=[asked.slug]),
            _("The consultation and its draft"),
        )
    if exemption is not None:
        ground = f"{Basis.EXEMPT.label}. {exemption.get_ground_display()}"
        return _with_words(ground, exemption.public_statement, language)
    return "" if page.release.basis != Basis.NOT_REQUIRED else str(Basis.NOT_REQUIRED.label)


def _with_words(label: str, words_of_it: str, language: str) -> SafeString:
    """A choice of ours and the Chinese words that explain it."""
    return format_html("{}: {}", label, words.marked(words_of_it, SOURCE, language))


def older(page: PolicyPage, language: str) -> list[Fact]:
    """The facts that belong to an older text; what it was filed under does not."""
    return [
        Fact(_("Index number"), format_html("<bdi>{}</bdi>", page.release.index_number)),
        Fact(_("Document number"), words.numbers(page, language)),
        Fact(_("Issuing authority"), words.issuers(page, language)),
        Fact(_("Kind"), page.get_kind_display()),
        Fact(_("Date adopted"), date(page.adopted_on)),
        Fact(_("Date issued"), date(page.issued_on)),
        Fact(_("Effective date"), date(page.effective_on)),
        Fact(_("Valid until"), date(page.expires_on)),
    ]


def _places(effect: Effect, text: LegalText | None, language: str) -> SafeString:
    anchors = list(effect.provisions)
    known = text.anchors() if text else {}
    labels = [text.label(anchor) if text and anchor in known else anchor for anchor in anchors]
    return words.joined((words.marked(label, SOURCE, language) for label in labels), language)


STYLES = {
    Validity.PARTLY: "gk-care",
    Validity.SUSPENDED: "gk-care",
    Validity.REPEALED: "gk-stop",
    Validity.EXPIRED: "gk-still",
    Validity.NOT_YET: "gk-info",
    Validity.UNVERIFIED: "gk-still",
}


def banner(
    page: PolicyPage,
    status: Validity,
    effects: Sequence[Effect],
    others: Others,
    text: LegalText | None,
    *,
    today: datetime.date,
    language: str,
) -> Banner | None:
    """What stands above the text: validity with the day and the cause, and what applies now.

    A document simply in force has none; its badge and its dates say it.
    """
    known = page.validity_facts()
    record = getattr(page, "import_record", None)
    waiting = rules.outstanding(known, page.consolidated_as_of, today)
    lines = [
        *_present(page, status, effects, others, text, today=today, language=language),
        *_coming(known, effects, others, today, language),
        *(_unapplied(fact, effects, others, language) for fact in waiting),
    ]
    if (
        record
        and record.status != ImportedStatus.DATED
        and (lines or record.status != ImportedStatus.IN_FORCE)
    ):
        lines.append(format_html("{}", _imported(record.status)))
    if not lines:
        return None
    heading = str(status.label)
    style = STYLES.get(status, "gk-info")
    if status == Validity.PARTLY:
        heading = _("Partly repealed: the other provisions stay in force")
    elif status == Validity.IN_FORCE and (
        waiting or _is_imported_as(record, ImportedStatus.AMENDED)
    ):
        style, heading = "gk-care", _("In force, but changed since")
    return Banner(style, heading, tuple(lines))


def _present(
    page: PolicyPage,
    status: Validity,
    effects: Sequence[Effect],
    others: Others,
    text: LegalText | None,
    *,
    today: datetime.date,
    language: str,
) -> list[SafeString]:
    """The day and the cause of the validity of today."""
    known = page.validity_facts()
    cause = rules.cause(known, today)
    by = next((e for e in effects if cause and e.pk == cause.effect_id), None)
    match status:
        case Validity.REPEALED if by and by.kind == EffectKind.REPLACES:
            phrase = _("Replaced by {document} from {date}. What applies now stands there.")
            return [_by(phrase, by, others, language)]
        case Validity.REPEALED if by:
            phrase = _("Repealed by {document} from {date}. The text is kept for reference.")
            return [_by(phrase, by, others, language)]
        case Validity.PARTLY:
            return _partly(effects, others, text, today, language)
        case Validity.SUSPENDED if by and by.until_on:
            phrase = _("Suspended from {date} by {document}, until {last_day}.")
            return [_by(phrase, by, others, language, last_day=date(by.until_on))]
        case Validity.SUSPENDED if by:
            return [_by(_("Suspended from {date} by {document}."), by, others, language)]
        case Validity.EXPIRED if end := rules.last_day(known, today):
            return [format_html(_("Its period of validity ended on {date}."), date=date(end))]
        case Validity.EXPIRED:
            return [format_html("{}", _("The cause and the day are not known."))]
        case Validity.NOT_YET if page.effective_on:
            return [format_html(_("It applies from {date}."), date=date(page.effective_on))]
        case Validity.UNVERIFIED:
            return [format_html("{}", _("Ask the issuing authority before you rely on this text."))]
    return []


def _partly(
    effects: Sequence[Effect],
    others: Others,
    text: LegalText | None,
    today: datetime.date,
    language: str,
) -> list[SafeString]:
    phrase = _("No longer in force from {date}, by {document}: {places}.")
    return [
        _by(phrase, effect, others, language, places=_places(effect, text, language))
        for effect in effects
        if effect.kind == EffectKind.PARTLY_REPEALS and effect.effective_on <= today
    ]


def _unapplied(
    fact: rules.EffectFact, effects: Sequence[Effect], others: Others, language: str
) -> SafeString:
    effect = next(effect for effect in effects if effect.pk == fact.effect_id)
    phrase = _("Amended by {document} from {date}; the change is not yet worked into the text.")
    return _by(phrase, effect, others, language)


def _is_imported_as(record: object, status: ImportedStatus) -> bool:
    return getattr(record, "status", None) == status


def _imported(status: str) -> str:
    match status:
        case ImportedStatus.IN_FORCE:
            return _("Imported. That it is in force was stated there.")
        case ImportedStatus.EXPIRED:
            return _("Imported. That it has expired was stated there.")
        case ImportedStatus.DATED:
            return _("Imported from another portal, with its dates.")
        case ImportedStatus.AMENDED:
            return _("Imported. It was stated there that later changes are not in this text.")
        case _:
            return _("Imported. Nothing was stated there on its validity.")


def _by(phrase: str, effect: Effect, others: Others, language: str, **more: object) -> SafeString:
    return format_html(
        phrase,
        document=link(others.get(effect.source_id), language, quoted=True),
        date=date(effect.effective_on),
        **more,
    )


def _coming(
    known: rules.ValidityFacts,
    effects: Sequence[Effect],
    others: Others,
    today: datetime.date,
    language: str,
) -> list[SafeString]:
    """What is decided but still to come: an end within sight, a repeal on a later day."""
    lines = []
    for effect in effects:
        if effect.effective_on <= today:
            continue
        if effect.kind in (EffectKind.REPEALS, EffectKind.REPLACES):
            phrase = _("It will be repealed by {document} from {date}.")
        elif effect.kind == EffectKind.PARTLY_REPEALS:
            phrase = _("Parts of it will be repealed by {document} from {date}.")
        elif effect.kind == EffectKind.SUSPENDS:
            phrase = _("It will be suspended by {document} from {date}.")
        else:
            continue
        lines.append(_by(phrase, effect, others, language))
    end = rules.last_day(known, today)
    if end and 0 <= (end - today).days <= 180 and not lines:
        left = (end - today).days
        phrase = ngettext(
            "It is valid until {date}, {count} more day.",
            "It is valid until {date}, {count} more days.",
            left,
        )
        lines.append(format_html(phrase, date=date(end), count=left))
    return lines


def marks(
    effects: Iterable[Effect],
    others: Others,
    anchors: Mapping[str, object],
    *,
    consolidated_as_of: datetime.date | None,
    today: datetime.date,
    language: str,
) -> dict[str, Mark]:
    """The notes on single provisions, by anchor: what was repealed, and what was amended."""
    found: dict[str, Mark] = {}
    for effect in sorted(effects, key=lambda e: (e.effective_on, e.pk)):
        if effect.effective_on > today:
            continue
        if effect.kind == EffectKind.PARTLY_REPEALS:
            phrase = _(
                "<b>Repealed</b> from {date} by {document}. The old text is kept for reference."
            )
        elif effect.kind == EffectKind.AMENDS and effect.applied:
            phrase = _("<b>Amended</b> from {date} by {document}.")
        elif effect.kind == EffectKind.AMENDS:
            phrase = _("<b>Amended</b> from {date} by {document}; this is still the old text.")
        else:
            continue
        if (
            effect.kind == EffectKind.AMENDS
            and consolidated_as_of
            and consolidated_as_of >= effect.effective_on
        ):
            phrase = _("<b>Amended</b> from {date} by {document}.")
        dead = effect.kind == EffectKind.PARTLY_REPEALS
        page_language = f' lang="{get_language()}"' if language != SOURCE else ""
        body = _by(phrase, effect, others, language)
        html = f'<p class="gk-tag"{page_language} dir="auto">{body}</p>'
        for anchor in effect.provisions:
            if anchor in anchors and not (anchor in found and found[anchor].dead):
                found[anchor] = Mark(html, dead)
    return found


def _effect_on_it(kind: str) -> str:
    return {
        EffectKind.AMENDS: _("Amended by {document}"),
        EffectKind.REPEALS: _("Repealed by {document}"),
        EffectKind.PARTLY_REPEALS: _("Partly repealed by {document}"),
        EffectKind.REPLACES: _("Replaced by {document}"),
        EffectKind.SUSPENDS: _("Suspended by {document}"),
        EffectKind.EXTENDS: _("Extended by {document}"),
        EffectKind.CORRECTS: _("Corrected by {document}"),
    }[EffectKind(kind)]


def _effect_of_it(kind: str) -> str:
    return {
        EffectKind.AMENDS: _("Amends {document}"),
        EffectKind.REPEALS: _("Repeals {document}"),
        EffectKind.PARTLY_REPEALS: _("Partly repeals {document}"),
        EffectKind.REPLACES: _("Replaces {document}"),
        EffectKind.SUSPENDS: _("Suspends {document}"),
        EffectKind.EXTENDS: _("Extends {document}"),
        EffectKind.CORRECTS: _("Corrects {document}"),
    }[EffectKind(kind)]


def _relation(kind: str, *, reverse_side: bool) -> str:
    if reverse_side:
        return {
            RelationKind.BASED_ON: _("Basis of {document}"),
            RelationKind.IMPLEMENTS: _("Implemented by {document}"),
            RelationKind.SUPPORTS: _("Supported by {document}"),
            RelationKind.CITES: _("Cited by {document}"),
        }[RelationKind(kind)]
    return {
        RelationKind.BASED_ON: _("Based on {document}"),
        RelationKind.IMPLEMENTS: _("Implements {document}"),
        RelationKind.SUPPORTS: _("Supports {document}"),
        RelationKind.CITES: _("Cites {document}"),
    }[RelationKind(kind)]


def timeline(
    page: PolicyPage,
    on_it: Sequence[Effect],
    of_it: Sequence[Effect],
    relations: Sequence[PolicyRelation],
    relations_to_it: Sequence[PolicyRelation],
    others: Others,
    *,
    today: datetime.date,
    language: str,
) -> list[Moment]:
    """The document's life and its relations both ways, oldest first, the undated last.

    A related document stands at the day of its own issue, an effect at the day it acts. The
    newest event of its own life that is not in the future is ``now``.
    """
    own: list[Moment] = []

    def add(day: datetime.date | None, text: str) -> None:
        if day:
            own.append(Moment(day, format_html("{}", text)))

    add(page.adopted_on, _("Adopted"))
    add(page.issued_on, _("Issued"))
    add(rules.local_day(page.release.released_at), _("Released on this site"))
    add(page.effective_on, _("In force from this day"))
    for effect in on_it:
        phrase = _effect_on_it(effect.kind)
        document = link(others.get(effect.source_id), language)
        own.append(Moment(effect.effective_on, format_html(phrase, document=document)))
    for effect in of_it:
        phrase = _effect_of_it(effect.kind)
        document = link(others.get(effect.target_id), language)
        own.append(Moment(effect.effective_on, format_html(phrase, document=document)))
    add(rules.last_day(page.validity_facts(), today), _("Last day of validity"))
    past = [moment for moment in own if moment.day and moment.day <= today]
    latest = sorted(past, key=lambda moment: moment.day or today)[-1] if past else None
    found = own + _related(relations, relations_to_it, others, language)
    dated = sorted((m for m in found if m.day), key=lambda m: m.day or today)
    shown = [replace(m, state=_state(m, latest, today)) for m in dated]
    return shown + [replace(m, state="undated") for m in found if m.day is None]


def _state(moment: Moment, latest: Moment | None, today: datetime.date) -> str:
    if moment is latest:
        return "now"
    return "next" if moment.day and moment.day > today else "past"


def _related(
    relations: Sequence[PolicyRelation],
    relations_to_it: Sequence[PolicyRelation],
    others: Others,
    language: str,
) -> list[Moment]:
    found = []
    for relation in relations:
        other = others.get(relation.target_id)
        if other:
            phrase = _relation(relation.kind, reverse_side=False)
            html = format_html(phrase, document=link(other, language))
            found.append(Moment(other.issued_on, html))
    for relation in relations_to_it:
        other = others.get(relation.page_id)
        if other:
            phrase = _relation(relation.kind, reverse_side=True)
            html = format_html(phrase, document=link(other, language))
            found.append(Moment(other.issued_on, html))
    return found
