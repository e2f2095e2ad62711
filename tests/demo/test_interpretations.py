"""The interpretations of the demo city: complete, safe to show, and equal in words and picture."""

import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from django.conf import settings

import demo

DATA = Path(demo.__file__).parent / "data"
PICTURES = DATA / "pictures"
INTERPRETATIONS = json.loads((DATA / "interpretations.json").read_text(encoding="utf-8"))
POLICIES = {
    policy["slug"]: policy
    for policy in json.loads((DATA / "policies.json").read_text(encoding="utf-8"))
}
PICTURE_BLOCKS = [
    block for item in INTERPRETATIONS for block in item["body"] if block["type"] == "picture"
]
ALL_LANGUAGES = {code for code, _name in settings.LANGUAGES}
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {SVG + name for name in ("svg", "title", "desc", "rect", "line", "circle", "path", "text")}
SIMPLE_HTML = {"h3", "p", "ul", "ol", "li", "b"}

each_interpretation = pytest.mark.parametrize(
    "item", INTERPRETATIONS, ids=[item["slug"] for item in INTERPRETATIONS]
)
each_picture = pytest.mark.parametrize(
    "block", PICTURE_BLOCKS, ids=[block["file"] for block in PICTURE_BLOCKS]
)


def drawing(block: dict[str, str]) -> ET.Element:
    return ET.fromstring((PICTURES / block["file"]).read_text(encoding="utf-8"))


class Tags(HTMLParser):
    """Collects the tags and refuses what is not closed in order."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert attrs == []
        self.seen.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_there_are_twenty_interpretations_of_four_kinds_and_twelve_pictures() -> None:
    assert len(INTERPRETATIONS) >= 20
    assert len({block["file"] for block in PICTURE_BLOCKS}) >= 12
    assert {item["kind"] for item in INTERPRETATIONS} == {"text", "picture", "questions", "expert"}


def test_exactly_the_policies_marked_as_interpreted_are_interpreted() -> None:
    interpreted = {slug for slug, policy in POLICIES.items() if policy["interpreted"]}
    assert {item["policy"] for item in INTERPRETATIONS} == interpreted


def test_slugs_are_given_once() -> None:
    slugs = [item["slug"] for item in INTERPRETATIONS]
    assert len(slugs) == len(set(slugs))


@each_interpretation
def test_it_is_signed_by_somebody_and_not_before_its_policy_is_issued(item) -> None:
    assert item["speaker"]
    issued_on = date.fromisoformat(POLICIES[item["policy"]]["issued_on"])
    assert date.fromisoformat(item["signed_on"]) >= issued_on


@each_interpretation
def test_it_speaks_the_languages_of_its_policy_and_always_chinese_and_english(item) -> None:
    nine = set(POLICIES[item["policy"]]["title"]) == ALL_LANGUAGES
    expected = ALL_LANGUAGES if nine else {"zh-hans", "en"}
    assert set(item["title"]) == set(item["abstract"]) == expected
    assert all(item["title"].values())
    assert all(item["abstract"].values())
    assert len(set(item["title"].values())) == len(expected)


@each_interpretation
def test_its_body_has_what_its_kind_promises_in_simple_html(item) -> None:
    types = [block["type"] for block in item["body"]]
    promised = {"picture": "picture", "questions": "question"}.get(item["kind"], "text")
    assert promised in types
    for block in item["body"]:
        markup = block.get("value") or block.get("answer")
        if markup is not None:
            assert Tags(markup).seen <= SIMPLE_HTML


def test_every_picture_belongs_to_an_interpretation() -> None:
    assert {path.name for path in PICTURES.iterdir()} == {block["file"] for block in PICTURE_BLOCKS}


@each_picture
def test_a_picture_is_only_drawn_and_refers_to_nothing_outside(block) -> None:
    source = (PICTURES / block["file"]).read_text(encoding="utf-8")
    assert not re.search(r"href|url\(|@import|<style|<script|<!|\son\w+=|\sstyle=|data:", source)
    assert source.count("http") == 1  # the namespace
    elements = list(drawing(block).iter())
    assert {element.tag for element in elements} <= DRAWN


@each_picture
def test_a_picture_has_a_name_a_description_and_a_size(block) -> None:
    root = drawing(block)
    for name in ("title", "desc"):
        element = root.find(SVG + name)
        assert element is not None
        assert element.text
    assert root.attrib["viewBox"] == f"0 0 1200 {root.attrib['height']}"


@each_picture
def test_the_alternative_says_every_figure_that_the_picture_shows(block) -> None:
    assert len(block["alternative"]) > 400
    shown = " ".join(element.text or "" for element in drawing(block).iter(SVG + "text"))
    figures = set(re.findall(r"\d{2,}(?:\.\d+)?", shown.replace(":00", "")))
    assert {figure for figure in figures if figure not in block["alternative"]} == set()
