"""What a reader sees of a consultation: its notice, its list, its changes, its comments."""

import datetime
import re
from html import unescape

import icalendar
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consultations import services
from consultations.enums import Change, ExemptionGround, Verdict, Withheld
from consultations.models import Comment, Exemption
from tests import factories
from tests.clock import at, standing_at
from tests.uploads import files
from uploads.rules import Kind
from uploads.scanning import Scan
from uploads.services import CheckedFile
from workdays import services as workdays

pytestmark = pytest.mark.django_db

OPEN = at("2026-02-20", "12:00")


def text_of(answer):
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def comment(announcement, text, *, publish_by=None, consent=True, now=OPEN, **fields):
    sent = services.Submission(text=text, consent_publish=consent, **fields)
    made = services.submit(announcement, sent, now=now).comment
    if publish_by is not None:
        services.moderate([made], Verdict.PUBLISH, user=publish_by, now=now)
    return made


def url(announcement, rest=""):
    return f"/consultations/{announcement.slug}/{rest}"


# --- the notice ---------------------------------------------------------------------------------


def test_the_notice_says_when_it_closes_and_how_that_was_counted(client, announcement):
    with standing_at(OPEN):
        answer = client.get(url(announcement))
    shown = text_of(answer)
    assert answer.status_code == 200
    assert "2026年2月27日 24:00" in shown
    assert "京公开办发〔2020〕4号" in shown
    assert "《市县法治政府建设示范指标体系》第24项" in shown
    page = answer.content.decode()
    assert '<time datetime="2026-02-14">2/14</time><b>1</b>' in page
    assert page.count('class="d-off"') >= 9
    assert 'datetime="2026-02-28T00:00:00+08:00"' in page


def test_days_of_a_sample_are_marked_wherever_the_count_shows(client):
    december = at("2026-12-28", "10:00")
    team = factories.team()
    with standing_at(december):
        workdays.announce_sample_year(2027, now=december)
        page = client.get(url(factories.announce(team)))
        printed = client.get(page.wsgi_request.path + "print/")
        client.force_login(team.drafter)
        typed = {"procedure": "other", "business_related": "False"}
        proposed = client.post(reverse("consultations_admin:propose"), typed)
    days = re.findall(r'<li[^>]*><time datetime="(2\d{3})(.*?)</li>', page.content.decode())
    assert {year: "<small>" in rest for year, rest in days} == {"2026": False, "2027": True}
    for answer in (page, printed, proposed):
        assert "2027" in text_of(answer)
        assert "样本" in text_of(answer)


@pytest.mark.parametrize(
    ("moment", "badge", "link"),
    [
        (at("2026-02-13", "10:00:59"), "gk-info gk-b-wait", False),
        (at("2026-02-13", "10:01"), "gk-go gk-b-full", True),
        (at("2026-02-24", "23:59:59"), "gk-go gk-b-full", True),
        (at("2026-02-25", "00:00"), "gk-care gk-b-half", True),
        (at("2026-02-27", "23:59:59"), "gk-care gk-b-half", True),
        (at("2026-02-28", "00:00"), "gk-still gk-b-shut", False),
    ],
)
def test_its_state_is_that_of_the_moment_and_never_a_kept_one(
    client, announcement, moment, badge, link
):
    with standing_at(at("2026-02-13", "10:00:30")):
        client.get(url(announcement))
        client.get("/consultations/")
    with standing_at(moment):
        page = client.get(url(announcement)).content.decode()
        listed = client.get("/consultations/").content.decode()
    assert badge in page
    assert badge in listed
    assert (f'href="{url(announcement, "comment/")}?clause=art-5"' in page) is link


def test_the_home_page_shows_what_has_opened_since_it_was_kept(client, announcement):
    with standing_at(at("2026-02-13", "10:00:30")):
        assert announcement.slug not in client.get("/").content.decode()
    with standing_at(at("2026-02-13", "10:01")):
        assert announcement.slug in client.get("/").content.decode()


