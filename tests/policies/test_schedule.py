"""A release at a set minute; what is refused keeps its schedule and stops nobody else."""

import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import Page, Revision

from ledger.models import Entry
from outbox.models import Message
from policies import services, tasks
from policies.models import PolicyPage
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 2, 1, 0, tzinfo=datetime.UTC)
NINE = datetime.datetime(2026, 3, 3, 1, 0, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def bureau(clock):
    return make.team("LC-BG")


def scheduled(bureau, **fields):
    return make.review(make.policy(bureau, go_live_at=NINE, **fields), bureau)


def test_a_document_with_a_time_is_passed_but_not_released(bureau):
    page = scheduled(bureau)
    assert not page.live
    assert not page.is_released
    assert page.scheduled_revision is not None


def test_it_is_released_in_its_minute_and_not_before(bureau, clock):
    page = scheduled(bureau)
    clock.move_to(NINE - MINUTE)
    tasks.publish_scheduled()
    assert not PolicyPage.objects.public().exists()
    clock.move_to(NINE)
    call_command("publish_scheduled", verbosity=0)
    released = PolicyPage.objects.public().get(pk=page.pk)
    assert released.release.released_at == NINE
    assert tasks.publish_scheduled() == 0, "a second run finds nothing"


def test_a_refusal_keeps_the_schedule_tells_once_and_stops_nobody(bureau, clock):
    refused, other = scheduled(bureau), scheduled(bureau)
    services.oblige(refused, reason="征求意见", user=None, now=timezone.now())
    clock.move_to(NINE)
    assert services.publish_scheduled(NINE) == 1
    assert PolicyPage.objects.public().get().pk == other.pk
    clock.move_to(NINE + MINUTE)
    assert services.publish_scheduled(NINE + MINUTE) == 0
    assert PolicyPage.objects.get(pk=refused.pk).scheduled_revision is not None
    [entry] = Entry.objects.filter(action="document.schedule_refused")
    assert entry.subject_id == str(refused.pk)
    [letter] = Message.objects.filter(topic="mail.send")
    people = (bureau.drafter, bureau.reviewer, bureau.publisher)
    assert letter.payload["to"] == sorted(person.email for person in people)


def test_a_broken_revision_stops_nobody_either(bureau, clock):
    broken, other = scheduled(bureau), scheduled(bureau)
    Revision.objects.filter(object_id=str(broken.pk)).update(content={"pk": broken.pk})
    clock.move_to(NINE)
    assert services.publish_scheduled(NINE) == 1
    assert PolicyPage.objects.public().get().pk == other.pk


def test_a_released_page_never_expires(bureau, clock):
    page = make.release_policy(bureau)
    Page.objects.filter(pk=page.pk).update(expire_at=NOW)
    clock.move_to(NINE)
    call_command("publish_scheduled", verbosity=0)
    assert PolicyPage.objects.public().filter(pk=page.pk).exists()
