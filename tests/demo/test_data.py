"""The demo city's own files: complete, consistent with one another, and in all languages named."""

import datetime
import graphlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from legaltext.order import unbroken
from legaltext.parser import parse

DATA = Path(__file__).parents[2] / "site" / "demo" / "data"
LANGUAGES = {"zh-hans", "en", "ko", "ja", "de", "fr", "es", "ru", "ar"}
TODAY = datetime.date(2026, 11, 22)
THIS_WEEK = datetime.date(2026, 11, 16)
EFFECTS = {"amends", "repeals", "partly_repeals", "replaces", "suspends", "extends", "corrects"}
RELATIONS = {"based_on", "implements", "supports", "cites"}
CITED = re.compile(r"《([^《》]+)》（([^（）]+号)）")
SCRIPTS = {"ko": "[가-힣]", "ja": "[ぁ-んァ-ヶ]", "ru": "[а-яё]", "ar": "[\u0621-\u064a]"}


def _read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


ORGANISATIONS: dict[str, dict[str, Any]] = {o["code"]: o for o in _read("organisations.json")}
POLICIES: dict[str, dict[str, Any]] = {p["slug"]: p for p in _read("policies.json")}
TERMS = _read("terms.json")
every_policy = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)


def _body(policy: dict[str, Any]) -> str:
    return (DATA / "policies" / f"{policy['slug']}.txt").read_text(encoding="utf-8")


