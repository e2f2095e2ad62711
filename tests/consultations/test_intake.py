import datetime
from typing import Any

import pytest
from django.db import connection

from consultations import services
from consultations.enums import ChannelKind, CommentState, Status, Verdict
from consultations.models import Comment
from ledger import merkle
from ledger.models import Entry
from organisations.services import Refused
from outbox import services as outbox
from personaldata.models import ContactRecord
from tests import factories
from tests.clock import at, standing_at
from tests.consultations.letters import token_in

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.postgres,
    pytest.mark.usefixtures("announced_once"),
]

NOW = at("2026-02-20", "12:00")


def now_of(comment) -> Any:
    """The comment with its state."""
    return Comment.objects.with_state().get(pk=comment.pk)


def send(announcement, text="建议在公园增设充电桩。", now=NOW, **fields):
    return services.submit(announcement, services.Submission(text=text, **fields), now=now)


def test_a_comment_is_found_by_its_code_and_by_nothing_else(announcement):
    receipt = send(announcement, clause="art-5")
    assert receipt.created
    assert services.find(receipt.code.lower().replace("-", " ")) == receipt.comment
    assert services.find("AAAAA-AAAAA-AAAAA-AAAAA") is None
    assert receipt.code not in str(Comment.objects.values().get())


def test_a_resend_gives_the_same_code_and_no_second_comment(announcement):
    first = send(announcement, submission_id="form-1")
    again = send(announcement, submission_id="form-1", text="改了一个字")
    other = send(announcement, submission_id="form-2")
    assert (again.code, again.created) == (first.code, False)
    assert other.code != first.code
    assert Comment.objects.count() == 2


@pytest.mark.parametrize("moment", [at("2026-02-13", "10:00"), at("2026-02-28", "00:00")])
def test_before_and_after_it_takes_nothing(announcement, moment):
    with pytest.raises(services.NotOpen):
        send(announcement, now=moment)
    assert not Comment.objects.exists()


