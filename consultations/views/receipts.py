"""With the receipt code: what became of a comment, and its amendment or withdrawal."""

from __future__ import annotations

import datetime
import shlex
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consultations import forms, reading, services
from consultations.enums import CommentState, Withheld
from consultations.models import Clause, Comment, CommentText, MerkleLeaf
from consultations.presenters import statement as presented
from consultations.presenters import words
from consultations.views.commenting import HOUR, limited
from consultations.views.frame import LIVE, NEVER_KEPT, page_language, show

LONGEST_CODE = 100


@require_http_methods(["GET", "HEAD", "POST"])
def receipts(request: HttpRequest) -> HttpResponse:
    """Look a comment up by its code; the code comes with each form and never in an address."""
    if request.method != "POST":
        return _page(request, {}, cache=f"{LIVE}, private")
    now = timezone.now()
    if limited(request, "receipt", settings.LOOK_UPS_PER_HOUR, now):
        problem = _(
            "Very many receipts were looked up from your network within the last hour. "
            "Please try again later."
        )
        response = _page(request, {"problem": problem, "typed": request.POST}, status=429)
        response["Retry-After"] = str(HOUR)
        return response
    code = request.POST.get("code", "")[:LONGEST_CODE]
    found = services.find(code)
    if found is None:
        # One answer to all wrong codes, whatever is wrong with them.
        problem = _("There is no comment with this code. Check each letter and figure.")
        return _page(request, {"problem": problem}, status=404)
    action = request.POST.get("action", "")
    if action == "amend":
        return _amend(request, found, code, now)
    if action == "withdraw":
        return _withdraw(request, found, code, now)
    return _found(request, found, code, now)


def _page(
    request: HttpRequest, context: dict[str, Any], *, status: int = 200, cache: str = NEVER_KEPT
) -> HttpResponse:
    context = {"section": "receipts", "trail": [{"name": _("Look up a receipt")}]} | context
    return show(request, "receipts.html", context, status=status, cache=cache)


def _amend(request: HttpRequest, found: Comment, code: str, now: datetime.datetime) -> HttpResponse:
    form = forms.TextForm(request.POST)
    if not form.is_valid():
        errors = {name: str(lines[0]) for name, lines in form.errors.items()}
        return _found(request, found, code, now, errors=errors, typed=request.POST, status=422)
    data = form.cleaned_data
    newest = found.texts.latest("seq")
    same = (data["text"], data["represents"], data["consent_publish"]) == (
        newest.text,
        newest.represents,
        newest.consent_publish,
    )
    if not same:
        try:
            services.amend(found, now=now, **data)
        except services.Refused as refused:
            return _refused(request, found, code, now, refused)
    done = _("Your comment was amended. The older text stays below it.")
    return _found(request, found, code, now, done=done)


def _withdraw(
    request: HttpRequest, found: Comment, code: str, now: datetime.datetime
) -> HttpResponse:
    if request.POST.get("sure") != "1":
        errors = {"sure": _("Tick the box if you are sure.")}
        return _found(request, found, code, now, errors=errors, status=422)
    try:
        services.take_back(found, now=now)
    except services.Refused as refused:
        return _refused(request, found, code, now, refused)
    found = services.find(code) or found
    return _found(request, found, code, now, done=_("Your comment was withdrawn."))


def _refused(
    request: HttpRequest,
    found: Comment,
    code: str,
    now: datetime.datetime,
    refused: services.Refused,
) -> HttpResponse:
    problem = " ".join(refused.messages)
    found = services.find(code) or found
    return _found(request, found, code, now, problem=problem, typed=request.POST, status=409)


def _found(
    request: HttpRequest,
    found: Comment,
    code: str,
    now: datetime.datetime,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The comment as its author may see it: without contact data, which nobody sees here."""
    announcement = found.announcement
    state: Any = Comment.objects.with_state().get(pk=found.pk)
    texts = list(found.texts.order_by("-seq"))
    files = list(found.attachments.all())
    leaf = MerkleLeaf.objects.filter(comment=found).select_related("root", "text").first()
    last = reading.last_clauses(announcement, [found.clause_lineage or 0])
    withdrawn = state.state == CommentState.WITHDRAWN
    answer = None if withdrawn else reading.answer_to(found)
    shown = {
        "code": code,
        "comment": found,
        "title_html": words.title(announcement.page, page_language()),
        "authorities": words.authorities(announcement.page, page_language()),
        "consultation_url": announcement.get_absolute_url(),
        "clause": _clause_then(found),
        "clause_now": last.get(found.clause_lineage or 0),
        "state": CommentState(state.state),
        "withheld_for": Withheld(state.withheld_for).label
        if state.state == CommentState.WITHHELD
        else "",
        "texts": texts,
        "newest": texts[0],
        "attachments": files,
        "made_of": [_made_of(text, [file.sha256 for file in files]) for text in texts],
        "may_change": services.may_be_changed(found, now),
        "closes_at": announcement.periods.filter(round=found.round).latest("seq").closes_at,
        "answer": answer,
        "is_answered": not withdrawn,
        "answers": _answers(answer, texts) if answer else (),
        "leaf": leaf,
        "proof": services.proof(found) if leaf else None,
        "limits": forms,
        "zone": words.zone(),
    }
    return _page(request, shown | context, status=status)


def _answers(answer: reading.Answer, texts: list[CommentText]) -> list[dict[str, Any]]:
    """The opinions that answer a comment, with the place where the comment itself says so."""
    own = [text.text for text in texts]
    found = []
    for opinion in answer.opinions:
        places = answer.passages.get(opinion.number, "").splitlines()
        found.append(
            {
                "opinion": opinion,
                "badge": presented.disposition_badge(opinion.disposition),
                "clauses": presented.cited_clauses(opinion, None, answer.policy),
                "passage": "\n".join(
                    place for place in places if any(place in text for text in own)
                ),
            }
        )
    return found


def _made_of(text: CommentText, files: list[str]) -> dict[str, str]:
    """What the fingerprint of a text is the hash of, as it is and quoted for a shell."""
    json = services.committed(text, files)
    return {"fingerprint": text.commitment, "json": json, "quoted": shlex.quote(json)}


def _clause_then(found: Comment) -> Clause | None:
    return Clause.objects.filter(
        version=found.draft_version_id, lineage=found.clause_lineage or 0
    ).first()
