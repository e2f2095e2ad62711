"""The register: its list, one comment, publishing and withholding, and contact data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin import messages

from consultations import desk, register, services
from consultations.enums import CommentState, Verdict, Withheld
from consultations.models import Announcement, Comment, GroupMember, Opinion
from consultations.officers import charts
from consultations.officers.answer_forms import PassageForm, opinion_choices
from consultations.officers.forms import (
    WITHHELD,
    ContactForm,
    DecisionForm,
    FilterForm,
    clause_label,
)
from consultations.officers.frame import find, is_key, show, without_page
from consultations.presenters.comments import linked
from multilingual.languages import LANGUAGES, language_tag
from uploads.rules import MEDIA_TYPES, Kind
from uploads.scanning import MAY_BE_HANDED_OUT, Scan

PAGE_SIZE = 50


class _Counted(Paginator[Any]):
    """Pages of a list whose length is known already."""

    def __init__(self, found: Any, count: int) -> None:
        self.known = count
        super().__init__(found, PAGE_SIZE)

    @cached_property
    def count(self) -> int:
        return self.known


def filters_of(
    request: HttpRequest, clauses: dict[int, register.KnownClause], rounds: int
) -> FilterForm:
    return FilterForm(request.GET, clauses, range(1, rounds + 1))


@require_safe
def comments(request: HttpRequest, page_id: int) -> HttpResponse:
    """What came in: numbers, charts and the list, all by the same filters."""
    announcement = find(request, page_id)
    period = register.newest_period(announcement)
    clauses = register.clauses(announcement)
    filters = filters_of(request, clauses, period.round)
    asked = filters.asked()
    cells = register.cells(announcement)
    everything = register.numbers(cells)
    found = register.cells(announcement, asked.search) if asked.search else cells
    sums = register.numbers(cell for cell in found if asked.matches(cell))
    paginator = _Counted(register.comments(announcement, asked), sums.total)
    page = paginator.get_page(request.GET.get("p"))
    context = {
        "announcement": announcement,
        "period": period,
        "page": page,
        "rows": [_line(row, clauses) for row in register.rows(page.object_list)],
        "filters": filters,
        "everything": everything,
        "sums": sums,
        "is_filtered": bool(asked.as_json()),
        "charts": charts.charts(sums, clauses),
        "days": charts.by_day(sums.day),
        "height": charts.HEIGHT,
        "decision": DecisionForm(),
        "query": request.GET.urlencode(),
        "kept": without_page(request),
    }
    return show(request, "register.html", context)


def _line(row: register.Row, clauses: dict[int, register.KnownClause]) -> dict[str, Any]:
    known = clauses.get(row.comment.clause_lineage)
    return {
        "row": row,
        "reason": _reason(row.comment),
        "clause": clause_label(known) if known else _("The whole draft"),
        "language": dict(LANGUAGES).get(row.comment.language, row.comment.language),
        "tag": language_tag(row.comment.language),
    }


def _reason(comment: Any) -> str:
    """Why a comment is not shown, in words."""
    withheld = comment.state == CommentState.WITHHELD
    return str(Withheld(comment.withheld_for).label) if withheld else ""


@require_POST
def decide(request: HttpRequest, page_id: int) -> HttpResponse:
    """Publish, withhold or mark as read the comments that were chosen in the list.

    ``all`` chooses whatever the filters of the address find, on every page of the list. It is
    done once the number that was ``confirmed`` is the number that is found.
    """
    announcement = find(request, page_id)
    everything = "all" in request.POST
    if everything:
        keys = register.keys(announcement, _asked(request, announcement))
    else:
        keys = sorted({int(key) for key in request.POST.getlist("comment") if is_key(key)})
    if not keys:
        messages.error(request, _("Choose comments first."))
    elif everything and request.POST.get("confirmed") != str(len(keys)):
        return _confirm(request, announcement, len(keys))
    elif request.POST.get("action") == "read":
        count = 0
        for chunk in register.chunks(keys):
            chosen = Comment.objects.filter(announcement=announcement, pk__in=chunk)
            count += services.mark_read(chosen, user=request.user, now=timezone.now())
        messages.success(request, _("Marked as read: %(count)d.") % {"count": count})
    else:
        _decide(request, announcement, keys)
    return _back(request, page_id)


def _asked(request: HttpRequest, announcement: Announcement) -> register.Asked:
    round_ = register.newest_period(announcement).round
    return filters_of(request, register.clauses(announcement), round_).asked()


def _confirm(request: HttpRequest, announcement: Announcement, count: int) -> HttpResponse:
    """Ask before something is done to more comments than the list shows."""
    action, reason = request.POST.get("action", ""), request.POST.get("reason", "")
    context = {
        "announcement": announcement,
        "count": count,
        "action": action,
        "reason": reason,
        "reason_label": dict(WITHHELD).get(reason, "") if action == "withhold" else "",
        "query": request.GET.urlencode(),
    }
    return show(request, "confirm.html", context)


def _decide(request: HttpRequest, announcement: Announcement, keys: Sequence[int]) -> None:
    verdict = Verdict.PUBLISH if request.POST.get("action") == "publish" else Verdict.WITHHOLD
    count = 0
    try:
        for chunk in register.chunks(keys):
            count += services.moderate(
                register.decidable(announcement, chunk),
                verdict,
                reason=request.POST.get("reason", "") if verdict is Verdict.WITHHOLD else "",
                user=request.user,
                now=timezone.now(),
            )
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        if not count:
            return
    words = (
        _("Published: %(count)d.") if verdict is Verdict.PUBLISH else _("Withheld: %(count)d.")
    ) % {"count": count}
    messages.success(request, words)
    if count < len(keys):
        left = len(keys) - count
        messages.warning(
            request,
            ngettext(
                "%(count)d was left as it is: its author withdrew it or did not agree to "
                "publication.",
                "%(count)d were left as they are: their authors withdrew them or did not agree "
                "to publication.",
                left,
            )
            % {"count": left},
        )


def _back(request: HttpRequest, page_id: int) -> HttpResponse:
    """To the list as it was filtered, or to the comment that was decided on."""
    if request.POST.get("from") == "comment":
        key = request.POST.get("comment", "")
        if is_key(key):
            return redirect("consultations_admin:comment", page_id, int(key))
    address = reverse("consultations_admin:comments", args=[page_id])
    query = request.GET.urlencode()
    return HttpResponseRedirect(f"{address}?{query}" if query else address)


def comment(request: HttpRequest, page_id: int, comment_id: int) -> HttpResponse:
    """One comment with everything that happened to it; POST opens its contact data."""
    announcement = find(request, page_id)
    found = register.detail(announcement, comment_id)
    if found is None:
        raise Http404
    form = ContactForm(request.POST if request.method == "POST" else None)
    contact = None
    if form.is_valid():
        try:
            contact = services.open_contact(
                found.comment,
                reason=form.cleaned_data["reason"],
                user=request.user,
                now=timezone.now(),
            )
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            form = ContactForm()
            found = register.detail(announcement, comment_id) or found
    return comment_page(request, announcement, found, contact_form=form, contact=contact)


def comment_page(
    request: HttpRequest,
    announcement: Announcement,
    found: register.Detail,
    *,
    contact_form: ContactForm | None = None,
    contact: Any = None,
    passage_form: PassageForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show a comment, which is read from now on, with the forms as they were filled in."""
    if found.comment.is_unread:
        services.mark_read([found.comment], user=request.user, now=timezone.now())
    opinions = Opinion.objects.standing().filter(announcement=announcement)
    context = {
        "announcement": announcement,
        "found": found,
        "texts": [(text, linked(text.text)) for text in reversed(found.texts)],
        "files": [(file, file.scan in MAY_BE_HANDED_OUT, Scan(file.scan)) for file in found.files],
        "language": dict(LANGUAGES).get(found.comment.language, found.comment.language),
        "tag": language_tag(found.comment.language),
        "reason": _reason(found.comment),
        "decision": DecisionForm(),
        "contact_form": contact_form or ContactForm(),
        "contact": contact,
        "held": desk.held_by(found.comment),
        "group": GroupMember.objects.filter(comment=found.comment).select_related("group").first(),
        "passage_form": passage_form or PassageForm(opinions=opinion_choices(opinions)),
        "next_unanswered": desk.next_unanswered(announcement, found.comment.pk),
    }
    return show(request, "comment.html", context, status=status)


@require_safe
def attachment(request: HttpRequest, page_id: int, attachment_id: int) -> HttpResponseBase:
    """A file as a download; one that a scanner refused or has not seen stays where it is."""
    file = register.attachment(find(request, page_id), attachment_id)
    if file is None or file.scan not in MAY_BE_HANDED_OUT:
        raise Http404
    response = FileResponse(
        file.file.open("rb"),
        as_attachment=True,
        filename=file.name,
        content_type=MEDIA_TYPES[Kind(file.kind)],
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "no-store, private"
    return response
