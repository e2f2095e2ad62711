"""What a consultation still lacks before it can be announced."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from consultations import rules
from consultations.enums import Change, ChannelKind
from consultations.models import Announcement, ConsultationPage, DraftVersion
from consultations.services import minimums
from organisations.services import Refused, label
from workdays.rules import YearNotAnnounced

PARTS = ("authorities", "cited_bases", "channels")
"""What a consultation has several of."""

TITLE_END = "（征求意见稿）"

_NAMED = 5

_REQUIRED = ("headline_zh_hans", "procedure", "draft", "explanation", "subject")
_REQUIRED_OF_NOTICE = ("contact_person", "contact_phone", "signer", "signed_on")


def missing(page: ConsultationPage, now: datetime.datetime) -> dict[str, str]:
    """Name what a consultation still lacks for its announcement, by field, in the active language.

    The notice's contents are those that the rules of participation ask for: title, draft,
    drafting explanation, legal basis, channels, contact, issuing authority, signer and date.
    """
    blank = _("This is missing; a consultation cannot be announced without it.")
    found = {
        name: blank for name in (*_REQUIRED, *_REQUIRED_OF_NOTICE) if _is_blank(getattr(page, name))
    }
    if page.business_related is None:
        found["business_related"] = _("Answer yes or no; the minimum period depends on it.")
    if page.headline_zh_hans and not page.headline_zh_hans.endswith(TITLE_END):
        found["headline_zh_hans"] = _("The title of a draft ends with “%(end)s”.") % {
            "end": TITLE_END
        }
    found |= _missing_parts(page)
    if page.shortening and not page.shortening_reason.strip():
        found["shortening_reason"] = _("Say why the period is shorter; the notice shows it.")
    if page.shortening_reason.strip() and not page.shortening:
        found["shortening"] = _("Choose the ground on which the period is shorter.")
    announcement = getattr(page, "announcement", None)
    if announcement is not None:
        found |= _missing_of_change(page, announcement, now)
    if not found:
        found |= _wrong_times(page, announcement, now)
    return found


def refuse_if_incomplete(page: ConsultationPage, now: datetime.datetime) -> None:
    """Raise ``Refused`` that names every missing element by its label."""
    lacking = missing(page, now)
    if lacking:
        raise Refused([f"{label(page, name)}: {words}" for name, words in lacking.items()])


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not strip_tags(value).strip())


def _missing_parts(page: ConsultationPage) -> dict[str, str]:
    found = {}
    if not page.authorities.all():
        found["authorities"] = _("Name at least one issuing authority.")
    if not page.cited_bases.all():
        found["cited_bases"] = _("Name at least one provision on which the draft rests.")
    if not page.channels.all():
        found["channels"] = _("Name at least one way to comment besides the web form.")
    for name in PARTS:
        if any(_is_incomplete(part) for part in getattr(page, name).all()):
            found[name] = _("An entry is incomplete.")
    if any(
        channel.kind in {ChannelKind.POST, ChannelKind.PHONE} and not channel.note.strip()
        for channel in page.channels.all()
    ):
        found["channels"] = _("Post needs the marking of the envelope, a phone its hours.")
    return found


def _is_incomplete(part: Any) -> bool:
    try:
        part.clean_fields(exclude=["page"])
    except ValidationError:
        return True
    return False


def is_new_text(page: ConsultationPage, version: DraftVersion) -> bool:
    """Tell whether what the public was shown differs from this newest draft of the page."""
    return _is_new_draft(page, version) or (page.headline_zh_hans, page.explanation) != (
        version.headline,
        version.explanation,
    )


def _is_new_draft(page: ConsultationPage, version: DraftVersion) -> bool:
    # A browser sends other ends of lines than a file has.
    return page.draft.splitlines() != version.text.splitlines()


def _missing_of_change(
    page: ConsultationPage, announcement: Announcement, now: datetime.datetime
) -> dict[str, str]:
    found = {}
    version = announcement.versions.latest("seq")
    period = announcement.periods.latest("seq")
    if page.change == Change.ROUND:
        needed = True
    else:
        needed = is_new_text(page, version)
        if (page.procedure, page.business_related) != (
            announcement.procedure,
            announcement.business_related,
        ):
            found["procedure"] = _(
                "Procedure and business relation were announced and stay; they decide on the "
                "minimum. Start a new round instead."
            )
    if needed and not page.change:
        found["change"] = _("The announced text changes: say whether in substance.")
    if needed and (not page.change_reason.strip() or page.change_reason.strip() == version.reason):
        found["change_reason"] = _("The announced text changes: say why.")
    closed = period.closes_at <= now
    if page.change == Change.SUBSTANCE and needed and closed:
        found["change"] = _("The period has closed: a change in substance needs a new round.")
    if page.change == Change.ROUND and not closed:
        found["change"] = _("A new round begins after the period has closed.")
    if page.change == Change.CLERICAL and _is_new_draft(page, version):
        found |= _more_than_clerical(page, announcement, closed=closed)
    return found


def _more_than_clerical(
    page: ConsultationPage, announcement: Announcement, *, closed: bool
) -> dict[str, str]:
    if closed:
        return {"change": _("The period has closed: a change in substance needs a new round.")}
    # With the corrections before it: many small steps are a change in substance too.
    asked_about = announcement.versions.exclude(change=Change.CLERICAL).latest("seq")
    beyond = rules.beyond_clerical(asked_about.text, page.draft)
    if not beyond:
        return {}
    words = _("This is a change in substance, which starts a new period: %(clauses)s.")
    named = "、".join(beyond[:_NAMED]) + ("…" if len(beyond) > _NAMED else "")
    return {"change": words % {"clauses": named}}


def _wrong_times(
    page: ConsultationPage, announcement: Announcement | None, now: datetime.datetime
) -> dict[str, str]:
    """Say beside the field why the period would not be lawful."""
    if announcement is not None and page.change not in {Change.SUBSTANCE, Change.ROUND}:
        return {}
    anew = announcement is not None and page.change == Change.SUBSTANCE
    if not anew and page.opens_at is not None and page.opens_at < now:
        return {"opens_at": _("This moment has passed; leave it empty to open at once.")}
    before = announcement.periods.latest("seq") if announcement is not None else None
    try:
        least = minimums.propose(page, page.opens_at, now=now, before=before, anew=anew)
        if page.closes_on is not None:
            minimums.refuse_unannounced(least.opens_at, page.closes_on)
    except YearNotAnnounced as error:
        return {"closes_on": " ".join(error.messages)}
    earliest = minimums.earliest_close(least.counted)
    if page.closes_on is None or rules.close_of(page.closes_on) >= earliest:
        return {}
    return {
        "closes_on": _("It cannot close before 24:00 of %(day)s: %(why)s.")
        % {
            "day": rules.last_day(earliest).isoformat(),
            "why": ", ".join(
                f"{item.minimum.instrument}{item.minimum.article}"
                for item in least.counted
                if item.binds and item.closes_at == earliest
            ),
        }
    }
