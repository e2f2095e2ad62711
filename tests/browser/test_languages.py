"""Every page says in which language and direction it and its foreign passages are."""

import pytest

from tests.browser.kinds import KINDS
from tests.browser.reader import Reader

UNMARKED_HAN = """
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const found = [];
while (walker.nextNode()) {
  const node = walker.currentNode;
  const lang = node.parentElement.closest("[lang]").lang;
  if (/\\p{Script=Han}/u.test(node.data) && !/^(zh|ja)/.test(lang)
      && !node.parentElement.closest("script, style"))
    found.push(`${lang}: ${node.data.trim()}: ${node.parentElement.outerHTML.slice(0, 200)}`);
}
return found;
"""


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("kind", KINDS)
def test_chinese_on_a_foreign_page_is_marked_as_chinese(
    reader: Reader, kind: str, language: str
) -> None:
    reader.open(kind, language)
    assert reader.run("return document.documentElement.lang") == language
    unmarked = reader.run(UNMARKED_HAN)
    assert not unmarked, "\n".join(unmarked)


@pytest.mark.parametrize("kind", KINDS)
def test_arabic_mirrors_the_page(reader: Reader, kind: str) -> None:
    reader.open(kind, "ar")
    assert reader.run("return getComputedStyle(document.body).direction") == "rtl"
    sheets = reader.run("return [...document.styleSheets].map(sheet => sheet.href)")
    assert any("bootstrap.rtl.min" in sheet for sheet in sheets)
    mark = reader.one(".gk-mark").rect
    assert mark["x"] + mark["width"] > 1280 - 100


def test_the_text_of_a_law_runs_from_left_to_right_on_an_arabic_page(reader: Reader) -> None:
    reader.open("policy in force", "ar")
    law = reader.one(".gk-law")
    assert law.value_of_css_property("direction") == "ltr"
    assert law.get_dom_attribute("lang") == "zh-Hans"


def test_each_language_is_named_in_its_own_script_and_leads_to_the_same_page(
    reader: Reader,
) -> None:
    reader.open("library with query and filters")
    reader.link("Deutsch").click()
    reader.arrive("/de/policies/?q=")
    assert "validity=in_force" in reader.path
    reader.link("中文").click()
    reader.arrive("/de", gone=True)
    assert "validity=in_force" in reader.path
