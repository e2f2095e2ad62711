"""Consultations as open data, held to what the description promises to programs."""

import csv
import datetime
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consultations import services
from consultations.enums import Change, ChannelKind, Verdict
from consultations.models import Comment, CommentAttachment
from freshness import services as freshness
from outbox import services as outbox
from search import services as search
from tests import factories
from tests.clock import at, standing_at
from tests.consultations.conftest import FRIDAY

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

LIST = "/api/v1/consultations/"
OPEN = at("2026-02-20", "12:00")
AFTER = at("2026-02-28", "00:05")
LINE = [
    "slug",
    "title",
    "url",
    "status",
    "authorities",
    "subject",
    "procedure",
    "business_related",
    "historic",
    "announced_at",
    "round",
    "opens_at",
    "closes_at",
    "minimum_closes_at",
    "received",
]


@pytest.fixture(autouse=True)
def _own_index(settings, tmp_path):
    settings.SEARCH_DIR = tmp_path / "search"
    running = search.engine()
    yield
    running.close()


@pytest.fixture
def ask(client):
    """Asks an address of the API at a moment and gives its answer, which has to be a good one."""

    def asked(address=LIST, moment=OPEN, **parameters):
        with standing_at(moment):
            answer = client.get(address, parameters)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return asked


def one(announcement, tail=""):
    return f"{LIST}{announcement.slug}{tail}"


def send(announcement, text="建议增设充电桩。", now=OPEN, **fields):
    fields = {"consent_publish": True} | fields
    return services.submit(announcement, services.Submission(text=text, **fields), now=now).comment


def publish(comment, team, now=OPEN):
    services.moderate([comment], Verdict.PUBLISH, user=team.reviewer, now=now)
    return comment


def content(client, address):
    with standing_at(OPEN):
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        return b"".join(answer.streaming_content).decode("utf-8-sig"), answer


# --- the list -----------------------------------------------------------------------------------


def test_a_line_of_the_list_has_exactly_these_keys(ask, announcement, team):
    send(announcement)
    answer = ask()
    assert list(answer) == ["total", "page", "size", "results"]
    assert (answer["total"], answer["page"], answer["size"]) == (1, 1, 20)
    [line] = answer["results"]
    assert list(line) == LINE
    assert line | {"title": "", "announced_at": ""} == {
        "slug": announcement.slug,
        "title": "",
        "url": f"/consultations/{announcement.slug}/",
        "status": "open",
        "authorities": [
            {
                "code": team.organisation.code,
                "name": team.organisation.name_on(None, "zh-hans"),
            }
        ],
        "subject": "transparency",
        "procedure": "normative_document",
        "business_related": False,
        "historic": False,
        "announced_at": "",
        "round": 1,
        "opens_at": "2026-02-13T10:01:00+08:00",
        "closes_at": "2026-02-28T00:00:00+08:00",
        "minimum_closes_at": "2026-02-28T00:00:00+08:00",
        "received": 1,
    }


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"status": "open"}, True),
        ({"status": ["open", "closed"]}, True),
        ({"status": "closing_soon"}, False),
        ({"authority": "LC-ONE"}, True),
        ({"authority": ["LC-ONE", "LC-NONE"]}, True),
        ({"authority": "LC-NONE"}, False),
        ({"authority": "\x00"}, False),
        ({"authority": ""}, True),
        ({"subject": "transparency"}, True),
        ({"subject": "parks"}, False),
        ({"business_related": "false"}, True),
        ({"business_related": "no"}, True),
        ({"business_related": "true"}, False),
        ({"from": "2026-02-27", "to": "2026-02-27"}, True),
        ({"from": "2026-02-28"}, False),
        ({"to": "2026-02-26"}, False),
        ({"status": "open", "subject": "parks"}, False),
        ({"utm_source": "x"}, True),
    ],
)
def test_filters_all_hold_and_days_are_those_of_the_close(ask, parameters, found):
    with standing_at(FRIDAY):
        factories.announce(factories.team("LC-ONE"))
    assert ask(**parameters)["total"] == int(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "maybe"),
        ("business_related", "perhaps"),
        ("from", "yesterday"),
        ("to", "20260227"),
        ("page", "0"),
        ("size", "101"),
        ("lang", "xx"),
    ],
)
def test_a_bad_parameter_is_named_with_what_is_wrong(client, name, value):
    answer = client.get(LIST, {name: value})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [name]


