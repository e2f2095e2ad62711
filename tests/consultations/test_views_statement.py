"""The statement in public: never before its disclosure, whole from then on."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consultations import services
from consultations.enums import Disposition, Verdict, Withheld
from consultations.models import SignedStatement
from policies.models import Release
from tests import answering, clock
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau():
    return make.team("LC-BG")


@pytest.fixture
def asked(bureau):
    """An open consultation with four comments; Qian does not want hers to be published."""
    with clock.standing_at(clock.at(answering.OPENS)):
        announcement = make.announce(bureau)
    with clock.standing_at(clock.at("2026-03-04")):
        for text in ("第四条应当写明门厅。", "通道里也不能充电。", "充电服务费太高。"):
            answering.comment(announcement, text)
        answering.comment(announcement, "我家楼道里天天有人充电。", consent_publish=False)
    return announcement


@pytest.fixture
def closed(asked):
    with clock.standing_at(clock.at(answering.CLOSED)):
        yield asked


def url(announcement, rest="statement/"):
    return f"/consultations/{announcement.slug}/{rest}"


def text_of(answer):
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def decide(announcement, bureau):
    """Zhao and the others: two opinions, one adopted in the fourth article and one not."""
    answering.read_all(announcement, bureau.drafter)
    first, second, third, fourth = announcement.comments.order_by("pk")
    adopted = answering.opinion(announcement, [first, second, fourth], bureau.drafter)
    answering.opinion(
        announcement,
        [third],
        bureau.drafter,
        text="降低充电服务费。",
        disposition=Disposition.NOT_ADOPTED,
        reason="充电服务费由市场形成，本办法只要求明码标价。",
    )
    return adopted


def sign(announcement, bureau, **fields):
    page = answering.policy(bureau, announcement, **fields)
    decide(announcement, bureau)
    return page, answering.sign(announcement, bureau)


def release(page, bureau):
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    make.decide(page, bureau.publisher)
    return Release.objects.get(page=page)


@pytest.fixture
def told(closed, bureau):
    """The consultation with its statement disclosed by the release of the policy."""
    page, _statement = sign(closed, bureau)
    release(page, bureau)
    return closed


# --- before ---------------------------------------------------------------------------------------


def test_a_signed_statement_is_not_found_before_the_policy_is_released(client, closed, bureau):
    page, _statement = sign(closed, bureau)
    for rest in ("statement/", "statement/1/"):
        assert client.get(url(closed, rest)).status_code == 404
    shown = client.get(url(closed, "")).content.decode()
    assert "statement/" not in shown
    assert "已在第四条写明" not in shown
    assert client.get("/").content.decode().count("已答复") == 0
    release(page, bureau)
    assert client.get(url(closed)).status_code == 200


def test_no_statement_is_not_found(client, closed):
    assert client.get(url(closed)).status_code == 404
    assert client.get("/consultations/no-such/statement/").status_code == 404


# --- what it says ---------------------------------------------------------------------------------


def test_the_numbers_add_up_in_words(client, told):
    shown = text_of(client.get(url(told)))
    assert "4 = " in shown
    statement = SignedStatement.objects.get()
    assert statement.received == statement.published + statement.withheld + statement.withdrawn
    assert (statement.published, statement.withheld) == (3, 1)


def test_an_opinion_stands_under_its_code_with_reason_weight_and_clause(client, told):
    page = client.get(url(told)).content.decode()
    address = Release.objects.get().get_absolute_url()
    opinion = page[page.index('id="YJ-001"') : page.index('id="YJ-002"')]
    assert "写明门厅和通道。" in opinion
    assert "门厅和通道起火同样危险，已在第四条写明。" in opinion
    assert f'href="{address}#art-4"' in opinion
    assert 'href="#c-art-4"' in opinion
    assert 'href="#YJ-001"' in opinion
    assert 'id="c-art-4"' in page


def test_the_redline_names_the_opinions_and_the_changes_that_none_explains(client, closed, bureau):
    final = answering.FINAL.replace("实行明码标价", "实行明码标价并且公示")
    page, _statement = sign(closed, bureau, body=[("text", final)])
    release(page, bureau)
    shown = client.get(url(closed)).content.decode()
    redline = shown[shown.index('id="redline"') :]
    fourth = redline[redline.index('id="c-art-4"') : redline.index('id="c-art-5"')]
    fifth = redline[redline.index('id="c-art-5"') :]
    assert "<ins><i>增</i>" in fourth
    assert 'href="#YJ-001"' in fourth
    assert "YJ-" not in fifth
    assert 'href="#c-art-5"' in redline[: redline.index('id="c-art-4"')]


@pytest.mark.parametrize(("side", "there"), [("before", False), ("after", True)])
def test_the_redline_can_be_read_on_one_side_only(client, told, side, there):
    shown = client.get(url(told) + f"?side={side}").content.decode()
    redline = shown[shown.index('id="redline"') :]
    assert "<del>" not in redline
    assert ("门厅、通道同样禁止" in redline) is there


def test_opinions_are_filtered_by_their_decision(client, told):
    shown = client.get(url(told) + "?disposition=not_adopted").content.decode()
    assert 'id="YJ-002"' in shown
    assert 'id="YJ-001"' not in shown
    assert 'content="noindex' in shown
    assert client.get(url(told) + "?disposition=perhaps").status_code == 404


def test_what_was_withheld_is_told_in_numbers_and_not_in_words(client, closed, bureau):
    with clock.standing_at(clock.at("2026-03-05")):
        answering.comment(closed, "骂人的话")
    last = closed.comments.latest("pk")
    now = timezone.now()
    services.moderate(
        [last], Verdict.WITHHOLD, reason=Withheld.ABUSIVE, user=bureau.drafter, now=now
    )
    page = answering.policy(bureau, closed)
    decide_all(closed, bureau)
    answering.sign(closed, bureau)
    release(page, bureau)
    answer = client.get(url(closed))
    assert "骂人的话" not in answer.content.decode()
    assert f"{Withheld.ABUSIVE.label} 1" in text_of(answer)


def decide_all(announcement, bureau):
    answering.read_all(announcement, bureau.drafter)
    return answering.opinion(announcement, list(announcement.comments.all()), bureau.drafter)


def test_statement_policy_and_consultation_link_to_each_other(client, told):
    address = Release.objects.get().get_absolute_url()
    statement = client.get(url(told)).content.decode()
    assert f'href="{address}"' in statement
    assert f'href="{url(told, "")}"' in statement
    assert f'href="{url(told)}"' in client.get(url(told, "")).content.decode()
    assert f'href="{address}"' in client.get(url(told, "")).content.decode()
    policy = client.get(address).content.decode()
    assert f'href="{url(told)}"' in policy
    assert f'href="{url(told, "")}"' in policy


# --- corrections, closing, nothing ----------------------------------------------------------------


def correct(announcement, bureau):
    opinion = announcement.opinions.get(number=2)
    now = timezone.now()
    services.decide(
        opinion,
        Disposition.ALREADY_COVERED,
        reason="价格法第十三条已经要求明码标价，不必重复。",
        user=bureau.drafter,
        now=now,
    )
    services.write(
        announcement,
        kind="adoption",
        words="",
        correction_reason="第二条意见的处理写错了。",
        user=bureau.drafter,
        now=now,
    )
    return answering.sign(announcement, bureau)


def test_a_correction_is_shown_and_the_older_statement_stays_readable(client, told, bureau):
    correct(told, bureau)
    newest = client.get(url(told)).content.decode()
    assert "价格法第十三条" in newest
    assert "第二条意见的处理写错了。" in newest
    assert f'href="{url(told, "statement/1/")}"' in newest
    older = client.get(url(told, "statement/1/")).content.decode()
    assert "充电服务费由市场形成" in older
    assert "第二条意见的处理写错了。" in older
    assert 'content="noindex' in older
    assert client.get(url(told, "statement/3/")).status_code == 404


def test_a_closing_statement_says_why_and_has_no_opinions(client, closed, bureau):
    now = timezone.now()
    answering.read_all(closed, bureau.drafter)
    services.withdraw(closed, reason="上位法即将修改。", user=bureau.reviewer, now=now)
    services.write(
        closed,
        kind="closing",
        words="上位法正在修改，本草案不再继续。",
        user=bureau.drafter,
        now=now,
    )
    assert client.get(url(closed)).status_code == 404
    answering.sign(closed, bureau)
    shown = client.get(url(closed)).content.decode()
    assert "上位法正在修改，本草案不再继续。" in shown
    assert 'id="opinions"' not in shown
    assert "上位法正在修改" in client.get(url(closed, "")).content.decode()


@pytest.mark.parametrize(
    ("withdrawn_at", "told", "not_told"),
    [
        (
            clock.at("2026-03-05", "10:00"),
            ["时间为 2026年2月27日 至 2026年3月5日", "2026年3月5日 10:00:00"],
            ["24:00"],
        ),
        (clock.at("2026-02-27", "08:00"), [], ["时间为", "24:00"]),
    ],
)
def test_of_a_withdrawn_draft_the_days_are_told_on_which_it_was_open(
    client, bureau, withdrawn_at, told, not_told
):
    with clock.standing_at(clock.at("2026-02-27", "08:00")):
        announcement = make.announce(bureau)
    with clock.standing_at(withdrawn_at):
        services.withdraw(
            announcement, reason="上位法即将修改。", user=bureau.reviewer, now=timezone.now()
        )
        answering.rewrite(announcement, bureau, kind="closing", words="上位法正在修改，不再继续。")
        answering.sign(announcement, bureau)
        shown = text_of(client.get(url(announcement)))
    assert all(words in shown for words in told)
    assert not any(words in shown for words in not_told)


def test_no_comments_received_is_a_statement_too(client, bureau):
    with clock.standing_at(clock.at(answering.OPENS)):
        announcement = make.announce(bureau)
    with clock.standing_at(clock.at(answering.CLOSED)):
        page = answering.policy(bureau, announcement, body=[("text", make.DRAFT)])
        answering.sign(announcement, bureau)
        release(page, bureau)
        answer = client.get(url(announcement))
        assert answer.status_code == 200
        assert 'id="redline"' in answer.content.decode()


# --- elsewhere ------------------------------------------------------------------------------------


def test_lists_feed_and_calendar_say_that_it_was_answered(client, told):
    assert "Lately answered" in client.get("/en/").content.decode()
    feed = client.get("/en/consultations/feed/").content.decode()
    assert f"/en{url(told)}" in feed
    assert "Answered" in feed
    assert "<updated>2026-03-10T" in feed
    assert "STATUS:CONFIRMED" in client.get(url(told, "calendar.ics")).content.decode()
    found = client.get("/en/consultations/?status=answered").content.decode()
    assert f"/en{url(told, '')}" in found
    assert "Closed:" in found


def test_on_pages_in_other_languages_the_answers_are_marked_as_chinese(client, told):
    page = client.get("/ar" + url(told)).content.decode()
    assert 'dir="rtl"' in page
    assert '<bdi lang="zh-Hans">写明门厅和通道。</bdi>' in page
    assert '<bdi lang="zh-Hans" class="gk-reason-text">' in page


# --- queries --------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_comments_and_opinions(
    client, closed, bureau, django_assert_num_queries
):
    other = make.team("LC-QT")
    with clock.standing_at(clock.at(answering.OPENS)):
        large = make.announce(other)
    with clock.standing_at(clock.at("2026-03-04")):
        for number in range(24):
            answering.comment(large, f"意见 {number}：门厅也要管。")
    page, _statement = sign(closed, bureau)
    release(page, bureau)
    page = answering.policy(other, large)
    answering.read_all(large, other.drafter)
    for number, comment in enumerate(large.comments.order_by("pk")):
        answering.opinion(
            large, [comment], other.drafter, text=f"意见 {number}", reason=f"理由第 {number} 号。"
        )
    answering.sign(large, other)
    release(page, other)
    client.get(url(closed))
    with CaptureQueriesContext(connection) as few:
        assert client.get(url(closed)).status_code == 200
    with django_assert_num_queries(len(few)):
        assert client.get(url(large)).status_code == 200
