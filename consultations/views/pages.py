"""One consultation: the notice, its comments, its changes, its sheet for the printer."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from wagtail.rich_text import expand_db_html

from consultations import reading, replaced, rules
from consultations.enums import Change, ChannelKind, Disposition, StatementKind, Withheld
from consultations.models import Clause, DraftVersion
from consultations.presenters import comments as comment_lines
from consultations.presenters import draft, period, words
from consultations.replaced import ReplacedText
from consultations.views.frame import find, page_language, show, trail
from multilingual.languages import CODES, language_tag
from multilingual.words import own_or_chinese
from uploads.rules import MEDIA_TYPES, Kind

COMMENTS_PAGE = 50
REPLACED = "replaced"
"""Instead of a version: the document that the draft would replace."""


@require_safe
def consultation(request: HttpRequest, slug: str) -> HttpResponse:
    """The notice: until when, how that was counted, the draft, and what came in so far."""
    notice = find(slug)
    shown = _version(notice, request.GET.get("version"))
    clauses = reading.clauses_of(shown)
    context = consultation_context(request, notice, shown, clauses, now=timezone.now())
    return show(request, "consultation.html", context)


def consultation_context(
    request: HttpRequest,
    notice: reading.Notice,
    shown: DraftVersion,
    clauses: Sequence[Clause],
    *,
    now: datetime.datetime,
) -> dict[str, Any]:
    """What the page of a consultation shows; a preview gives it a notice to be."""
    language = page_language()
    counts = reading.counts(notice.announcement)
    present = {clause.lineage for clause in clauses}
    gone = reading.last_clauses(
        notice.announcement, [lineage for lineage in counts.by_clause if lineage] or [0]
    )
    status = notice.status(now)
    left = words.days_left(notice.period.closes_at, now)
    return {
        **heading(request, notice, now),
        "trail": trail(notice),
        "shown": shown,
        "is_old": shown.pk != notice.version.pk,
        "left": left,
        "due_style": words.due_style(left),
        "counted": period.counted(notice.period, rules.local_day(now)),
        "earliest": period.earliest(notice.period),
        "law": draft.blocks(shown.text, clauses, counts.by_clause, counts.published_by_clause),
        "explanation": expand_db_html(shown.explanation),
        "counts": counts,
        "withheld": [
            (Withheld(reason).label, number)
            for reason, number in sorted(counts.withheld_by_reason.items())
        ],
        "channels_counted": [
            (ChannelKind(kind).label, number) for kind, number in sorted(counts.by_channel.items())
        ],
        "on_whole": (counts.by_clause.get(None, 0), counts.published_by_clause.get(None, 0)),
        "gone": [
            (clause, counts.by_clause[lineage])
            for lineage, clause in gone.items()
            if lineage not in present
        ],
        "roots": reading.roots(notice.announcement),
        **_answered(notice),
        "replaces": _replaced(notice),
        "status": status,
        "abstract": words.abstract(notice.page, language),
        "subject": notice.page.subject and own_or_chinese(notice.page.subject, "name", language),
        "alternates": [
            {"tag": language_tag(code), "code": code}
            for code in CODES
            if notice.page.headline_in(code)
        ],
    }


def _answered(notice: reading.Notice) -> dict[str, Any]:
    """What the box says that leads to the statement; nothing until there is one in public."""
    said = notice.statement
    if said is None:
        return {"said": None}
    counts = reading.dispositions(said)
    return {
        "said": said,
        "said_of_this_round": said.round == notice.period.round,
        "said_closes": said.kind == StatementKind.CLOSING,
        "decided": [
            (Disposition(value).label, counts[value])
            for value in Disposition.values
            if value in counts
        ],
        "policy": reading.public_policy(notice.announcement),
    }


def heading(request: HttpRequest, notice: reading.Notice, now: datetime.datetime) -> dict[str, Any]:
    """What stands at the top of each page about a consultation."""
    language = page_language()
    return {
        "notice": notice,
        "page": notice.page,
        "announcement": notice.announcement,
        "slug": notice.announcement.slug,
        "status": notice.status(now),
        "takes_comments": notice.takes_comments(now),
        "title": words.headline(notice.page, language),
        "title_html": words.title(notice.page, language),
        "chinese_title": notice.version.headline,
        "translated": bool(notice.page.headline_in(language)),
        "authorities": words.authorities(notice.page, language),
        "canonical": request.build_absolute_uri(notice.announcement.get_absolute_url()),
        "zone": words.zone(),
    }


def _version(notice: reading.Notice, wanted: str | None) -> DraftVersion:
    """The version asked for with its text, or the newest."""
    found = [v for v in notice.versions if wanted is None or str(v.seq) == wanted]
    if not found:
        raise Http404
    return DraftVersion.objects.get(pk=found[-1].pk)


def _replaced(notice: reading.Notice) -> ReplacedText | None:
    page = notice.page
    return replaced.replaced_text(page.replaces) if page.replaces_id else None


# --- comments -----------------------------------------------------------------------------------


@require_safe
def comments(request: HttpRequest, slug: str) -> HttpResponse:
    """The published comments by clause, or those on one clause."""
    notice = find(slug)
    found = reading.published_comments(notice.announcement, notice.version)
    clause: Clause | None = None
    wanted = request.GET.get("clause", "").replace("\x00", "")
    if wanted == "all":
        found = found.filter(clause_lineage__isnull=True)
    elif wanted:
        clause = _clause(notice, wanted, request.GET.get("version"))
        found = found.filter(clause_lineage=clause.lineage)
    paginator = Paginator(found, COMMENTS_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    chosen = reading.with_texts(page)
    context = {
        **heading(request, notice, timezone.now()),
        "trail": trail(notice, _("Published comments")),
        "clause": clause,
        "on_whole": wanted == "all",
        "counts": reading.counts(notice.announcement),
        "total": paginator.count,
        "groups": _groups(notice, chosen),
        "pages": page,
        "numbers": paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
        if paginator.num_pages > 1
        else (),
    }
    return show(request, "comments.html", context)


def _clause(notice: reading.Notice, anchor: str, version: str | None) -> Clause:
    seq = version if version and version.isascii() and version.isdigit() else notice.version.seq
    clause = Clause.objects.filter(
        version__announcement=notice.announcement, version__seq=str(seq)[:9], anchor=anchor[:100]
    ).first()
    if clause is None:
        raise Http404
    return clause


def _groups(
    notice: reading.Notice, chosen: list[reading.PublishedComment], *, links: bool = True
) -> list[comment_lines.Group]:
    lineages = [item.comment.clause_lineage for item in chosen if item.comment.clause_lineage]
    last = reading.last_clauses(notice.announcement, lineages or [0])
    return comment_lines.groups(chosen, last, notice.version, notice.announcement.slug, links=links)


@require_safe
def print_sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything on one sheet: the notice, the draft, the explanation, all published comments."""
    notice = find(slug)
    shown = _version(notice, request.GET.get("version"))
    now = timezone.now()
    found = reading.published_comments(notice.announcement, notice.version)
    clauses = reading.clauses_of(shown)
    context = consultation_context(request, notice, shown, clauses, now=now) | {
        "trail": trail(notice, _("Print everything")),
        "groups": _groups(notice, reading.with_texts(found), links=False),
        "printed_at": now,
    }
    return show(request, "print.html", context)