def test_days_in_the_wrong_order_are_a_fault_of_both(client):
    answer = client.get(LIST, {"from": "2026-03-02", "to": "2026-03-01"})
    assert sorted(answer.json()["errors"]) == ["from", "to"]


def test_pages_count_from_one_and_beyond_the_last_there_is_nothing(ask, team):
    with standing_at(FRIDAY):
        slugs = [factories.announce(team).slug for _number in range(3)]
    pages = [ask(size=2, page=number) for number in (1, 2, 3, 10**30)]
    assert [line["slug"] for page in pages for line in page["results"]] == slugs[::-1]
    assert [page["total"] for page in pages] == [3, 3, 3, 3]


def test_an_address_without_its_slash_leads_to_the_list(client):
    answer = client.get("/api/v1/consultations?status=open")
    assert (answer.status_code, answer["Location"]) == (301, f"{LIST}?status=open")


# --- one consultation ---------------------------------------------------------------------------


def test_one_consultation_has_exactly_these_keys_and_moments(ask, announcement):
    found = ask(one(announcement))
    assert list(found) == [
        *LINE,
        "historic_record",
        "abstract",
        "explanation",
        "legal_bases",
        "shortening",
        "shortening_reason",
        "withdrawal",
        "minimums",
        "periods",
        "versions",
        "counts",
        "merkle_roots",
        "statement",
        "policy",
    ]
    assert found["opens_at"] == "2026-02-13T10:01:00+08:00"
    assert found["closes_at"] == found["minimum_closes_at"] == "2026-02-28T00:00:00+08:00"
    assert found["explanation"] == "近年来火灾多发，需要规范。"
    assert found["periods"] == [
        {
            "round": 1,
            "opens_at": "2026-02-13T10:01:00+08:00",
            "closes_at": "2026-02-28T00:00:00+08:00",
            "minimum_closes_at": "2026-02-28T00:00:00+08:00",
            "cause": "announcement",
        }
    ]
    assert found["merkle_roots"] == []
    assert (found["statement"], found["policy"]) == (None, None)


def test_a_minimum_is_shown_with_each_day_of_its_count(ask, announcement):
    minimum = ask(one(announcement))["minimums"][0]
    assert list(minimum) == [
        "instrument",
        "article",
        "days",
        "unit",
        "binding",
        "closes_at",
        "counted_days",
    ]
    assert (minimum["days"], minimum["unit"], minimum["binding"]) == (5, "working_days", True)
    assert minimum["closes_at"] == "2026-02-28T00:00:00+08:00"
    days = {day.pop("date"): day for day in minimum["counted_days"]}
    assert days["2026-02-14"] == {"kind": "make-up", "counts": True}
    assert days["2026-02-17"] == {"kind": "holiday", "counts": False}
    assert days["2026-02-27"] == {"kind": "working", "counts": True}
    assert sum(day["counts"] for day in days.values()) == 5