def test_an_old_close_and_its_reason_stay_visible(client, announcement, team):
    with standing_at(OPEN) as now:
        services.extend(
            announcement,
            closes_on=datetime.date(2026, 3, 6),
            reason="应企业要求",
            user=team.publisher,
            now=now,
        )
        shown = text_of(client.get(url(announcement)))
    for words in ("2026年2月27日 24:00", "2026年3月6日 24:00", "应企业要求"):
        assert words in shown


def test_a_shorter_period_says_so_with_its_ground(client, team):
    with standing_at(at("2026-03-02", "10:00")):
        announcement = factories.announce(
            team,
            procedure="major_decision",
            shortening="deadline",
            shortening_reason="上位法规定四月一日前施行",
        )
        shown = text_of(client.get(url(announcement)))
    assert "上位法规定四月一日前施行" in shown


def test_a_withdrawn_draft_keeps_its_page_with_the_reason(client, announcement, team):
    with standing_at(OPEN) as now:
        services.withdraw(announcement, reason="需要重新论证", user=team.publisher, now=now)
        answer = client.get(url(announcement))
    assert answer.status_code == 200
    assert "需要重新论证" in text_of(answer)
    assert "comment/?clause" not in answer.content.decode()


def test_the_counts_add_up_after_the_close_too(client, announcement, team):
    published = comment(announcement, "公开的意见", publish_by=team.reviewer, clause="art-5")
    comment(announcement, "不公开的意见", consent=False)
    abusive = comment(announcement, "骂人的意见")
    services.moderate(
        [abusive], Verdict.WITHHOLD, reason=Withheld.ABUSIVE, user=team.reviewer, now=OPEN
    )
    services.take_back(comment(announcement, "收回的意见"), now=OPEN)
    comment(announcement, "待看的意见")
    for moment in (OPEN, at("2026-03-20")):
        with standing_at(moment):
            page = client.get(url(announcement)).content.decode()
        assert re.search(r"<strong>[^<]*5[^<]*</strong> = 1 .* \+ 2 .* \+ 1 .* \+ 1 ", page)
    assert published.clause_lineage is not None


def test_seals_are_shown_once_there_are_any(client, announcement):
    comment(announcement, "意见")
    with standing_at(at("2026-02-28", "00:05")) as now:
        assert b"Merkle" not in client.get(url(announcement)).content
        [root] = services.seal_due(now)
        assert root.root in client.get(url(announcement)).content.decode()


def test_a_version_keeps_its_address_and_says_that_there_is_a_newer_one(client, announcement, team):
    with standing_at(OPEN):
        draft = factories.DRAFT.replace("明码标价", "政府指导价")
        factories.change(announcement, team, Change.SUBSTANCE, draft=draft, change_reason="定价")
        old = text_of(client.get(url(announcement, "?version=1")))
        new = text_of(client.get(url(announcement)))
        assert client.get(url(announcement, "?version=3")).status_code == 404
        changed = client.get(url(announcement, "changes/")).content.decode()
    assert "明码标价" in old
    assert "政府指导价" in new
    assert "定价" in new
    assert "<del><i>删</i>明码标</del><ins><i>增</i>政府指导</ins>价" in changed


def test_the_draft_is_compared_with_the_document_that_it_would_replace(client, team):
    with standing_at(at("2026-03-02", "10:00")):
        policy = factories.release_policy(
            team,
            title="电动自行车管理办法",
            body=[("text", factories.DRAFT.replace("禁止", "限制"))],
        )
        announcement = factories.announce(team, replaces=policy.page_ptr)
        notice = client.get(url(announcement)).content.decode()
        changed = client.get(url(announcement, "changes/?from=replaced"))
        nothing = client.get(url(factories.announce(team), "changes/?from=replaced"))
    assert policy.release.get_absolute_url() in notice
    assert "<del>" in changed.content.decode()
    assert nothing.status_code == 404


