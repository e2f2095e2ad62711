"""The statement: what became of everything that came in, once it is disclosed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consultations import reading
from consultations.enums import Disposition, StatementKind
from consultations.models import SignedStatement
from consultations.presenters import statement as presented
from consultations.views.frame import find, page_language, show, trail
from consultations.views.pages import heading
from multilingual.words import SEPARATORS

SIDES = ("", "before", "after")
"""The redline: both texts in one, the draft's words alone, the final ones alone."""


def _name(said: SignedStatement) -> str:
    if said.kind == StatementKind.CLOSING:
        return _("Closing statement")
    return _("What became of the comments")


@require_safe
def statement(request: HttpRequest, slug: str, seq: int | None = None) -> HttpResponse:
    """The newest public statement of a consultation, or the one with number ``seq``."""
    notice = find(slug)
    said = reading.said(notice, seq)
    if said is None:
        raise Http404
    language_bidi = get_language_bidi()
    chosen = request.GET.get("disposition", "")
    side = request.GET.get("side", "")
    if chosen not in {"", *Disposition.values} or side not in SIDES:
        raise Http404
    one = said.statement
    path = presented.address(slug, seq)

    def address(**more: str) -> str:
        asked = {"disposition": chosen, "side": side} | more
        query = urlencode({key: value for key, value in asked.items() if value})
        return f"{path}?{query}" if query else path

    found = presented.changes(said.draft, one.final_text) if one.final_text else None
    lines = presented.opinion_lines(said.opinions, found, said.policy)
    context: dict[str, Any] = {
        **heading(request, notice, timezone.now()),
        "trail": trail(notice, _name(one)),
        "said": said,
        "statement": one,
        "is_closing": one.kind == StatementKind.CLOSING,
        "is_old": one.pk != said.newest.pk,
        "corrected_by": next((each for each in said.all if each.corrects_id == one.pk), None),
        "corrects": next((each for each in said.all if each.pk == one.corrects_id), None),
        "numbers": presented.numbers(
            one,
            said.opinions,
            notice.periods,
            address,
            withdrawn_at=notice.withdrawal.withdrawn_at if notice.withdrawal else None,
            rtl=language_bidi,
        ),
        "lines": [line for line in lines if chosen in {"", line.opinion.disposition}],
        "chosen": chosen,
        "everything": address(disposition=""),
        "redline": presented.redline(found, lines, said.policy) if found else None,
        "side": side,
        "sides": [
            (each, address(side=each), label)
            for each, label in zip(
                SIDES, (_("Both"), _("Only before"), _("Only after")), strict=True
            )
        ],
        "separator": SEPARATORS.get(page_language(), ", "),
        "policy": said.policy,
        "address": request.build_absolute_uri(presented.address(slug)),
    }
    return show(request, "statement.html", context)