def test_a_version_has_its_clauses(ask, announcement):
    [version] = ask(one(announcement))["versions"]
    assert (version["version"], version["round"], version["change"]) == (1, 1, None)
    clauses = {clause["anchor"]: clause for clause in version["clauses"]}
    assert clauses["art-5"] == {
        "anchor": "art-5",
        "number": "第五条",
        "text": "充电服务费实行明码标价。",
    }


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        (at("2026-02-13", "10:00"), "scheduled"),
        (at("2026-02-13", "10:01"), "open"),
        (at("2026-02-24", "23:59"), "open"),
        (at("2026-02-25", "00:00"), "closing_soon"),
        (at("2026-02-27", "23:59"), "closing_soon"),
        (at("2026-02-28", "00:00"), "closed"),
    ],
)
def test_the_status_is_that_of_the_moment_in_every_answer(ask, announcement, moment, status):
    assert ask(one(announcement), moment)["status"] == status
    assert [line["status"] for line in ask(LIST, moment)["results"]] == [status]
    assert ask(LIST, moment, status=status)["total"] == 1


def test_no_answer_is_kept_while_the_status_changes(ask, announcement):
    for moment, status in [
        (at("2026-02-13", "10:00"), "scheduled"),
        (at("2026-02-13", "10:01"), "open"),
    ]:
        assert ask(one(announcement), moment)["status"] == status


def test_an_extension_shows_in_the_newest_moments_and_the_old_period_stays(ask, announcement, team):
    with standing_at(OPEN) as now:
        services.extend(
            announcement,
            closes_on=datetime.date(2026, 3, 6),
            reason="应企业要求",
            user=team.publisher,
            now=now,
        )
    found = ask(one(announcement))
    assert found["closes_at"] == "2026-03-07T00:00:00+08:00"
    assert found["minimum_closes_at"] == "2026-02-28T00:00:00+08:00"
    assert [period["cause"] for period in found["periods"]] == ["announcement", "extension"]
    assert found["periods"][0]["closes_at"] == "2026-02-28T00:00:00+08:00"


def test_a_withdrawn_one_stays_with_its_reason_and_its_comments(ask, announcement, team):
    publish(send(announcement), team)
    with standing_at(OPEN) as now:
        services.withdraw(announcement, reason="需要重新论证", user=team.publisher, now=now)
    found = ask(one(announcement))
    assert found["status"] == "withdrawn"
    assert found["withdrawal"] == {
        "withdrawn_at": "2026-02-20T12:00:00+08:00",
        "reason": "需要重新论证",
    }
    assert ask(LIST, status="withdrawn")["total"] == 1
    assert ask(one(announcement, "/comments"))["total"] == 1


def test_a_shortened_minimum_does_not_bind(ask, team):
    with standing_at(FRIDAY):
        announcement = factories.announce(
            team,
            business_related=True,
            shortening="emergency",
            shortening_reason="汛期临近",
        )
    found = ask(one(announcement))
    assert (found["shortening"], found["shortening_reason"]) == ("emergency", "汛期临近")
    binding = [m["closes_at"] for m in found["minimums"] if m["binding"]]
    assert found["minimum_closes_at"] == max(binding)


def test_counts_add_up_by_state_channel_clause_and_reason(ask, announcement, team):
    publish(send(announcement, clause="art-5"), team)
    send(announcement, clause="art-5", consent_publish=False)
    withheld = send(announcement, clause="art-4")
    services.moderate(
        [withheld], Verdict.WITHHOLD, reason="advertising", user=team.reviewer, now=OPEN
    )
    services.take_back(send(announcement), now=OPEN)
    send(announcement)
    letter = services.OffLine(ChannelKind.POST, datetime.date(2026, 2, 20), team.drafter)
    services.submit(announcement, services.Submission("来信"), now=OPEN, off_line=letter)
    assert ask(one(announcement))["counts"] == {
        "received": 6,
        "published": 1,
        "withheld": 3,
        "withdrawn": 1,
        "pending": 1,
        "by_channel": {"web": 5, "post": 1},
        "by_clause": {"art-5": 2, "art-4": 1, "": 3},
        "withheld_by_reason": {"no_consent": 2, "advertising": 1},
    }


def test_the_roots_are_there_once_the_round_is_sealed(ask, announcement):
    send(announcement)
    [root] = services.seal_due(AFTER)
    assert ask(one(announcement), AFTER)["merkle_roots"] == [
        {"round": 1, "batch": 1, "root": root.root}
    ]


