"""No page asks another site for anything, and none does what its content policy forbids."""

import pytest

from tests.browser.kinds import KINDS
from tests.browser.reader import Reader


@pytest.mark.parametrize("language", ["zh-hans", "ar"])
@pytest.mark.parametrize("kind", [*KINDS, "/admin/"])
def test_a_page_stays_within_the_site(reader: Reader, kind: str, language: str) -> None:
    path = "/admin/" if kind == "/admin/" else reader.site.path(kind, language)
    reader.open(path)
    assert reader.outside_requests() == []
    assert reader.complaints() == []


def test_suggestions_while_typing_stay_within_the_site(reader: Reader) -> None:
    reader.open("home")
    reader.one("#q").send_keys("老楼")
    offered = "return document.querySelectorAll('#q-suggestions option').length"
    reader.until(lambda: reader.run(offered) > 0, "suggestions")
    assert reader.outside_requests() == []
    assert reader.complaints() == []


def test_the_policy_of_a_public_page_allows_nothing_inline(reader: Reader) -> None:
    reader.open("home")
    reader.run("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    assert any("Content Security Policy" in line for line in reader.complaints())