# --- comments -----------------------------------------------------------------------------------


def test_published_comments_stand_below_their_clause(client, announcement, team):
    comment(announcement, "关于第五条", publish_by=team.reviewer, clause="art-5")
    comment(announcement, "关于第二条", publish_by=team.reviewer, clause="art-2")
    comment(announcement, "关于全文", publish_by=team.reviewer)
    with standing_at(OPEN):
        every = text_of(client.get(url(announcement, "comments/")))
        fifth = text_of(client.get(url(announcement, "comments/?clause=art-5")))
        missing = client.get(url(announcement, "comments/?clause=art-99"))
    assert every.index("关于全文") < every.index("关于第二条") < every.index("关于第五条")
    assert "关于第五条" in fifth
    assert "关于第二条" not in fifth
    assert missing.status_code == 404


def test_comments_follow_a_renumbered_clause_and_stay_with_one_that_is_gone(
    client, announcement, team
):
    comment(announcement, "价格意见", publish_by=team.reviewer, clause="art-5")
    comment(announcement, "楼道意见", publish_by=team.reviewer, clause="art-4")
    with standing_at(OPEN):
        draft = factories.DRAFT.replace("第四条 禁止在楼道内停放电动自行车或者为其充电。\n", "")
        draft = draft.replace("第五条", "第四条").replace("第六条", "第五条")
        factories.change(announcement, team, Change.SUBSTANCE, draft=draft)
        page = client.get(url(announcement, "comments/")).content.decode()
        notice = client.get(url(announcement)).content.decode()
    assert re.search(r'href="[^"?]*#art-4"><bdi lang="zh-Hans">第四条', page)
    assert 'href="' + url(announcement, "?version=1#art-4") in page
    assert page.index("价格意见") < page.index("楼道意见")
    assert url(announcement, "?version=1#art-4") in notice


def test_the_words_of_a_comment_do_no_harm(client, announcement, team):
    text = "<script>alert(1)</script> 见 https://例子.cn/x 和 https://example.com/a?b=1&c=2。谢谢\n第二行"
    comment(announcement, text, publish_by=team.reviewer, represents="<b>某社</b>")
    with standing_at(OPEN):
        page = client.get(url(announcement, "comments/")).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "<b>某社" not in page
    link = re.search(r'<a [^>]*href="(https://example\.com/[^"]*)"[^>]*>', page)
    assert link[1] == "https://example.com/a?b=1&amp;c=2"
    assert "nofollow" in link[0]


def pdf(scan):
    return CheckedFile(Kind.PDF, files.PDF, "0" * 64, scan)


def test_a_file_is_handed_out_as_a_download_once_it_is_published(client, announcement, team):
    made = comment(announcement, "见附件", attachments=[("图 1.pdf", pdf(Scan.OFF))])
    file = made.attachments.get()
    address = url(announcement, f"attachments/{file.pk}/")
    assert client.get(address).status_code == 404
    services.moderate([made], Verdict.PUBLISH, user=team.reviewer, now=OPEN)
    answer = client.get(address)
    assert b"".join(answer.streaming_content) == files.PDF
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "application/pdf"
    with standing_at(OPEN):
        assert address in client.get(url(announcement, "comments/")).content.decode()
    services.take_back(made, now=OPEN)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("scan", [Scan.WAITING, Scan.INFECTED])
def test_a_file_that_the_scanner_has_not_passed_stays_inside(client, announcement, team, scan):
    made = comment(
        announcement, "见附件", publish_by=team.reviewer, attachments=[("a.pdf", pdf(scan))]
    )
    assert (
        client.get(url(announcement, f"attachments/{made.attachments.get().pk}/")).status_code
        == 404
    )
    with standing_at(OPEN):
        assert "a.pdf" not in client.get(url(announcement, "comments/")).content.decode()