def test_a_comment_follows_its_clause_or_stays_where_it_was_last(ask, announcement, team):
    followed = publish(send(announcement, "价格", clause="art-5"), team)
    stayed = publish(send(announcement, "楼道", clause="art-4"), team)
    with standing_at(OPEN):
        draft = factories.DRAFT.replace(
            "第四条 禁止在楼道内停放电动自行车或者为其充电。\n第五条 ", "第四条 "
        ).replace("第六条 ", "第五条 ")
        factories.change(announcement, team, Change.SUBSTANCE, draft=draft)
    later = at("2026-02-21")
    found = ask(one(announcement), later)
    assert found["counts"]["by_clause"] == {"art-4": 1, "art-4@1": 1}
    lines = {line["text"]: line for line in ask(one(announcement, "/comments"), later)["results"]}
    assert len(lines) == 2
    place = ("clause", "number", "clause_version", "version")
    assert [lines["价格"][key] for key in place] == ["art-4", "第四条", 2, 1]
    assert [lines["楼道"][key] for key in place] == ["art-4", "第四条", 1, 1]
    assert followed.clause_lineage != stayed.clause_lineage


@pytest.mark.parametrize("tail", ["", "/comments", "/comments.csv", "/comments.json"])
def test_what_is_not_announced_answers_like_what_never_was(client, team, tail):
    factories.consultation(team, slug="still-a-draft")
    never = client.get(f"{LIST}nothing-2026-1{tail}")
    assert never.status_code == 404
    assert list(never.json()["errors"]) == ["slug"]
    for slug in ("still-a-draft", "NOTHING"):
        answer = client.get(f"{LIST}{slug}{tail}")
        assert (answer.status_code, answer.content) == (404, never.content)
    for slug in ("nothing-2026-1%00", "征求意见", "a b"):
        assert client.get(f"{LIST}{slug}{tail}").status_code == 404


def test_answers_are_open_to_every_origin_and_carry_an_etag(client, announcement):
    for address in (LIST, one(announcement), one(announcement, "/comments")):
        answer = client.get(address)
        assert answer["Access-Control-Allow-Origin"] == "*"
        again = client.get(address, headers={"if-none-match": answer["ETag"]})
        assert again.status_code == 304
        head = client.head(address)
        assert (head.status_code, head.content) == (200, b"")
    assert client.head("/api/v1/consultations.csv").status_code == 200


@pytest.mark.parametrize(("code", "title"), [("en", "Parking of e-bikes"), ("de", "电动自行车")])
def test_titles_and_addresses_are_in_the_language_asked_for(ask, team, code, title):
    with standing_at(FRIDAY):
        announcement = factories.announce(
            team,
            headline_en="Parking of e-bikes",
            translation_ready_en=True,
            headline_de="Noch nicht fertig",
        )
    for line in (ask(lang=code)["results"][0], ask(one(announcement), lang=code)):
        assert line["title"].startswith(title)
        assert line["url"] == f"/{code}/consultations/{announcement.slug}/"


# --- published comments -------------------------------------------------------------------------


def test_a_published_comment_has_exactly_these_keys(ask, announcement, team):
    comment = publish(
        send(announcement, clause="art-5", represents="澜川市骑行协会", language="en"), team
    )
    answer = ask(one(announcement, "/comments"))
    assert list(answer) == ["total", "page", "size", "results"]
    [line] = answer["results"]
    assert len(line["id"]) == 16
    assert str(comment.pk) != line.pop("id")
    assert line == {
        "clause": "art-5",
        "number": "第五条",
        "clause_version": 1,
        "version": 1,
        "round": 1,
        "text": "建议增设充电桩。",
        "represents": "澜川市骑行协会",
        "channel": "web",
        "language": "en",
        "received_at": "2026-02-20T12:00:00+08:00",
        "attachments": [],
    }


