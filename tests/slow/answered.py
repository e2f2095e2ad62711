"""Answered documents that wait for their publisher, and what became of them after the kills."""

import json
from datetime import timedelta

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consultations.models import AnswerLetter, Comment, Disclosure
from ledger import services as ledger
from ledger.models import Entry
from outbox import services as outbox
from policies.models import InterpretationPage, PolicyPage, Release
from tests import answering, clock
from tests import factories as make
from workdays import services as workdays

WRITERS = 2


def ready(count: int) -> None:
    """Makes so many; writes the publisher's cookie and the address of each approval.

    Each has its own consultation, with two comments whose authors left an address, its signed
    statement and an interpretation.
    """
    now = timezone.now()
    for year in (now.year - 1, now.year, now.year + 1):
        workdays.announce_sample_year(year, now=now)
    team = make.team("LC-BG")
    with clock.standing_at(now - timedelta(days=40)):
        announcements = [make.announce(team) for _ in range(count)]
    with clock.standing_at(now - timedelta(days=39)):
        for announcement in announcements:
            for n in range(WRITERS):
                address = f"{announcement.slug}.{n}@example.com"
                answering.comment(announcement, name="赵某", email=address)
    with clock.standing_at(now - timedelta(days=2)):
        states = [_waiting(announcement, team) for announcement in announcements]
    outbox.drain(timezone.now())
    browser = Client()
    browser.force_login(team.publisher)
    cookie = browser.cookies[settings.SESSION_COOKIE_NAME].value
    print(json.dumps({"cookie": [settings.SESSION_COOKIE_NAME, cookie], "approvals": states}))


def _waiting(announcement, team):
    page = answering.policy(team, announcement, issued_on=timezone.localdate())
    make.interpretation(team, page)
    answering.answered(announcement, team)
    make.submit(page, team.drafter)
    make.decide(page, team.reviewer)
    state = PolicyPage.objects.get(pk=page.pk).current_workflow_task_state
    step = ["approve", state.pk]
    return [page.pk, reverse("wagtailadmin_pages:workflow_action", args=[page.pk, *step])]


def report() -> None:
    """Brings about what is still in the outbox; writes what stands, by consultation."""
    later = timezone.now() + outbox.LEASE  # a dead consumer's lease has to run out first
    outbox.drain(later)
    ledger.seal(later)
    shown = PolicyPage.objects.public()
    print(
        json.dumps(
            {
                "drafts": PolicyPage.objects.count(),
                "visible": _slugs(shown, "release__disclosure__statement__announcement__slug"),
                "released": _slugs(Release.objects, "disclosure__statement__announcement__slug"),
                "disclosed": _slugs(Disclosure.objects, "statement__announcement__slug"),
                "explained": _slugs(
                    InterpretationPage.objects.public(),
                    "release__policy_release__disclosure__statement__announcement__slug",
                ),
                "lettered": _slugs(AnswerLetter.objects, "comment__announcement__slug"),
                "recorded": Entry.objects.filter(action="policy.released").count(),
                "serials": sorted(Release.objects.values_list("serial", flat=True)),
                "comments": Comment.objects.count(),
            }
        )
    )


def _slugs(rows, path):
    return sorted(rows.values_list(path, flat=True))