def _day(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _links() -> list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    return [
        (policy, link, POLICIES[link["target"]])
        for policy in POLICIES.values()
        for link in [*policy["effects"], *policy["relations"]]
    ]


def _name_of_the_day(code: str, day: str) -> str:
    names = ORGANISATIONS[code]["names"]
    return str([n["name"]["zh-hans"] for n in names if (n["from"] or "") <= day][-1])


def test_the_city_has_organisations_on_three_levels() -> None:
    levels = [organisation["level"] for organisation in ORGANISATIONS.values()]
    assert len(levels) >= 12
    assert {"city", "district", "town"} <= set(levels)


def test_organisations_are_named_in_all_languages_and_stand_below_ones_listed_before() -> None:
    listed: set[str] = set()
    for code, organisation in ORGANISATIONS.items():
        assert re.fullmatch(r"[A-Z0-9-]+", code)
        assert organisation["parent"] is None or organisation["parent"] in listed
        assert {s["code"] for s in organisation["successors"]} <= ORGANISATIONS.keys()
        assert organisation["names"][0]["from"] is None
        for name in organisation["names"]:
            assert name["name"].keys() == LANGUAGES
            assert {"zh-hans", "en"} <= name["short"].keys()
        listed.add(code)


def test_some_organisation_was_renamed_and_some_was_merged() -> None:
    assert any(len(organisation["names"]) > 1 for organisation in ORGANISATIONS.values())
    assert any(organisation["successors"] for organisation in ORGANISATIONS.values())


@pytest.mark.parametrize("kind", ["subjects", "audiences", "territories"])
def test_terms_have_keys_of_their_own_and_names_in_all_languages(kind: str) -> None:
    keys = [term["key"] for term in TERMS[kind]]
    assert len(keys) == len(set(keys))
    for term in TERMS[kind]:
        assert re.fullmatch(r"[a-z0-9-]+", term["key"])
        assert term["name"].keys() == LANGUAGES


def test_every_subject_has_a_policy() -> None:
    assert {t["key"] for t in TERMS["subjects"]} == {p["subject"] for p in POLICIES.values()}


def test_there_are_fifty_policies_of_most_kinds_and_each_has_its_text() -> None:
    assert len(POLICIES) == len(_read("policies.json")) == 50
    assert len({policy["kind"] for policy in POLICIES.values()}) >= 15
    assert {path.stem for path in (DATA / "policies").glob("*.txt")} == POLICIES.keys()


def test_twenty_policies_are_interpreted_and_the_others_say_why_not_and_until_when() -> None:
    waivers = [p["no_interpretation"] for p in POLICIES.values() if not p["interpreted"]]
    assert len(POLICIES) - len(waivers) == 20
    assert all(waiver["reason"] for waiver in waivers)
    assert any(datetime.date.fromisoformat(w["due_on"]) < TODAY for w in waivers)
    assert not any(p["no_interpretation"] for p in POLICIES.values() if p["interpreted"])


def test_twenty_policies_are_in_english_and_five_in_all_languages() -> None:
    languages = [policy["title"].keys() for policy in POLICIES.values()]
    assert sum("en" in named for named in languages) >= 20
    assert sum(named == LANGUAGES for named in languages) >= 5


def test_some_policies_are_new_this_week_and_some_take_effect_later() -> None:
    issued = [_day(policy["issued_on"]) for policy in POLICIES.values()]
    effective = [_day(policy["effective_on"]) for policy in POLICIES.values()]
    assert sum(day is not None and THIS_WEEK <= day <= TODAY for day in issued) >= 4
    assert sum(day is not None and day > TODAY for day in effective) >= 2


def test_no_two_policies_share_a_number() -> None:
    numbers = [number for policy in POLICIES.values() for number in policy["numbers"]]
    assert len(numbers) == len(set(numbers))


@every_policy
def test_a_policy_names_organisations_and_terms_that_exist(policy: dict[str, Any]) -> None:
    assert {policy["owner"], *policy["issuers"]} <= ORGANISATIONS.keys()
    assert policy["subject"] in {term["key"] for term in TERMS["subjects"]}
    assert set(policy["audiences"]) <= {term["key"] for term in TERMS["audiences"]}
    assert policy["territory"] in {term["key"] for term in TERMS["territories"]}


@every_policy
def test_a_policy_is_adopted_then_issued_then_in_force(policy: dict[str, Any]) -> None:
    days = [policy[f"{name}_on"] for name in ("adopted", "issued", "effective", "expires")]
    stated = [day for day in days if day]
    assert stated == sorted(stated)
    issued = datetime.date.fromisoformat(policy["issued_on"])
    assert issued <= TODAY
    assert issued.weekday() < 5


@every_policy
def test_a_translation_has_title_and_abstract_and_is_in_its_own_script(
    policy: dict[str, Any],
) -> None:
    assert policy["title"].keys() == policy["abstract"].keys()
    assert policy["title"].keys() <= LANGUAGES
    for language, script in SCRIPTS.items():
        if language in policy["title"]:
            assert re.search(script, policy["abstract"][language])


@every_policy
def test_a_body_is_long_enough_and_its_articles_run_on(policy: dict[str, Any]) -> None:
    body = _body(policy)
    assert 350 <= len(body) <= 9000
    assert unbroken(parse(body))


def test_many_policies_are_written_in_articles() -> None:
    counts = [len(parse(_body(policy)).articles()) for policy in POLICIES.values()]
    assert sum(count >= 12 for count in counts) >= 15


def test_bodies_are_signed_by_their_issuers_under_their_names_of_that_day() -> None:
    for policy in POLICIES.values():
        if policy["kind"] in {"local_regulation", "resolution"}:
            continue  # promulgated by an announcement, not signed
        day = datetime.date.fromisoformat(policy["issued_on"])
        body = _body(policy)
        assert f"{day.year}年{day.month}月{day.day}日" in body, policy["slug"]
        for code in policy["issuers"]:
            assert _name_of_the_day(code, policy["issued_on"]) in body, policy["slug"]


@every_policy
def test_a_policy_cited_with_its_number_is_cited_by_its_title(policy: dict[str, Any]) -> None:
    titles = {n: p["title"]["zh-hans"] for p in POLICIES.values() for n in p["numbers"]}
    for title, number in CITED.findall(_body(policy)):
        assert titles.get(number, title).endswith(title)


def test_links_name_known_kinds_and_point_to_older_policies() -> None:
    for policy, link, target in _links():
        assert link["kind"] in EFFECTS | RELATIONS
        assert target["issued_on"] <= policy["issued_on"]
        assert target is not policy


def test_all_kinds_of_effect_and_relation_occur() -> None:
    assert {link["kind"] for _, link, _ in _links()} == EFFECTS | RELATIONS


def test_no_policy_acts_on_itself_by_way_of_others() -> None:
    graph = {p["slug"]: {e["target"] for e in p["effects"]} for p in POLICIES.values()}
    graphlib.TopologicalSorter(graph).prepare()


def test_an_effect_names_provisions_of_its_target_and_begins_once_its_policy_is_issued() -> None:
    for policy, link, target in _links():
        if "provisions" in link:
            assert set(link["provisions"]) <= parse(_body(target)).anchors().keys()
            assert link["effective_on"] >= policy["issued_on"]
            assert link["until_on"] is None or link["until_on"] > link["effective_on"]
            assert link["until_on"] is not None or link["kind"] not in {"suspends", "extends"}


def test_a_body_names_what_its_policy_acts_on_or_rests_on() -> None:
    for policy, _, target in _links():
        if policy["kind"] == "local_regulation":
            continue  # a regulation never cites the motion that it came from
        title = re.sub(r"^.*?(?=关于)", "", target["title"]["zh-hans"])
        assert title.removeprefix("澜川市人民政府") in _body(policy), (policy["slug"], title)


def test_people_have_roles_in_known_organisations_and_one_is_the_administrator() -> None:
    people = _read("people.json")
    assert len({person["username"] for person in people}) == len(people)
    assert {person["organisation"] for person in people} <= ORGANISATIONS.keys()
    assert [p["role"] for p in people].count("administrator") == 1
    staffed = {
        code
        for code in ORGANISATIONS
        if {"drafter", "reviewer", "publisher"}
        <= {p["role"] for p in people if p["organisation"] == code}
    }
    assert "LC-ZJ" in staffed
    assert len(staffed) >= 4