def attach(comment, scan):
    return CommentAttachment.objects.create(
        comment=comment,
        file=f"comments/2026/02/{scan}.pdf",
        name="周卫国的意见.pdf",
        kind="pdf",
        size=10,
        sha256=scan.ljust(64, "0"),
        scan=scan,
    )


def test_attachments_are_named_without_their_authors_name_and_only_if_scanned(
    ask, announcement, team
):
    comment = publish(send(announcement), team)
    shown = [attach(comment, scan) for scan in ("clean", "off")]
    attach(comment, "waiting")
    answer = ask(one(announcement, "/comments"))
    [line] = answer["results"]
    assert [item["sha256"] for item in line["attachments"]] == [item.sha256 for item in shown]
    assert sorted(line["attachments"][0]) == ["kind", "sha256", "size", "url"]
    assert "周卫国" not in json.dumps(answer, ensure_ascii=False)


def hidden_comments(announcement, team):
    """One comment in each of the states in which it is shown nowhere; each says 秘密."""
    contact = {"name": "周卫国", "email": "zhou@example.com", "phone": "13800000000"}
    send(announcement, "秘密一：没有同意", consent_publish=False, represents="秘密协会")
    send(announcement, "秘密二：等待处理", represents="秘密协会", **contact)
    withheld = send(announcement, "秘密三：没有公布", represents="秘密协会")
    services.moderate([withheld], Verdict.WITHHOLD, reason="abusive", user=team.reviewer, now=OPEN)
    services.take_back(publish(send(announcement, "秘密四：已经撤回"), team), now=OPEN)
    amended = publish(send(announcement, "秘密五：改之前"), team)
    values: Any = {"represents": "秘密协会", "now": OPEN}
    services.amend(amended, text="秘密五：改之后", consent_publish=True, **values)
    regretted = publish(send(announcement, "秘密六：同意之前"), team)
    services.amend(regretted, text="秘密六：不再同意", consent_publish=False, **values)
    publish(send(announcement, "公开的意见", **contact), team)


def test_what_may_not_be_shown_is_in_no_answer_download_feed_or_search(client, announcement, team):
    hidden_comments(announcement, team)
    outbox.drain(OPEN)
    search.rebuild()
    addresses = [
        LIST,
        one(announcement),
        one(announcement, "/comments"),
        one(announcement, "/comments?size=100&lang=en"),
        one(announcement, "/comments.csv"),
        one(announcement, "/comments.json"),
        "/api/v1/consultations.csv",
        "/api/v1/consultations.json",
        "/api/v1/search?q=秘密",
        "/api/v1/search?q=秘密协会&type=consultation",
        "/api/v1/search?q=公开的意见",
        "/api/v1/suggest?q=秘密",
        "/policies/?q=秘密",
        "/policies/feed/",
        "/policies/feed/?q=秘密",
        "/consultations/feed/",
        "/consultations/calendar.ics",
        "/sitemap.xml",
    ]
    said = ""
    with standing_at(OPEN):
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200, address
            body = b"".join(answer) if answer.streaming else answer.content
            words = body.decode().replace("\\u", "\\\\u")
            # The words that were searched for stand in the page that was asked for them.
            if "q=" not in address:
                assert "秘密" not in words, address
            for shown_nowhere in ("没有同意", "等待处理", "没有公布", "改之", "不再同意", "周卫国"):
                assert shown_nowhere not in words, address
            for contact in ("zhou@example", "13800000000"):
                assert contact not in words, address
            said += words
        assert client.get("/api/v1/search?q=公开的意见").json()["total"] == 0
    assert "公开的意见" in said
    assert Comment.objects.count() == 7


# --- downloads ----------------------------------------------------------------------------------


