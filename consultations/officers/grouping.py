"""Groups: a machine proposes which comments say the same, an officer confirms, splits, merges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages

from consultations import desk, services
from consultations.models import Announcement, Comment, CommentGroup
from consultations.officers.answer_forms import GroupForm, opinion_choices
from consultations.officers.board import give_opinion, refuse_none, standing, ticked
from consultations.officers.frame import find, show, without_page

PAGE_SIZE = 20


def groups(request: HttpRequest, page_id: int) -> HttpResponse:
    """All groups, the proposed ones first; POST looks for new ones, or decides on the ticked."""
    announcement = find(request, page_id)
    if request.method == "POST":
        try:
            messages.success(request, _act_on_ticked(request, announcement))
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
        return redirect("consultations_admin:groups", page_id)
    found = desk.ordered_groups(announcement)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("p"))
    context = {
        "announcement": announcement,
        "page": page,
        "groups": desk.groups(page.object_list),
        "kept": without_page(request),
    }
    return show(request, "groups.html", context)


def _act_on_ticked(request: HttpRequest, announcement: Announcement) -> str:
    """Does what was chosen; gives what was done in words."""
    action = request.POST.get("action")
    who: dict[str, Any] = {"user": request.user, "now": timezone.now()}
    if action == "propose":
        count = len(services.propose_groups(announcement, **who))
        words = ngettext(
            "%(count)d group was found: confirm it, split it or dissolve it.",
            "%(count)d groups were found: confirm them, split them or dissolve them.",
            count,
        )
        return words % {"count": count} if count else _("No new groups were found.")
    chosen = list(CommentGroup.objects.filter(announcement=announcement, pk__in=_ticked(request)))
    if not chosen:
        raise ValidationError(_("Choose groups first."))
    if action == "merge":
        services.merge_groups(chosen[0], chosen[1:], **who)
    else:
        change = {"confirm": services.confirm_group, "dissolve": services.dissolve_group}
        if action not in change:
            raise ValidationError(_("Choose what to do."))
        for group in chosen:
            change[action](group, **who)
    return _("Done.")


def _ticked(request: HttpRequest) -> list[int]:
    return ticked(request, "group")


def group(request: HttpRequest, page_id: int, group_id: int) -> HttpResponse:
    """One group with each wording; POST confirms, dissolves, splits, merges or answers it."""
    announcement = find(request, page_id)
    found = CommentGroup.objects.filter(announcement=announcement, pk=group_id).first()
    if found is None:
        raise Http404
    found.announcement = announcement
    others = CommentGroup.objects.filter(announcement=announcement).exclude(pk=group_id)
    form = GroupForm(
        request.POST if request.method == "POST" else None,
        opinions=opinion_choices(standing(announcement)),
        groups=others,
    )
    if form.is_valid():
        try:
            messages.success(request, _act(request, found, form))
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            if CommentGroup.objects.filter(pk=group_id).exists():
                return redirect("consultations_admin:group", page_id, group_id)
            return redirect("consultations_admin:groups", page_id)
    (shown,) = desk.groups([found])
    members = Paginator(desk.members(shown), PAGE_SIZE).get_page(request.GET.get("p"))
    context = {
        "announcement": announcement,
        "shown": shown,
        "page": members,
        "ticked": set(ticked(request)),
        "opinions": desk.opinions_of(found),
        "form": form,
        "kept": without_page(request),
    }
    return show(request, "group.html", context, status=422 if form.errors else 200)


def _act(request: HttpRequest, group: CommentGroup, form: GroupForm) -> str:
    action = request.POST.get("action")
    who: dict[str, Any] = {"user": request.user, "now": timezone.now()}
    if action == "confirm":
        services.confirm_group(group, **who)
    elif action == "dissolve":
        services.dissolve_group(group, **who)
    elif action == "split":
        refuse_none(ticked(request))
        services.split_group(group, _comments(ticked(request)), **who)
    elif action == "merge":
        others = CommentGroup.objects.filter(pk=form.cleaned_data["group"])
        services.merge_groups(group, others, **who)
    elif action == "answer":
        form.refuse_unless_one()
        keys = list(group.members.values_list("comment", flat=True))
        count = give_opinion(group.announcement, form.cleaned_data, keys, **who)
        return _("Given the opinion: %(count)d.") % {"count": count}
    else:
        raise ValidationError(_("Choose what to do."))
    return _("Done.")


def _comments(keys: Sequence[int]) -> list[Comment]:
    return [Comment(pk=key) for key in keys]
