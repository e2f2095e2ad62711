"""Releases at a set time."""

from __future__ import annotations

import datetime
import logging

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision, TaskState

from ledger import services as ledger
from organisations.services import Refused
from outbox import mail
from policies.models import InterpretationPage, PolicyPage
from policies.services.release import publish

logger = logging.getLogger(__name__)


def publish_scheduled(now: datetime.datetime) -> int:
    """Publish every passed revision whose time has come; give how many went public.

    One transaction a page. What is refused keeps its schedule and stops nothing else; its editors
    are told once. Nothing expires here: what was released stays.
    """
    due = Revision.objects.filter(approved_go_live_at__lte=now)
    return sum(
        _publish_due(key, now) for key in due.order_by("approved_go_live_at").values_list("pk")
    )


def _publish_due(key: tuple[int], now: datetime.datetime) -> bool:
    try:
        with transaction.atomic():
            revision = (
                Revision.objects.select_for_update()
                .filter(pk=key[0], approved_go_live_at__lte=now)
                .first()
            )
            if revision is None:
                return False
            page = revision.content_object.specific
            if isinstance(page, PolicyPage | InterpretationPage):
                publish(page, revision, user=None, now=now)
            else:
                revision.publish()
        return True
    except Refused as refusal:
        _tell_once(key[0], " ".join(refusal.messages), now)
    except Exception as error:
        logger.exception("The scheduled revision %s could not be published", key[0])
        _tell_once(key[0], str(error), now)
    return False


def _tell_once(revision_id: int, reason: str, now: datetime.datetime) -> None:
    """Mail those who passed the revision that it was refused at its time."""
    revision = Revision.objects.get(pk=revision_id)
    page = revision.content_object.specific
    action = "document.schedule_refused"
    with transaction.atomic():
        Page.objects.select_for_update().get(pk=page.pk)
        if ledger.recorded(action, page, revision=revision_id):
            return
        ledger.record(action, page, now=now, data={"revision": revision_id, "reason": reason})
        people = TaskState.objects.filter(revision=revision).values_list(
            "finished_by__email", "workflow_state__requested_by__email"
        )
        addresses = sorted({address for pair in people for address in pair if address})
        if addresses:
            mail.send(
                _("Not released: %(title)s") % {"title": page.title},
                _("It was due, but it was refused and keeps its schedule. Reason: %(reason)s")
                % {"reason": reason},
                addresses,
                now=now,
            )