def test_the_list_is_downloaded_whole_with_its_filters(client, team):
    with standing_at(FRIDAY):
        slugs = {factories.announce(team).slug for _number in range(3)}
    text, answer = content(client, "/api/v1/consultations.json")
    rows = json.loads(text)
    assert answer["Content-Disposition"] == 'attachment; filename="consultations.json"'
    assert {row["slug"] for row in rows} == slugs
    assert list(rows[0]) == LINE
    assert rows[0]["closes_at"] == "2026-02-28T00:00:00+08:00"
    text, answer = content(client, "/api/v1/consultations.csv?status=open")
    table = list(csv.DictReader(io.StringIO(text)))
    assert list(table[0]) == LINE
    assert {row["slug"] for row in table} == slugs
    assert table[0]["closes_at"] == "2026-02-28T00:00:00+08:00"
    assert table[0]["authorities"] == team.organisation.name_on(None, "zh-hans")
    assert json.loads(content(client, "/api/v1/consultations.json?status=closed")[0]) == []


def test_published_comments_are_downloaded_and_no_cell_is_a_formula(client, announcement, team):
    publish(send(announcement, '=HYPERLINK("http://evil.example")', represents="@协会"), team)
    publish(send(announcement, "第一行\n第二行，“引号”"), team)
    text, _answer = content(client, one(announcement, "/comments.csv"))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["text"] for row in rows] == [
        '\'=HYPERLINK("http://evil.example")',
        "第一行\n第二行，“引号”",
    ]
    assert rows[0]["represents"] == "'@协会"
    text, _answer = content(client, one(announcement, "/comments.json"))
    assert [row["text"] for row in json.loads(text)] == [
        '=HYPERLINK("http://evil.example")',
        "第一行\n第二行，“引号”",
    ]


# --- queries ------------------------------------------------------------------------------------


def test_no_answer_asks_more_queries_the_longer_it_is(client, announcement, team):
    addresses = [LIST, one(announcement), one(announcement, "/comments")]

    def counted():
        freshness.bump()
        found = []
        for address in addresses:
            with standing_at(OPEN), CaptureQueriesContext(connection) as asked:
                assert client.get(address).status_code == 200
            found.append(len(asked))
            if address == LIST:
                for query in asked:
                    for wide in ('"draft"', '"explanation"', '"text"', '"minimums"'):
                        assert wide not in query["sql"]
        return found

    publish(send(announcement, clause="art-5"), team)
    few = counted()
    with standing_at(FRIDAY):
        for _number in range(4):
            factories.announce(team)
    for clause in ("art-1", "art-4", "art-5", ""):
        attach(publish(send(announcement, clause=clause), team), "clean")
    assert counted() == few
    assert max(few) <= 25


def test_every_address_is_described_with_its_parameters_and_answers(client):
    described = client.get("/api/openapi.json").json()["paths"]
    stated = {
        path.removeprefix("/api/v1/consultations"): (
            {parameter["name"] for parameter in methods["get"]["parameters"]},
            set(methods["get"]["responses"]),
        )
        for path, methods in described.items()
        if path.startswith("/api/v1/consultations")
    }
    filters = {"status", "authority", "subject", "business_related", "from", "to", "lang"}
    assert stated == {
        "/": (filters | {"page", "size"}, {"200", "422"}),
        ".csv": (filters, {"200", "422"}),
        ".json": (filters, {"200", "422"}),
        "/{slug}": ({"slug", "lang"}, {"200", "404", "422"}),
        "/{slug}/comments": ({"slug", "page", "size", "lang"}, {"200", "404", "422"}),
        "/{slug}/comments.csv": ({"slug", "lang"}, {"200", "404", "422"}),
        "/{slug}/comments.json": ({"slug", "lang"}, {"200", "404", "422"}),
        "/{slug}/opinions": ({"slug", "page", "size", "lang"}, {"200", "404", "422"}),
        "/{slug}/opinions.csv": ({"slug", "lang"}, {"200", "404", "422"}),
        "/{slug}/opinions.json": ({"slug", "lang"}, {"200", "404", "422"}),
    }
