"""Statements as open data: everything once they are public, and nothing before."""

import csv
import io
import json

import pytest
from django.utils import timezone

from consultations import services
from consultations.enums import Disposition, StatementKind
from tests import answering, clock
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

OPINION = {
    "id": "YJ-001",
    "text": "写明门厅和通道。",
    "people": 2,
    "comments": 2,
    "arguments": 2,
    "concentrated": True,
    "disposition": "adopted",
    "reason": "门厅和通道起火同样危险，已在第四条写明。",
    "changed_clauses": ["art-4"],
    "removed_clauses": [],
}


@pytest.fixture
def bureau():
    return make.team("LC-BG")


@pytest.fixture
def decided(bureau):
    """A closed consultation, its draft policy, and an opinion on each of two subjects."""
    with clock.standing_at(clock.at(answering.OPENS)):
        announcement = make.announce(bureau)
    with clock.standing_at(clock.at("2026-03-04")):
        first = [answering.comment(announcement, f"写明门厅。{n}", clause="art-4") for n in (1, 2)]
        second = answering.comment(announcement, "充电服务费太高。")
    with clock.standing_at(clock.at(answering.CLOSED)):
        page = answering.policy(bureau, announcement)
        answering.read_all(announcement, bureau.drafter)
        answering.opinion(announcement, first, bureau.drafter)
        answering.opinion(
            announcement,
            [second],
            bureau.drafter,
            text="=降低充电服务费。",
            disposition=Disposition.NOT_ADOPTED,
            reason="充电服务费由市场形成，本办法只要求明码标价。",
        )
        yield announcement, page


def ask(client, path, status=200, **asked):
    answer = client.get(f"/api/v1/consultations/{path}", asked)
    assert answer.status_code == status
    assert status != 200 or answer["Cache-Control"] == "no-cache"
    return answer.json()


def file_of(client, path):
    return b"".join(client.get(f"/api/v1/consultations/{path}").streaming_content).decode()


def test_a_public_statement_tells_totals_opinions_and_policy(client, bureau, decided):
    announcement, page = decided
    answering.sign(announcement, bureau)
    page = make.review(page, bureau)
    found = ask(client, announcement.slug)
    said = found["statement"]
    assert found["status"] == "answered"
    assert said["signed_on"] == answering.CLOSED
    assert said["url"] == f"/consultations/{announcement.slug}/statement/"
    assert client.get(said["url"]).status_code == 200
    assert said["totals"] == found["counts"]
    assert said["totals"]["by_clause"] == {"art-4": 2, "": 1}
    assert said["opinions"][0] == OPINION
    assert found["policy"] == {
        "index_number": page.release.index_number,
        "url": page.release.get_absolute_url(),
    }
    assert (said["kind"], said["round"], said["corrects"]) == ("adoption", 1, None)


@pytest.mark.parametrize("signed", [False, True], ids=["decided", "signed"])
def test_nothing_shows_before_the_release(client, bureau, decided, signed):
    announcement, _page = decided
    if signed:
        answering.sign(announcement, bureau)
    answer = client.get(f"/api/v1/consultations/{announcement.slug}")
    found = answer.json()
    assert (found["status"], found["statement"], found["policy"]) == ("closed", None, None)
    assert "写明门厅和通道" not in answer.content.decode()
    for path in ("opinions", "opinions.csv", "opinions.json"):
        hidden = client.get(f"/api/v1/consultations/{announcement.slug}/{path}")
        assert hidden.status_code == 404
        unknown = client.get(f"/api/v1/consultations/lc-xx-2026-1/{path}")
        assert hidden.content == unknown.content


def test_opinions_come_in_pages_and_as_files(client, bureau, decided):
    announcement, page = decided
    answering.sign(announcement, bureau)
    make.review(page, bureau)
    path = f"{announcement.slug}/opinions"
    found = ask(client, path, size=1)
    assert (found["total"], found["page"], found["size"]) == (2, 1, 1)
    assert found["results"] == [OPINION]
    assert ask(client, path, page=9)["results"] == []
    assert list(ask(client, path, 422, size=101)["errors"]) == ["size"]
    rows = list(csv.DictReader(io.StringIO(file_of(client, f"{path}.csv").removeprefix("\ufeff"))))
    assert [row["id"] for row in rows] == ["YJ-001", "YJ-002"]
    assert rows[1]["text"] == "'=降低充电服务费。"
    assert json.loads(file_of(client, f"{path}.json"))[0] == OPINION


def test_a_correction_replaces_what_is_shown_and_names_what_it_corrects(client, bureau, decided):
    announcement, page = decided
    answering.sign(announcement, bureau)
    make.review(page, bureau)
    opinion = announcement.opinions.get(number=2)
    now = timezone.now()
    services.decide(
        opinion,
        Disposition.OUT_OF_SCOPE,
        reason="价格由价格主管部门规定，不在本办法的范围内。",
        user=bureau.drafter,
        now=now,
    )
    assert ask(client, announcement.slug)["statement"]["opinions"][1]["disposition"] == (
        "not_adopted"
    )
    services.write(
        announcement,
        kind=StatementKind.ADOPTION,
        words="",
        correction_reason="第二条意见的处理有误。",
        user=bureau.drafter,
        now=now,
    )
    answering.sign(announcement, bureau)
    said = ask(client, announcement.slug)["statement"]
    assert said["opinions"][1]["disposition"] == "out_of_scope"
    assert said["correction_reason"] == "第二条意见的处理有误。"
    assert client.get(said["corrects"]).status_code == 200
    assert ask(client, f"{announcement.slug}/opinions")["results"] == said["opinions"]


def test_an_abandoned_draft_has_a_statement_and_no_policy(client, bureau):
    with clock.standing_at(clock.at(answering.OPENS)):
        announcement = make.announce(bureau)
    with clock.standing_at(clock.at("2026-03-04")) as now:
        answering.comment(announcement)
        services.withdraw(announcement, reason="另行起草", user=bureau.publisher, now=now)
        answering.read_all(announcement, bureau.drafter)
        assert ask(client, announcement.slug)["status"] == "withdrawn"
        services.write(
            announcement,
            kind=StatementKind.CLOSING,
            words="另行起草，不再制定本办法。",
            user=bureau.drafter,
            now=now,
        )
        answering.sign(announcement, bureau)
        found = ask(client, announcement.slug)
        listed = ask(client, "?status=abandoned")
    assert found["status"] == "abandoned"
    assert (found["statement"]["kind"], found["policy"]) == ("closing", None)
    assert found["statement"]["words"] == "另行起草，不再制定本办法。"
    assert found["statement"]["opinions"] == []
    assert [line["slug"] for line in listed["results"]] == [announcement.slug]
