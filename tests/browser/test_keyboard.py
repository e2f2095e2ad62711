"""Everything works with the keyboard alone, and shows where it is."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.reader import Reader

BUSY_PAGES = [
    "home",
    "library with query and filters",
    "library without results",
    "policy partly repealed",
    "interpretation with a picture",
    "catalogue",
    "open data",
    "login",
]

# Of a group of radio buttons, Tab reaches the chosen one, or the first.
WATCH = """
const chosen = e => !e.matches("[type=radio]") || e.checked
  || (!document.querySelector(`[name="${e.name}"]:checked`)
      && e === document.querySelector(`[name="${e.name}"]`));
window.expected = [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled && chosen(e));
window.reached = new Set();
window.invisible = [];
document.addEventListener("focusin", ({target}) => {
  reached.add(target);
  const {outlineStyle, outlineWidth} = getComputedStyle(target);
  if (outlineStyle === "none" || parseFloat(outlineWidth) < 2)
    invisible.push(target.outerHTML.slice(0, 160));
});
return expected.length;
"""
MISSED = "return expected.filter(e => !reached.has(e)).map(e => e.outerHTML.slice(0, 160))"

SMALL = """
return [...document.querySelectorAll(
    "button, input:not([type=hidden]):not(.form-check-input), select, summary, .form-check, " +
    "nav a, .gk-chips a, .gk-pages a, .gk-more a, .gk-util a, .gk-foot li a")]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.matches(".visually-hidden"))
  .filter(e => { const r = e.getBoundingClientRect(); return r.height < 23.9 || r.width < 23.9; })
  .map(e => `${e.getBoundingClientRect().height} ${e.outerHTML.slice(0, 160)}`);
"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", BUSY_PAGES)
def test_tab_reaches_everything_and_shows_where_it_is(
    reader: Reader, kind: str, width: int
) -> None:
    reader.look(width)
    reader.open(kind)
    expected = reader.run(WATCH)
    # A date is one field of four stops.
    reader.press(*[Keys.TAB] * (expected + 8))
    assert reader.run(MISSED) == []
    assert reader.run("return invisible") == []


@pytest.mark.parametrize("language", ["zh-hans", "en", "ar"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", BUSY_PAGES)
def test_targets_are_large_enough_for_a_finger(
    reader: Reader, kind: str, width: int, language: str
) -> None:
    reader.look(width)
    reader.open(kind, language)
    small = reader.run(SMALL)
    assert not small, "\n".join(small)


def test_the_first_link_skips_to_the_text(reader: Reader) -> None:
    reader.open("policy in force")
    reader.press(Keys.TAB)
    skip = reader.driver.switch_to.active_element
    assert skip.get_dom_attribute("href") == "#main"
    assert skip.rect["y"] >= 0
    reader.press(Keys.ENTER)
    reader.press(Keys.TAB)
    assert reader.run("return document.activeElement.closest('main') !== null")


def test_a_search_is_typed_and_sent_by_enter(reader: Reader) -> None:
    reader.open("home")
    reader.tab_to("#q")
    reader.press("公租房", Keys.ENTER)
    reader.arrive("/policies/?q=")
    assert "公租房" in reader.one("#results").text


def test_a_filter_is_chosen_by_space_and_applied_by_enter(reader: Reader) -> None:
    reader.open("library")
    reader.tab_to("#validity-in_force")
    reader.press(Keys.SPACE, Keys.ENTER)
    reader.arrive("validity=in_force")
    reader.tab_to(".gk-chips a")
    reader.press(Keys.ENTER)
    reader.arrive("validity", gone=True)


def test_the_filters_of_a_phone_open_and_take_the_focus(reader: Reader) -> None:
    reader.look(390)
    reader.open("library")
    assert not reader.see("#facets")
    reader.tab_to("a[href='#facets']")
    reader.press(Keys.ENTER)
    reader.wait_for("#facets")
    reader.press(Keys.TAB)
    assert reader.run("return document.activeElement.closest('#facets') !== null")


def test_a_fold_opens_by_enter(reader: Reader) -> None:
    reader.open("interpretation with a picture")
    reader.tab_to("figcaption summary")
    reader.press(Keys.ENTER)
    reader.wait_for("figcaption details[open] p")
