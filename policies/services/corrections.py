"""更正: what a correction replaces is kept, with its reason."""

from __future__ import annotations

import datetime
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Max
from django.utils.translation import gettext as _

from organisations.services import Refused
from policies.models import InterpretationPage, PolicyPage


def released_facts(page: PolicyPage | InterpretationPage) -> dict[str, Any]:
    """Give the facts that are part of the released text, in a form that JSON can keep."""
    body = [[block["type"], block["value"]] for block in page.body.get_prep_value()]
    facts = {
        "headline": page.headline_zh_hans,
        "body": json.loads(json.dumps(body, cls=DjangoJSONEncoder)),
        "kind": page.kind,
    }
    if isinstance(page, InterpretationPage):
        return facts | {"speaker": page.speaker, "signed_on": _iso(page.signed_on)}
    return facts | {
        "numbers": [number.text for number in page.numbers.all()],
        "issuers": [issuer.organisation.code for issuer in page.issuers.all()],
        "attachments": [
            [item.title, item.document.get_file_hash()] for item in page.attachments.all()
        ],
        "adoption_note": page.adoption_note,
        "adopted_on": _iso(page.adopted_on),
        "issued_on": _iso(page.issued_on),
        "effective_on": _iso(page.effective_on),
        "expires_on": _iso(page.expires_on),
    }


def _shown_beside(page: PolicyPage | InterpretationPage) -> dict[str, Any]:
    """Give what is kept for the reader of the older text; a change of it is no correction."""
    return {"abstract": page.abstract_zh_hans or ""}


def _iso(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None


def new_reason(
    live: PolicyPage | InterpretationPage, draft: PolicyPage | InterpretationPage
) -> str:
    """Give the reason that was written for this correction; none if it is still the last one's."""
    reason = draft.correction_reason.strip()
    return "" if reason == live.correction_reason.strip() else reason


def lacks_reason(draft: PolicyPage | InterpretationPage) -> bool:
    """Tell whether a draft changes the released text without a reason of its own."""
    live = type(draft).objects.get(pk=draft.pk)
    return not new_reason(live, draft) and released_facts(live) != released_facts(draft)


def keep_corrected_text(
    live: PolicyPage | InterpretationPage,
    draft: PolicyPage | InterpretationPage,
    *,
    now: datetime.datetime,
) -> None:
    """Keep the text that a correction (更正) replaces, beside the release of the page.

    Call it after ``lock_releases``. Raises ``Refused`` without a new reason.
    """
    old = released_facts(live)
    if old == released_facts(draft):
        return
    reason = new_reason(live, draft)
    if not reason:
        raise Refused(_("The released text changes: say why, in the reason for the correction."))
    kept = live.release.corrections
    last = kept.aggregate(last=Max("seq"))["last"] or 0
    kept.create(
        seq=last + 1,
        corrected_at=now,
        reason=reason,
        old_headline=old.pop("headline"),
        old_body=old.pop("body"),
        old_facts=old | _shown_beside(live),
    )
