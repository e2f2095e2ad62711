"""The open catalogue: every public document by organisation, kind and year, without search."""

import html
import re

import pytest

from multilingual.languages import CODES
from policies.models import PolicyPage

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

CATALOGUE = "/policies/catalogue/"


class Register:
    def __init__(self, response):
        assert response.status_code == 200
        self.text = response.content.decode()
        self.numbers = re.findall(
            r'<td role="cell" class="gk-num gk-nb"><bdi>([^<]+)</bdi>', self.text
        )
        (heading,) = re.findall(r'<h2 id="rh"[^>]*>(.*?)</h2>', self.text, re.DOTALL)
        self.total = int(re.findall(r"\d+", heading)[0])

    def counts(self):
        """Every value of every choice with its count, as the form offers it."""
        selects = re.findall(r'<select[^>]*name="(\w+)".*?</select>', self.text, re.DOTALL)
        found = []
        for name in selects:
            (form,) = re.findall(rf'<select[^>]*name="{name}".*?</select>', self.text, re.DOTALL)
            options = re.findall(r'<option value="([^"]+)"[^>]*>[^<]*\((\d+)\)</option>', form)
            found += [(name, value, int(count)) for value, count in options]
        radios = re.findall(
            r'name="organisation" value="([^"]+)"[^>]*><label[^>]*>.*?<span>(\d+)</span></label>',
            self.text,
        )
        return found + [("organisation", value, int(count)) for value, count in radios]


@pytest.fixture
def look(client, library):
    return lambda **choice: Register(client.get(CATALOGUE, choice))


def test_it_holds_every_public_document_and_nothing_else(look, library):
    shown = look()
    assert shown.total == len(library.documents)
    assert set(shown.numbers) == {page.release.index_number for page in library.documents.values()}


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"kind": "rules"},
        {"year": "2024"},
        {"organisation": "LC-PARK"},
        {"organisation": "LC-BUS", "year": "2023"},
        {"organisation": "LC-EDU", "kind": "notice", "year": "2022"},
    ],
)
def test_every_count_is_what_choosing_the_value_shows(look, choice):
    counts = look(**choice).counts()
    assert {name for name, _value, _count in counts} >= {"organisation"}
    for name, value, count in counts:
        assert look(**choice | {name: value}).total == count, (choice, name, value)


def test_what_has_no_date_or_issuer_has_its_place_too(look, library):
    assert look(year="none").numbers == [library.number("bare")]
    assert library.number("bare") in look(organisation="U0000").numbers


def test_a_choice_is_shown_and_taken_off(look, client):
    shown = look(organisation="LC-PARK", kind="rules", year="2024")
    (chips,) = re.findall(r'<ul class="gk-chips.*?</ul>', shown.text, re.DOTALL)
    *links, everything = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', chips)]
    assert len(links) == 3
    for link in links:
        assert Register(client.get(link)).total >= shown.total > 0
    assert Register(client.get(everything)).total == look().total


@pytest.mark.parametrize(
    "choice",
    [
        {"year": "²⁰²⁶"},
        {"year": "٢٠٢٤"},
        {"year": "0000"},
        {"year": "99999"},
        {"year": "-1"},
        {"kind": "poem"},
        {"page": "0"},
        {"page": "x"},
        {"page": "9" * 5000},
    ],
)
def test_a_choice_that_is_none_is_passed_over(look, choice):
    assert look(**choice).total == look().total


@pytest.mark.parametrize("organisation", ["NOBODY", "\x00", "x" * 5000, "'"])
def test_an_organisation_that_is_none_has_no_documents(look, organisation):
    assert look(organisation=organisation).total in (0, look().total)


@pytest.mark.parametrize("code", CODES)
def test_it_speaks_every_language(client, library, code):
    prefix = "" if code == "zh-hans" else f"/{code}"
    shown = Register(client.get(f"{prefix}{CATALOGUE}"))
    assert shown.total == len(library.documents)
    title = {"zh-hans": "澜川市公园管理办法", "en": "Measures for Parks", "ar": "تدابير الحدائق"}
    if code in title:
        assert f">{title[code]}</a>" in shown.text
    else:
        assert '<bdi lang="zh-Hans">澜川市公园管理办法</bdi>' in shown.text


def test_it_stands_when_search_is_down(client, library, settings):
    settings.ELASTICSEARCH_URL = ["http://127.0.0.1:1"]
    assert Register(client.get(CATALOGUE)).total == PolicyPage.objects.public().count()
