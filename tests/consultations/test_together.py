"""Comments that arrive at the same moment are written together, and none suffers from another."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client

from consultations import services
from consultations.models import Comment
from consultations.services.together import Together
from ledger.models import Entry
from outbox.models import Message
from tests import factories
from tests.clock import at, standing_at
from tests.concurrency import at_once

FRIDAY, OPEN, LATE = at("2026-02-13", "10:00"), at("2026-02-20", "12:00"), at("2026-02-28", "00:00")


class Writer:
    """Takes the first item alone, and holds it until all others wait."""

    def __init__(self) -> None:
        self.goes: list[list[int]] = []
        self.first_came, self.others_wait = threading.Event(), threading.Event()

    def __call__(self, items):
        self.goes.append(sorted(items))
        if len(self.goes) == 1:
            self.first_came.set()
            assert self.others_wait.wait(30)
        if any(item < 0 for item in items):
            raise ValueError(items)
        return [item * 10 for item in items]


def sent_while_the_first_is_under_way(items):
    writer = Writer()
    together = Together(writer)
    with ThreadPoolExecutor(1 + len(items)) as pool:
        first = pool.submit(together.do, 1)
        assert writer.first_came.wait(30)
        others = [pool.submit(together.do, item) for item in items]
        while len(together._waiting) < len(items):
            pass
        writer.others_wait.set()
        first.result(30)
        return writer.goes, [other.exception(30) or other.result() for other in others]


def test_what_comes_while_something_is_under_way_goes_together():
    goes, results = sent_while_the_first_is_under_way([2, 3, 4])
    assert goes == [[1], [2, 3, 4]]
    assert results == [20, 30, 40]


def test_a_fault_meets_only_the_one_who_made_it():
    goes, results = sent_while_the_first_is_under_way([2, -3, 4])
    assert goes[:2] == [[1], [-3, 2, 4]]
    assert (results[0], results[2]) == (20, 40)
    assert isinstance(results[1], ValueError)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_comments_of_one_moment_all_come_in_with_their_entries_and_mails():
    with standing_at(FRIDAY):
        announcement = factories.announce()
    place = services.Place(announcement.periods.get(), announcement.versions.get())

    def send(number, now=OPEN):
        sent = services.Submission(
            text=f"意见{number}",
            submission_id=f"form {number}",
            email="wang@example.com",
            send_receipt=True,
        )
        return lambda: services.submit(announcement, sent, now=now, place=place)

    with standing_at(OPEN):
        entries = Entry.objects.filter(action="comment.received").count()
        mails = Message.objects.filter(topic="personaldata.mail").count()
        *receipts, twice, late = at_once(*[send(n) for n in range(6)], send(0), send(7, LATE))
    assert isinstance(late, services.NotOpen)
    assert twice.code == receipts[0].code
    assert sorted([twice.created, receipts[0].created]) == [False, True]
    assert {services.find(receipt.code).pk for receipt in receipts} == set(
        Comment.objects.values_list("pk", flat=True)
    )
    for number, receipt in enumerate(receipts):
        assert services.find(receipt.code).texts.get().text == f"意见{number}"
    assert Entry.objects.filter(action="comment.received").count() == entries + 6
    assert Message.objects.filter(topic="personaldata.mail").count() == mails + 6


@pytest.mark.django_db(transaction=True)
def test_a_draft_withdrawn_this_very_second_takes_no_comment():
    with standing_at(FRIDAY):
        announcement = factories.announce()
    address = f"/consultations/{announcement.slug}/comment/"
    with standing_at(OPEN):
        assert Client().post(address, {"text": "第一条"}).status_code == 303
        services.withdraw(announcement, reason="撤回", user=None, now=OPEN)
        assert Client().post(address, {"text": "第二条"}).status_code == 409
    assert Comment.objects.count() == 1


@pytest.mark.django_db
def test_a_resend_does_not_count_against_the_limit(settings):
    settings.COMMENTS_PER_HOUR = 2
    with standing_at(FRIDAY):
        announcement = factories.announce()
    address = f"/consultations/{announcement.slug}/comment/"
    form = {"text": "第一条", "submission_id": "one form"}
    with standing_at(OPEN):
        answers = [Client().post(address, form).status_code for _ in range(5)]
        answers += [Client().post(address, {"text": f"又{n}"}).status_code for n in range(2)]
    assert answers == [303] * 6 + [429]
