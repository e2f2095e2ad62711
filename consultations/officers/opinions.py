"""Opinions: what was asked for, what becomes of it and why; and the passages that hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin import messages

from consultations import answers, desk, register, services
from consultations.models import Announcement, Comment, Opinion
from consultations.officers.answer_forms import (
    DecisionForm,
    MoveForm,
    NoteForm,
    OpinionForm,
    PassageForm,
    opinion_choices,
)
from consultations.officers.board import give_opinion, refuse_none, standing, ticked
from consultations.officers.frame import find, show, without_page
from consultations.officers.reading import comment_page
from organisations import services as organisations
from organisations.models import Role

PAGE_SIZE = 50

SHOWN: dict[str, Callable[[desk.Line], bool]] = {
    "undecided": lambda line: not line.opinion.disposition,
    "lacking": lambda line: bool(line.lacks),
    "concentrated": lambda line: line.weighed.concentrated,
    "flagged": lambda line: bool(line.flags),
}


def opinions(request: HttpRequest, page_id: int) -> HttpResponse:
    """All opinions with their weight and what they lack; POST writes a new one down."""
    announcement = find(request, page_id)
    form = OpinionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = services.add_opinion(
                announcement, form.cleaned_data["text"], user=request.user, now=timezone.now()
            )
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            return redirect("consultations_admin:opinion", page_id, made.pk)
    changes = services.text_changes(announcement)
    lines = desk.lines(announcement, changes)
    asked = request.GET.get("show", "")
    context = {
        "announcement": announcement,
        "lines": [line for line in lines if asked not in SHOWN or SHOWN[asked](line)],
        "counts": {name: sum(map(wanted, lines)) for name, wanted in SHOWN.items()},
        "total": len(lines),
        "asked": asked,
        "rule": answers.concentration(),
        "changes": changes,
        "unexplained": desk.unexplained((line.opinion for line in lines), changes),
        "form": form,
    }
    return show(request, "opinions.html", context, status=422 if form.errors else 200)


def opinion(request: HttpRequest, page_id: int, opinion_id: int) -> HttpResponse:
    """One opinion; POST rewords, decides, moves, splits or merges it."""
    announcement = find(request, page_id)
    found = desk.opinion(announcement, opinion_id)
    if found is None:
        raise Http404
    return _Opinion(request, announcement, found).answer()


class _Opinion:
    """One request for an opinion."""

    def __init__(self, request: HttpRequest, announcement: Announcement, found: Opinion) -> None:
        self.request = request
        self.announcement = announcement
        self.opinion = found
        self.action = request.POST.get("action", "") if request.method == "POST" else ""
        self.changes = services.text_changes(announcement)
        self.others = [one for one in standing(announcement) if one.pk != found.pk]

    def answer(self) -> HttpResponse:
        known = {
            "reword": self._reword,
            "decide": self._decide,
            "move": self._move,
            "unmap": self._unmap,
            "split": self._split,
            "merge": self._merge,
            "remove": self._remove,
            "agree": self._agree,
        }
        shown = self._forms()
        if self.request.method != "POST":
            return self._page(shown)
        name = {"reword": "wording", "decide": "decision", "agree": "note"}.get(self.action, "move")
        form = shown[name]
        if self.action in known and form.is_valid():
            try:
                target = known[self.action](form.cleaned_data)
            except ValidationError as refused:
                form.add_error(None, refused)
            else:
                messages.success(self.request, _("Done."))
                if target is None:
                    return redirect("consultations_admin:opinions", self.announcement.page_id)
                return redirect("consultations_admin:opinion", self.announcement.page_id, target.pk)
        return self._page(shown, status=422)

    def _forms(self) -> dict[str, forms.Form]:
        post = self.request.POST
        data = {name: post if self.action == name else None for name in ("reword", "decide")}
        moves = self.action in {"move", "unmap", "split", "merge", "remove"}
        return {
            "wording": OpinionForm(
                data["reword"], initial={"text": self.opinion.text}, prefix="wording"
            ),
            "decision": DecisionForm(data["decide"], opinion=self.opinion, changes=self.changes),
            "move": MoveForm(
                post if moves else None, opinions=opinion_choices(self.others), prefix="move"
            ),
            "note": NoteForm(post if self.action == "agree" else None, prefix="note"),
        }

    @property
    def _who(self) -> dict[str, Any]:
        return {"user": self.request.user, "now": timezone.now()}

    def _reword(self, data: dict[str, Any]) -> Opinion | None:
        services.reword(self.opinion, data["text"], **self._who)
        return self.opinion

    def _decide(self, data: dict[str, Any]) -> Opinion | None:
        # The service sets the values before it looks at them; the page shows what is stored.
        fresh = Opinion.objects.get(pk=self.opinion.pk)
        services.decide(fresh, **data, **self._who)
        return self.opinion

    def _move(self, data: dict[str, Any]) -> Opinion | None:
        services.move_comments(self.opinion, self._target(data), self._ticked(), **self._who)
        return self.opinion

    def _unmap(self, data: dict[str, Any]) -> Opinion | None:
        services.unmap_comments(self.opinion, self._ticked(), **self._who)
        return self.opinion

    def _split(self, data: dict[str, Any]) -> Opinion | None:
        return services.split_opinion(self.opinion, data["text"], self._ticked(), **self._who)

    def _merge(self, data: dict[str, Any]) -> Opinion | None:
        target = self._target(data)
        services.merge_opinions(target, [self.opinion], **self._who)
        return target

    def _remove(self, data: dict[str, Any]) -> Opinion | None:
        services.remove_opinion(self.opinion, **self._who)
        return None

    def _agree(self, data: dict[str, Any]) -> Opinion | None:
        services.agree_less_concentrated(self.opinion, reason=data["reason"], **self._who)
        return self.opinion

    def _target(self, data: dict[str, Any]) -> Opinion:
        found = next((one for one in self.others if one.pk == data["target"]), None)
        if found is None:
            raise ValidationError(_("Choose the other opinion."))
        return found

    def _ticked(self) -> list[Comment]:
        keys = ticked(self.request)
        refuse_none(keys)
        return desk.chosen(self.announcement, keys)

    def _page(self, shown: dict[str, forms.Form], *, status: int = 200) -> HttpResponse:
        lines = desk.lines(self.announcement, self.changes)
        line = next((one for one in lines if one.opinion.pk == self.opinion.pk), None)
        page = Paginator(desk.holders(self.opinion), PAGE_SIZE).get_page(self.request.GET.get("p"))
        owner = organisations.owner_of(self.announcement.page)
        roles = organisations.roles_of(self.request.user, owner)
        loose = desk.unexplained((one.opinion for one in lines), self.changes)
        context = {
            "announcement": self.announcement,
            "opinion": self.opinion,
            "line": line,
            "is_reviewer": self.request.user.is_superuser or Role.REVIEWER in roles,
            "forms": shown,
            "clauses": self._clauses(shown["decision"], loose),
            "has_final_text": self.changes is not None,
            "unexplained": loose,
            "page": page,
            "ticked": set(ticked(self.request)),
            "phrases": self._phrases(),
            "kept": without_page(self.request),
        }
        return show(self.request, "opinion.html", context, status=status)

    def _clauses(self, form: forms.Form, loose: Sequence[Any]) -> list[dict[str, Any]]:
        """Each box of the changed and removed clauses, with the redline of the clause beside."""
        changes = self.changes.clauses if self.changes else []
        new = {change.new_anchor: change for change in changes if change.new_anchor}
        old = {change.old_anchor: change for change in changes if change.new_anchor is None}
        return [
            {
                "box": box,
                "change": known.get(box.data["value"]),
                "is_loose": known.get(box.data["value"]) in loose,
            }
            for name, known in (("changed_clauses", new), ("removed_clauses", old))
            for box in form[name]
        ]

    def _phrases(self) -> list[Any]:
        found = list(desk.phrases(self.announcement))
        return sorted(found, key=lambda one: one.disposition != self.opinion.disposition)


@require_POST
def map_passage(request: HttpRequest, page_id: int, comment_id: int) -> HttpResponse:
    """Give an opinion to a comment, or to a passage of it."""
    announcement = find(request, page_id)
    found = register.detail(announcement, comment_id)
    if found is None:
        raise Http404
    form = PassageForm(request.POST, opinions=opinion_choices(standing(announcement)))
    if form.is_valid():
        try:
            form.refuse_unless_one()
            give_opinion(
                announcement,
                form.cleaned_data,
                [comment_id],
                passage=form.cleaned_data["passage"],
                user=request.user,
                now=timezone.now(),
            )
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("Given the opinion."))
            return redirect("consultations_admin:comment", page_id, comment_id)
    return comment_page(request, announcement, found, passage_form=form, status=422)