def test_contact_data_stands_apart_and_encrypted(announcement):
    send(announcement, name="周卫国", email="zhou@example.com", phone="13800000000")
    record = ContactRecord.objects.get()
    assert b"zhou" not in bytes(record.payload)
    for table in ("consultations_comment", "consultations_commenttext", "ledger_entry"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            rows = str(cursor.fetchall())
        assert "zhou" not in rows
        assert "周卫国" not in rows
        assert "13800000000" not in rows


def test_its_author_amends_it_until_the_close_and_the_history_stays(announcement):
    comment = send(announcement).comment
    values: Any = {"represents": "", "consent_publish": True}
    services.amend(comment, text="建议在地铁站增设。", now=at("2026-02-27", "23:59"), **values)
    with pytest.raises(services.NotOpen):
        services.amend(comment, text="晚了", now=at("2026-02-28", "00:00"), **values)
    assert [text.text for text in comment.texts.all()] == [
        "建议在公园增设充电桩。",
        "建议在地铁站增设。",
    ]


def test_who_cannot_withdraw_is_told_why(announcement, team):
    comment = send(announcement).comment
    with pytest.raises(services.NotOpen) as early:
        services.take_back(comment, now=at("2026-02-13", "10:00"))
    assert early.value.status == Status.SCHEDULED
    with standing_at(at("2026-03-02")) as now:
        factories.change(announcement, team, "round", opens_at=None, closes_on=None)
        with pytest.raises(services.NotOpen) as late:
            services.take_back(comment, now=now)
        assert late.value.status == Status.CLOSED
        services.withdraw(announcement, reason="重新论证", user=team.publisher, now=now)
        with pytest.raises(services.NotOpen) as withdrawn:
            services.take_back(Comment.objects.get(pk=comment.pk), now=now)
        assert withdrawn.value.status == Status.WITHDRAWN


def test_a_withdrawn_comment_still_counts(announcement, team):
    comment = send(announcement, consent_publish=True).comment
    services.take_back(comment, now=NOW)
    assert now_of(comment).state == CommentState.WITHDRAWN
    with pytest.raises(Refused):
        services.moderate([comment], Verdict.PUBLISH, user=team.reviewer, now=NOW)


def test_what_its_author_did_not_agree_to_is_never_published(announcement, team):
    comment = send(announcement).comment
    state = now_of(comment)
    assert (state.state, state.withheld_for) == (CommentState.WITHHELD, "no_consent")
    with pytest.raises(Refused):
        services.moderate([comment], Verdict.PUBLISH, user=team.reviewer, now=NOW)
    assert not Comment.objects.public().exists()


def test_an_amended_comment_waits_again(announcement, team):
    comment = send(announcement, consent_publish=True).comment
    services.moderate([comment], Verdict.PUBLISH, user=team.reviewer, now=NOW)
    assert Comment.objects.public().count() == 1
    services.amend(comment, text="新的意见", represents="", consent_publish=True, now=NOW)
    assert now_of(comment).state == CommentState.PENDING


def test_a_letter_is_entered_with_its_postmark_until_the_cut_off(announcement, team):
    letter = services.OffLine(ChannelKind.POST, datetime.date(2026, 2, 27), team.drafter)
    sent = services.Submission(text="来信建议")
    receipt = services.submit(announcement, sent, now=at("2026-03-02"), off_line=letter)
    assert receipt.comment.channel == ChannelKind.POST
    with pytest.raises(services.Refused.__bases__[0]):
        services.submit(announcement, sent, now=at("2026-04-02"), off_line=letter)


def test_the_root_pins_every_comment_and_late_letters_make_a_second_one(announcement, team):
    comments = [send(announcement, f"意见{number}").comment for number in range(5)]
    assert services.seal_due(at("2026-02-27", "23:59")) == []
    [root] = services.seal_due(at("2026-02-28", "00:05"))
    assert (root.batch, root.leaves) == (1, 5)
    for comment in comments:
        way = services.proof(comment)
        assert way is not None
        assert merkle.verify(comment.texts.get().commitment, way, root.root)
    letter = services.OffLine(ChannelKind.POST, datetime.date(2026, 2, 27), team.drafter)
    sent = services.Submission(text="来信建议")
    services.submit(announcement, sent, now=at("2026-03-02"), off_line=letter)
    [second] = services.seal_due(at("2026-03-02", "12:00"))
    assert (second.batch, second.leaves) == (2, 1)
    assert services.seal_due(at("2026-03-02", "12:01")) == []
    assert list(services.problems()) == []


def test_an_empty_round_is_sealed_too(announcement):
    [root] = services.seal_due(at("2026-02-28", "00:05"))
    assert (root.leaves, root.root) == (0, merkle.root([]))


def past_the_guards(sql, params=()):
    """As somebody who owns the database and took the triggers away."""
    import guards.services

    guards.services.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
    guards.services.install(connection)


def test_a_comment_that_was_changed_behind_the_back_is_noticed(announcement):
    comment = send(announcement).comment
    services.seal_due(at("2026-02-28", "00:05"))
    assert list(services.problems()) == []
    past_the_guards("UPDATE consultations_commenttext SET text = '很好，没有意见'")
    [problem] = services.problems()
    assert f"comment {comment.pk}" in problem


def test_a_comment_that_was_deleted_is_noticed(announcement):
    comment = send(announcement).comment
    past_the_guards("DELETE FROM consultations_commenttext")
    [problem] = services.problems()
    assert f"comment {comment.pk}" in problem
    assert Entry.objects.filter(action="comment.received").exists()


def test_whoever_types_an_address_again_and_again_has_one_letter_an_hour_sent_to_it(
    announcement, mailoutbox
):
    for minutes in (0, 1, 59, 60, 61):
        now = NOW + datetime.timedelta(minutes=minutes)
        services.follow(announcement, "li@example.com", language="zh-hans", now=now)
        outbox.drain(now)
    assert len(mailoutbox) == 2
    assert services.find_follower(token_in(mailoutbox[-1].body)) is not None


def test_followers_confirm_hear_and_leave(announcement, team, mailoutbox):
    services.follow(announcement, "li@example.com", language="zh-hans", now=NOW)
    outbox.drain(NOW)
    [letter] = [mail for mail in mailoutbox if mail.to == ["li@example.com"]]
    follower = services.find_follower(token_in(letter.body))
    assert follower is not None
    services.confirm(follower, now=NOW)
    with standing_at(NOW):
        services.withdraw(announcement, reason="需要重新论证", user=team.publisher, now=NOW)
    outbox.drain(NOW)
    assert len([mail for mail in mailoutbox if mail.to == ["li@example.com"]]) == 2
    services.leave(follower, now=NOW)
    assert ContactRecord.objects.get().erased_at == NOW