def test_a_file_of_one_consultation_has_no_address_at_another(client, announcement, team):
    made = comment(
        announcement, "见附件", publish_by=team.reviewer, attachments=[("a.pdf", pdf(Scan.OFF))]
    )
    with standing_at(OPEN):
        other = factories.announce(team)
    assert client.get(url(other, f"attachments/{made.attachments.get().pk}/")).status_code == 404


SECRETS = ("李不公开", "hidden@example.com", "010-99998888")


def test_what_nobody_agreed_to_is_on_no_page(client, announcement, team):
    contact = dict(zip(("name", "email", "phone"), SECRETS, strict=True))
    made = [
        comment(announcement, "没有同意甲", consent=False, represents="没有同意社", **contact),
        comment(announcement, "没有审核乙", **contact),
        comment(announcement, "收回丁", publish_by=team.reviewer, **contact),
        comment(announcement, "改口前戊", publish_by=team.reviewer, **contact),
        comment(announcement, "公开的意见", publish_by=team.reviewer, **contact),
    ]
    services.take_back(made[2], now=OPEN)
    services.amend(made[3], text="改口后戊", represents="", consent_publish=False, now=OPEN)
    hidden = ("没有同意甲", "没有同意社", "没有审核乙", "收回丁", "改口前戊", "改口后戊", *SECRETS)
    paths = [
        "/consultations/",
        "/consultations/?view=calendar",
        "/consultations/feed/",
        "/consultations/calendar.ics",
        "/",
        "/sitemap.xml",
        *(
            url(announcement, rest)
            for rest in (
                "",
                "comments/",
                "comments/?clause=all",
                "comment/",
                "changes/?from=1&to=1",
                "print/",
                "follow/",
                "receipt/",
                "calendar.ics",
            )
        ),
    ]
    with standing_at(OPEN):
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, path
            found = answer.content.decode()
            assert not [words for words in hidden if words in found], path
        assert "公开的意见" in client.get(url(announcement, "print/")).content.decode()


# --- the list -----------------------------------------------------------------------------------


@pytest.fixture
def shelf(team):
    """One consultation of each state on 20 February 2026, two of them of another bureau."""
    other = factories.team("LC-XF")
    with standing_at(at("2026-01-05", "10:00")):
        factories.announce(team, title="已截止办法（征求意见稿）")
        withdrawn = factories.announce(team, title="已撤回办法（征求意见稿）")
        services.withdraw(withdrawn, reason="重写", user=team.publisher, now=at("2026-01-06"))
    with standing_at(at("2026-02-12", "10:00")):
        factories.announce(
            team, title="即将截止办法（征求意见稿）", closes_on=datetime.date(2026, 2, 26)
        )
    with standing_at(at("2026-02-13", "10:00")):
        factories.announce(
            other,
            title="征集中办法（征求意见稿）",
            business_related=True,
            subject=factories.subject("fire", "消防"),
        )
        factories.announce(
            other, title="未开始办法（征求意见稿）", opens_at=at("2026-03-02", "09:00")
        )
    return other


NOW = at("2026-02-24", "12:00")


def titles(page):
    found = re.findall(r'<h3 class="gk-line-h"><a [^>]*>([^<]*)</a>', page)
    return [title.removesuffix("办法（征求意见稿）") for title in found]


def test_what_closes_next_stands_first(client, shelf):
    with standing_at(NOW):
        page = client.get("/consultations/").content.decode()
    assert titles(page) == ["即将截止", "征集中", "未开始", "已截止", "已撤回"]


