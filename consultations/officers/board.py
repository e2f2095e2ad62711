"""The board: comments that want an answer, and what is done with many of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.admin import messages

from consultations import desk, register, services
from consultations.models import Announcement, Opinion
from consultations.officers.answer_forms import (
    BulkForm,
    DeskFilters,
    officer_choices,
    opinion_choices,
)
from consultations.officers.forms import clause_label
from consultations.officers.frame import find, is_key, show, without_page
from multilingual.languages import language_tag

PAGE_SIZE = 50


def board(request: HttpRequest, page_id: int) -> HttpResponse:
    """The comments by filters; POST does something with those that are ticked, or with all."""
    return _Board(request, find(request, page_id)).answer()


class _Board:
    """One request for the board."""

    def __init__(self, request: HttpRequest, announcement: Announcement) -> None:
        self.request = request
        self.announcement = announcement
        self.period = register.newest_period(announcement)
        self.clauses = register.clauses(announcement)
        self.officers = officer_choices(desk.officers(announcement))
        self.opinions = opinion_choices(standing(announcement))
        rounds = range(1, self.period.round + 1)
        self.filters = DeskFilters(request.GET, self.clauses, rounds, officers=self.officers)
        self.asked = self.filters.asked()

    def answer(self) -> HttpResponse:
        post = self.request.POST if self.request.method == "POST" else None
        form = BulkForm(post, officers=self.officers, opinions=self.opinions)
        if post is None:
            return self._page(form)
        everything = "all" in post
        keys = desk.keys(self.announcement, self.asked) if everything else ticked(self.request)
        if form.is_valid():
            try:
                refuse_none(keys)
                if post.get("action") == "answer":
                    form.refuse_unless_one()
                if everything and post.get("confirmed") != str(len(keys)):
                    return self._confirm(form, len(keys))
                messages.success(self.request, self._do(form.cleaned_data, keys))
            except ValidationError as refused:
                form.add_error(None, refused)
            else:
                return self._back()
        return self._page(form, keys, status=422)

    def _do(self, data: dict[str, Any], keys: Sequence[int]) -> str:
        """Does what was chosen; gives what was done in words."""
        action = self.request.POST.get("action")
        who: dict[str, Any] = {"user": self.request.user, "now": timezone.now()}
        if action == "answer":
            count = give_opinion(self.announcement, data, keys, **who)
            return _("Given the opinion: %(count)d.") % {"count": count}
        if action == "group":
            services.group_comments(self.announcement, desk.chosen(self.announcement, keys), **who)
            return _("They are a group now.")
        if action not in {"assign", "read"}:
            raise ValidationError(_("Choose what to do."))
        officer = self._officer(data["officer"]) if action == "assign" else None
        count = 0
        for chunk in register.chunks(keys):
            chosen = desk.chosen(self.announcement, chunk)
            if action == "assign":
                count += services.assign(chosen, officer, **who)
            else:
                count += services.mark_read(chosen, **who)
        words = _("Assigned: %(count)d.") if action == "assign" else _("Marked as read: %(count)d.")
        return words % {"count": count}

    def _officer(self, value: str) -> Any:
        if not value:
            raise ValidationError(_("Choose an officer."))
        return None if value == desk.NOBODY else get_user_model().objects.get(pk=int(value))

    def _confirm(self, form: BulkForm, count: int) -> HttpResponse:
        """Ask before something is done to more comments than the list shows."""
        names = {name: dict(form.fields[name].choices) for name in ("officer", "opinion")}  # type: ignore[attr-defined]
        context = {
            "announcement": self.announcement,
            "count": count,
            "action": self.request.POST.get("action", ""),
            "data": form.cleaned_data,
            "officer": names["officer"].get(form.cleaned_data["officer"], ""),
            "opinion": names["opinion"].get(form.cleaned_data["opinion"], ""),
            "query": self.request.GET.urlencode(),
        }
        return show(self.request, "answers_confirm.html", context)

    def _page(
        self, form: BulkForm, chosen: Sequence[int] = (), *, status: int = 200
    ) -> HttpResponse:
        found = desk.comments(self.announcement, self.asked)
        page = Paginator(found, PAGE_SIZE).get_page(self.request.GET.get("p"))
        context = {
            "announcement": self.announcement,
            "numbers": desk.numbers(self.announcement, self.period, timezone.now()),
            "filters": self.filters,
            "is_filtered": bool(self.asked.as_json()),
            "page": page,
            "rows": [self._line(row) for row in register.rows(page.object_list)],
            "ticked": set(chosen),
            "form": form,
            "me": str(self.request.user.pk),
            "query": self.request.GET.urlencode(),
            "kept": without_page(self.request),
        }
        return show(self.request, "board.html", context, status=status)

    def _line(self, row: register.Row) -> dict[str, Any]:
        known = self.clauses.get(row.comment.clause_lineage)
        return {
            "comment": row.comment,
            "text": row.text,
            "clause": clause_label(known, 12) if known else _("The whole draft"),
            "tag": language_tag(row.comment.language),
            "group": getattr(row.comment, "membership", None),
            "officer": _name(getattr(row.comment, "assignment", None)),
        }

    def _back(self) -> HttpResponse:
        address = reverse("consultations_admin:answers", args=[self.announcement.page_id])
        query = self.request.GET.urlencode()
        return HttpResponseRedirect(f"{address}?{query}" if query else address)


def _name(assignment: Any) -> str:
    if assignment is None:
        return ""
    return str(assignment.officer.get_full_name() or assignment.officer.get_username())


# --- what the officers' pages of answers have in common -------------------------------------------


def standing(announcement: Announcement) -> list[Opinion]:
    return list(Opinion.objects.standing().filter(announcement=announcement))


def ticked(request: HttpRequest, name: str = "comment") -> list[int]:
    """Give the keys that were ticked."""
    return sorted({int(key) for key in request.POST.getlist(name) if is_key(key)})


def refuse_none(keys: Sequence[int]) -> None:
    """Raises ``ValidationError`` if nothing was ticked."""
    if not keys:
        raise ValidationError(_("Choose comments first."))


def opinion_of(announcement: Announcement, data: dict[str, Any], *, user: Any, now: Any) -> Opinion:
    """Give the opinion that a form names, or write the new one down."""
    if data["opinion"]:
        return Opinion.objects.get(announcement=announcement, pk=data["opinion"])
    return services.add_opinion(announcement, data["text"], user=user, now=now)


def give_opinion(
    announcement: Announcement,
    data: dict[str, Any],
    keys: Sequence[int],
    *,
    passage: str = "",
    user: Any,
    now: Any,
) -> int:
    """Say that comments hold the opinion of a form; give how many did not before."""
    if not any(desk.chosen(announcement, chunk) for chunk in register.chunks(keys)):
        raise services.Refused(_("Choose comments first."))
    with transaction.atomic():
        opinion = opinion_of(announcement, data, user=user, now=now)
        return sum(
            services.map_comments(
                opinion, desk.chosen(announcement, chunk), passage=passage, user=user, now=now
            )
            for chunk in register.chunks(keys)
        )
