"""Consultations in the search: titles, drafts and explanations, with the status of the moment."""

import pytest
from django.core.management import call_command

from consultations import services
from consultations.enums import Change, Verdict
from outbox import services as outbox
from search import services as search
from tests import factories
from tests.clock import at, standing_at
from tests.consultations.conftest import FRIDAY

pytestmark = pytest.mark.django_db

OPEN = at("2026-02-20", "12:00")


@pytest.fixture(autouse=True)
def _own_index(settings, tmp_path):
    settings.SEARCH_DIR = tmp_path / "search"
    running = search.engine()
    yield
    running.close()


@pytest.fixture
def ask(client):
    def asked(address="/api/v1/search", moment=OPEN, **parameters):
        outbox.drain(moment)
        with standing_at(moment):
            answer = client.get(address, parameters)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return asked


@pytest.fixture
def translated(team):
    with standing_at(FRIDAY):
        return factories.announce(
            team,
            title="电动自行车停放和充电管理办法（征求意见稿）",
            abstract_zh_hans="规定在哪里停放和充电。",
            headline_en="Measures for e-bike parking",
            abstract_en="Where to park and charge.",
            translation_ready_en=True,
        )


@pytest.mark.parametrize(
    "typed",
    [
        "电动自行车停放和充电管理办法（征求意见稿）",
        "电动自行车停放",
        "電動自行車停放",
        "明码标价",
        "一层架空层",
        "近年来火灾多发",
        "规定在哪里停放",
        "e-bike parking",
    ],
)
def test_title_abstract_draft_and_explanation_find_it(ask, translated, typed):
    for parameters in ({}, {"type": "consultation"}):
        [line] = ask(q=typed, **parameters)["results"]
        assert line["url"] == f"/consultations/{translated.slug}/"


def test_a_result_has_what_every_result_has_and_its_moments(ask, translated, team):
    [line] = ask(q="明码标价", lang="en")["results"]
    assert "<mark>明码标价</mark>" in line.pop("snippet")
    assert line == {
        "source_id": None,
        "index_number": None,
        "type": "consultation",
        "title": "Measures for e-bike parking",
        "url": f"/en/consultations/{translated.slug}/",
        "document_numbers": [],
        "issuers": [team.organisation.name_on(None, "en")],
        "issued_on": "2026-02-13",
        "released_at": "2026-02-13T10:00:00+08:00",
        "validity": None,
        "status": "open",
        "opens_at": "2026-02-13T10:01:00+08:00",
        "closes_at": "2026-02-28T00:00:00+08:00",
    }


def test_the_status_in_a_result_is_that_of_the_moment(ask, translated, client):
    for moment, status, word in [
        (at("2026-02-24", "23:59"), "open", "Open for comments"),
        (at("2026-02-25", "00:00"), "closing_soon", "Closing soon"),
        (at("2026-02-27", "23:59"), "closing_soon", "Closing soon"),
        (at("2026-02-28", "00:00"), "closed", "Closed"),
    ]:
        [line] = ask(moment=moment, q="明码标价")["results"]
        assert line["status"] == status
        with standing_at(moment):
            assert word in client.get("/en/policies/?q=明码标价").content.decode()


def test_facets_are_authority_and_subject_and_days_are_of_the_announcement(ask, translated, team):
    code = team.organisation.code
    assert ask(issuer=code, subject="transparency")["total"] == 1
    assert ask(**{"from": "2026-02-13", "to": "2026-02-13"})["total"] == 1
    assert ask(**{"from": "2026-02-14"})["total"] == 0
    assert ask(validity="in_force")["total"] == 0
    assert ask(type=["policy", "interpretation"])["total"] == 0
    facets = ask()["facets"]
    assert [(value["value"], value["count"]) for value in facets["issuer"]] == [(code, 1)]
    assert [value["label"] for value in facets["subject"]] == ["政务公开"]
    assert facets["audience"] == facets["kind"] == facets["validity"] == []


def test_the_library_shows_what_it_found_among_consultations(client, translated):
    outbox.drain(OPEN)
    with standing_at(OPEN):
        found = client.get("/policies/?q=明码标价").content.decode()
        assert f'href="/consultations/{translated.slug}/"' in found
        assert 'id="consultations"' in found
        for address in (
            "/policies/",
            "/policies/?q=没有这样的东西",
            "/policies/?q=充电&kind=notice",
        ):
            assert 'id="consultations"' not in client.get(address).content.decode(), address


def test_a_suggestion_leads_to_it(ask, translated, client):
    [suggestion] = [
        found
        for found in ask("/api/v1/suggest", q="电动自行车停")["suggestions"]
        if found["type"] == "title"
    ]
    with standing_at(OPEN):
        assert translated.slug in client.get(suggestion["url"]).content.decode()


def test_a_draft_that_is_not_announced_is_not_found(ask, team):
    factories.consultation(team, "尚未公布的秘密（征求意见稿）")
    search.rebuild()
    assert ask(q="尚未公布的秘密")["total"] == 0


def test_a_new_draft_is_found_and_the_old_words_are_not(ask, translated, team):
    with standing_at(OPEN):
        draft = factories.DRAFT.replace("明码标价", "政府指导价")
        factories.change(translated, team, Change.SUBSTANCE, draft=draft)
    assert ask(q='"政府指导价"')["total"] == 1
    assert ask(q='"明码标价"')["total"] == 0


def test_a_withdrawn_one_is_found_as_withdrawn(ask, translated, team):
    with standing_at(OPEN) as now:
        services.withdraw(translated, reason="需要重新论证", user=team.publisher, now=now)
    [line] = ask(q="明码标价")["results"]
    assert line["status"] == "withdrawn"


def test_published_comments_are_not_in_the_index(ask, translated, team):
    sent = services.Submission(text="独一无二的意见", consent_publish=True)
    comment = services.submit(translated, sent, now=OPEN).comment
    services.moderate([comment], Verdict.PUBLISH, user=team.reviewer, now=OPEN)
    assert ask(q="独一无二的意见")["total"] == 0


def test_index_and_database_agree_after_a_rebuild_and_a_difference_is_found(
    translated, team, capsys
):
    call_command("rebuild_search")
    assert f"consultation:{translated.page_id}" in search.engine().keys_with_versions()
    call_command("check_search")
    with standing_at(FRIDAY):
        other = factories.announce(team)
    assert search.check().missing == (f"consultation:{other.page_id}",)
    outbox.drain(OPEN)
    assert not search.check()