FILTERS = [
    ("status=open", ["征集中"]),
    ("status=open&status=closing_soon", ["即将截止", "征集中"]),
    ("authority=LC-XF", ["征集中", "未开始"]),
    ("authority=LC-XF&status=closed", []),
    ("subject=fire", ["征集中"]),
    ("business_related=true", ["征集中"]),
    ("business_related=false&authority=LC-XF", ["未开始"]),
    ("from=2026-02-26&to=2026-02-26", ["即将截止"]),
    ("from=2026-03-01", ["征集中", "未开始"]),
    ("q=截止", ["即将截止", "已截止"]),
    ("status=nonsense", ["即将截止", "征集中", "未开始", "已截止", "已撤回"]),
    ("from=soon", ["即将截止", "征集中", "未开始", "已截止", "已撤回"]),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS)
def test_filters_find_what_they_say(client, shelf, query, expected):
    with standing_at(NOW):
        page = client.get(f"/consultations/?{query}").content.decode()
    assert titles(page) == expected


@pytest.mark.parametrize("query", ["", "authority=LC-XF", "status=open&from=2026-01-01", "q=办法"])
def test_a_count_is_what_a_click_shows(client, shelf, query):
    with standing_at(NOW):
        page = client.get(f"/consultations/?{query}").content.decode()
        boxes = re.findall(
            r'name="(\w+)" value="([^"]+)"><label[^>]*><bdi>.*?</bdi><span>(\d+)</span>', page
        )
        assert boxes
        chosen = {name for name, _equals, _value in (p.partition("=") for p in query.split("&"))}
        for name, value, count in boxes:
            if name in chosen:
                continue
            found = client.get(f"/consultations/?{query}&{name}={value}").content.decode()
            assert len(titles(found)) == int(count), (name, value)


def test_each_filter_can_be_taken_away_alone(client, shelf):
    with standing_at(NOW):
        page = client.get("/consultations/?status=open&authority=LC-XF").content.decode()
    assert 'href="?authority=LC-XF"' in page
    assert 'href="?status=open"' in page


def test_the_calendar_shows_each_close_on_its_last_day(client, shelf):
    with standing_at(NOW):
        page = client.get("/consultations/?view=calendar").content.decode()
        march = client.get("/consultations/?view=calendar&month=2026-03").content.decode()
        strange = client.get("/consultations/?view=calendar&month=0000-99")
    [cell] = re.findall(r'<time datetime="2026-02-26">26</time>(.*?)</td>', page)
    assert "即将截止办法" in cell
    assert "未开始办法" in march
    assert strange.status_code == 200


def test_feed_and_calendar_take_the_parameters_of_the_list(client, shelf):
    with standing_at(NOW):
        feed = client.get("/consultations/feed/?authority=LC-XF")
        file = client.get("/consultations/calendar.ics?authority=LC-XF")
    assert feed["Content-Type"].startswith("application/atom+xml")
    assert feed.content.decode().count("<entry>") == 2
    events = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
    assert len(events) == 2


def test_the_calendar_entry_ends_at_the_exact_close(client, announcement):
    with standing_at(OPEN):
        file = client.get(url(announcement, "calendar.ics"))
    [event] = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
    assert event.decoded("dtend") == at("2026-02-28", "00:00")
    assert file["Content-Type"].startswith("text/calendar")


def test_exemptions_show_what_may_be_said_and_nothing_else(client, team):
    Exemption.objects.create(
        organisation=team.organisation,
        ground=ExemptionGround.CONFIDENTIAL,
        matter="绝密事项",
        reason="绝密理由",
        public_statement="依法不予公开征求意见的事项一件",
        requested_by=team.drafter,
        approved_by=team.reviewer,
        recorded_at=OPEN,
    )
    shown = text_of(client.get("/consultations/exemptions/"))
    assert "依法不予公开征求意见的事项一件" in shown
    assert "绝密" not in shown


# --- following ----------------------------------------------------------------------------------