@require_safe
def attachment(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """A file of a published comment, to be saved and not to be shown by the browser."""
    notice = find(slug)
    found = reading.public_attachment(notice.announcement, pk)
    if found is None:
        raise Http404
    response = FileResponse(
        found.file.open("rb"),
        as_attachment=True,
        filename=found.public_name,
        content_type=MEDIA_TYPES[Kind(found.kind)],
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-cache"
    return response


# --- changes ------------------------------------------------------------------------------------


@require_safe
def changes(request: HttpRequest, slug: str) -> HttpResponse:
    """What changed from one version to another, or what would change in the document in force."""
    notice = find(slug)
    wanted = request.GET.get("from") or _before(notice)
    later = _version(notice, request.GET.get("to"))
    known = _replaced(notice)
    if wanted == REPLACED:
        if known is None:
            raise Http404
        earlier_text, earlier = known.text, None
    else:
        earlier = _version(notice, wanted)
        earlier_text = earlier.text
    context = {
        **heading(request, notice, timezone.now()),
        "trail": trail(notice, _("What changes")),
        "earlier": earlier,
        "later": later,
        "replaces": known,
        "differences": draft.differences(earlier_text, later.text),
        "clerical": Change.CLERICAL,
    }
    return show(request, "changes.html", context)


def _before(notice: reading.Notice) -> str:
    if len(notice.versions) < 2:
        return REPLACED
    return str(notice.versions[-2].seq)
