"""The statement: what it will say, what it lacks, and the three people who pass it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from wagtail.admin import messages

from consultations import answers, desk, rules, services
from consultations.enums import ChannelKind, Disposition, StatementKind
from consultations.models import Announcement, ConcentrationRule, SignedStatement
from consultations.officers.answer_forms import ConcentrationForm, ReturnForm, WordsForm
from consultations.officers.frame import find, show


def statement(request: HttpRequest, page_id: int) -> HttpResponse:
    """The statement as it stands; POST keeps its words, passes it on, returns or signs it."""
    announcement = find(request, page_id)
    draft = services.draft_of(announcement)
    said = services.content(announcement)
    standing = services.standing(announcement, said, request.user)
    action = request.POST.get("action", "") if request.method == "POST" else ""
    initial = {
        "kind": draft.kind,
        "words": draft.words,
        "correction_reason": draft.correction_reason,
    }
    words = WordsForm(
        request.POST if action == "write" else None, initial=initial, corrects=bool(said.corrects)
    )
    note = ReturnForm(request.POST if action == "return" else None)
    refused: list[str] = []
    if request.method == "POST" and all(form.is_valid() for form in (words, note) if form.is_bound):
        try:
            _act(request, announcement, action, words, note)
        except ValidationError as error:
            refused = list(error.messages)
        else:
            messages.success(request, _("Done."))
            return redirect("consultations_admin:statement", page_id)
    failed = bool(refused or words.errors or note.errors)
    newest = announcement.statements.order_by("-seq").first()
    outdated = services.outdated_by(newest, said.totals) if newest else ""
    context = {
        "announcement": announcement,
        "said": said,
        "draft": draft,
        "is_closing": draft.kind == StatementKind.CLOSING,
        "refused": refused,
        "rounds": _rounds(announcement),
        "lacks": [
            (lack.words, _place(announcement, lack))
            for lack in services.lacks(announcement, timezone.now())
        ],
        "flags": services.flags(announcement),
        "opinions": [
            opinion
            | {
                "code": rules.opinion_code(opinion["number"]),
                "label": dict(Disposition.choices).get(opinion["disposition"], ""),
            }
            for opinion in said.opinions
        ],
        "words": words,
        "note": note,
        "standing": standing,
        "outdated": outdated,
        "steps": announcement.statement_steps.select_related("taken_by").order_by("pk"),
        "signed": announcement.statements.select_related(
            "drafted_by", "reviewed_by", "signed_by", "disclosure", "corrects"
        ).order_by("-seq"),
    }
    return show(request, "statement.html", context, status=422 if failed else 200)


def _act(
    request: HttpRequest,
    announcement: Announcement,
    action: str,
    words: WordsForm,
    note: ReturnForm,
) -> None:
    who: dict[str, Any] = {"user": request.user, "now": timezone.now()}
    if action == "write":
        services.write(announcement, **words.cleaned_data, **who)
    elif action == "submit":
        services.submit_statement(announcement, **who)
    elif action == "return":
        services.return_statement(announcement, note=note.cleaned_data["note"], **who)
    elif action == "approve":
        services.approve_statement(announcement, **who)
    elif action == "sign":
        services.sign_statement(announcement, **who)
    else:
        raise ValidationError(_("Choose what to do."))


def _rounds(announcement: Announcement) -> list[dict[str, Any]]:
    """The lines of the reconciliation: each round, and its channels below it."""
    return [
        {
            "round": line.round,
            "channel": ChannelKind(line.channel).label if line.channel else "",
            "received": line.received,
            "states": line.states,
        }
        for line in desk.reconciled(announcement)
    ]


def _place(announcement: Announcement, lack: services.Lack) -> str:
    """The address at which something that a statement lacks is mended."""
    page = announcement.page_id
    if lack.place == "opinion":
        return reverse("consultations_admin:opinion", args=[page, lack.key])
    if lack.place == "register":
        return reverse("consultations_admin:comments", args=[page]) + "?state=pending"
    if lack.place == "comments":
        return reverse("consultations_admin:answers", args=[page]) + "?answered=no"
    if lack.place == "statement":
        return reverse("consultations_admin:statement", args=[page]) + "#words"
    return reverse("wagtailadmin_pages:edit", args=[page])


@require_safe
def signed(request: HttpRequest, page_id: int, statement_id: UUID) -> HttpResponse:
    """A signed statement as it was signed."""
    announcement = find(request, page_id)
    found = (
        SignedStatement.objects.filter(announcement=announcement, pk=statement_id)
        .select_related("drafted_by", "reviewed_by", "signed_by", "disclosure", "corrects")
        .first()
    )
    if found is None:
        raise Http404
    context = {
        "announcement": announcement,
        "found": found,
        "opinions": found.opinions.order_by("number"),
        "later": SignedStatement.objects.filter(corrects=found).first(),
    }
    return show(request, "signed.html", context)


def concentration(request: HttpRequest) -> HttpResponse:
    """The rule by which an opinion is concentrated; administrators set it, everybody reads it."""
    rule = answers.concentration()
    form = ConcentrationForm(request.POST or None, initial=asdict(rule))
    if form.is_valid():
        try:
            services.set_concentration(**form.cleaned_data, user=request.user, now=timezone.now())
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("Done."))
            return redirect("consultations_admin:concentration")
    rows = ConcentrationRule.objects.select_related("recorded_by").order_by("-pk")
    context = {"rule": rule, "rows": rows, "form": form, "page_title": _("Concentrated opinions")}
    return show(request, "concentration.html", context, status=422 if form.errors else 200)