def test_a_follower_confirms_by_a_button_and_leaves_from_any_letter(
    client, announcement, team, mailoutbox
):
    from outbox import services as outbox
    from tests.consultations.letters import token_in

    with standing_at(OPEN) as now:
        assert client.get(url(announcement, "follow/")).status_code == 200
        assert client.post(url(announcement, "follow/"), {"email": "li"}).status_code == 422
        sent = client.post(url(announcement, "follow/"), {"email": "li@example.com"})
        assert sent.status_code == 200
        outbox.drain(now)
        [letter] = [mail for mail in mailoutbox if mail.to == ["li@example.com"]]
        path = f"/consultations/following/{token_in(letter.body)}/"
        assert client.get(path).status_code == 200
        follower = announcement.followers.get()
        assert follower.confirmed_at is None
        client.post(path, {"action": "confirm"})
        follower.refresh_from_db()
        assert follower.confirmed_at == now
        services.withdraw(announcement, reason="重写", user=team.publisher, now=now)
        outbox.drain(now)
        told = [mail for mail in mailoutbox if mail.to == ["li@example.com"]][1]
        assert path in told.body
        assert told.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert told.extra_headers["List-Unsubscribe"] == f"<{settings.PUBLIC_URL}{path}>"
        button = Client(enforce_csrf_checks=True)
        assert button.get(path).status_code == 200
        follower.refresh_from_db()
        assert follower.left_at is None
        left = button.post(
            path,
            b"List-Unsubscribe=One-Click",
            content_type="application/x-www-form-urlencoded",
        )
        assert left.status_code == 200
        follower.refresh_from_db()
        assert follower.left_at == now
    assert client.get("/consultations/following/nonsense/").status_code == 404


# --- previews ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-hans", "en", "ar"])
def test_an_editor_sees_a_draft_as_it_would_be_announced(team, rf, language):
    with standing_at(OPEN):
        page = factories.consultation(team)
        draft = page.get_latest_revision_as_object()
        answer = draft.serve_preview(rf.get("/"), language)
    assert "充电服务费实行明码标价" in answer.content.decode()
    assert "2026-02-28" in answer.content.decode()


def test_an_editor_sees_a_change_of_an_announced_draft(team, announcement, rf):
    draft = announcement.page.get_latest_revision_as_object()
    draft.draft = factories.DRAFT.replace("明码标价", "政府指导价")
    with standing_at(OPEN):
        answer = draft.serve_preview(rf.get("/"), "zh-hans")
    assert "政府指导价" in answer.content.decode()


# --- queries ------------------------------------------------------------------------------------

PAGES = ["", "comments/", "comments/?clause=art-5", "print/", "comment/", "calendar.ics"]


def queries(client, path):
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200, path
    return len(asked)


def test_no_page_asks_more_the_more_comments_there_are(client, announcement, team):
    def fill(count):
        for number in range(count):
            fields = {"clause": "art-5"} if number % 2 else {}
            file = ("a.pdf", pdf(Scan.OFF))
            comment(
                announcement,
                f"意见{number}",
                publish_by=team.reviewer,
                attachments=[file],
                **fields,
            )

    fill(2)
    with standing_at(OPEN):
        paths = [url(announcement, rest) for rest in PAGES]
        for path in paths:
            queries(client, path)
        few = {path: queries(client, path) for path in paths}
        fill(8)
        assert {path: queries(client, path) for path in paths} == few
    assert max(few.values()) <= 25
    assert Comment.objects.count() == 10


LISTS = [
    "/consultations/",
    "/consultations/?view=calendar",
    "/consultations/feed/",
    "/consultations/calendar.ics",
    "/",
]


def test_no_list_asks_more_the_longer_it_is(client, team):
    with standing_at(OPEN):
        factories.announce(team)
        for path in LISTS:
            queries(client, path)
        few = {}
        for path in LISTS:
            few[path] = queries(client, f"{path}{'&' if '?' in path else '?'}x=1")
        for _ in range(3):
            factories.announce(team)
        many = {}
        for path in LISTS:
            many[path] = queries(client, f"{path}{'&' if '?' in path else '?'}x=2")
    assert many == few
    assert max(many.values()) <= 25
