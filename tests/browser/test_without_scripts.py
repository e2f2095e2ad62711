"""A reader without scripts does everything that readers do."""

import pytest
from selenium.webdriver.common.by import By

from tests.browser.reader import Reader


@pytest.fixture(autouse=True)
def _no_scripts(reader: Reader) -> None:
    reader.scripts(allowed=False)


def test_search_filter_and_read(reader: Reader) -> None:
    reader.open("home")
    reader.one("#q").send_keys("电梯")
    reader.one(".gk-hero button").click()
    reader.arrive("/policies/?q=")
    everything = len(reader.see(".gk-line-h"))
    assert everything > 1
    reader.one("label[for='validity-repealed']").click()
    reader.one("#facets button").click()
    reader.arrive("validity=repealed")
    assert 0 < len(reader.see(".gk-line-h")) < everything
    reader.one(".gk-chips a").click()
    reader.arrive("validity", gone=True)
    assert len(reader.see(".gk-line-h")) == everything
    title = reader.one(".gk-line-h a").text
    reader.one(".gk-line-h a").click()
    reader.wait_for(".gk-law")
    assert reader.one("h1").text == title


def test_sort_and_turn_the_page(reader: Reader) -> None:
    reader.open("library")
    reader.one("#sort option[value=effective]").click()
    reader.one("#sort ~ button").click()
    reader.arrive("sort=effective")
    reader.one(".gk-pages a:not([aria-current])").click()
    reader.arrive("page=2")
    assert reader.see(".gk-line-h")


def test_another_language(reader: Reader) -> None:
    reader.open("policy in force")
    path = reader.path
    reader.link("العربية").click()
    reader.arrive(f"/ar{path}")
    assert reader.driver.find_element(By.TAG_NAME, "html").get_dom_attribute("dir") == "rtl"


def test_dark(reader: Reader) -> None:
    reader.open("policy in force")
    path = reader.path
    reader.one(".gk-to-dark").click()
    reader.wait_for(".gk-to-light")
    assert reader.path == path
    assert reader.colours() == "dark"


def test_what_needs_a_script_is_not_offered(reader: Reader) -> None:
    reader.open("policy in force")
    assert not reader.see("[data-print], [data-copy]")
    reader.one("details summary").click()
    reader.wait_for("#citation")
    assert not reader.see("[data-print], [data-copy]")


def test_with_scripts_printing_and_copying_are_offered(reader: Reader) -> None:
    reader.scripts(allowed=True)
    reader.open("policy in force")
    assert reader.see("[data-print]")
    reader.one("details summary").click()
    assert reader.see("[data-copy]")
