"""Light or dark by the system or by choice; larger and wider text without loss."""

import pytest

from tests.browser.kinds import KINDS
from tests.browser.reader import Reader

# WCAG 1.4.12, the distances that a reader may set.
SPACED = """
* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }
"""
# 640 is a window of 1280 enlarged to 200 %, 320 the same to 400 %.
WIDTHS = [320, 390, 640, 800, 1024, 1280]

SET_STYLE = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(arguments[0]);
document.adoptedStyleSheets = [sheet];
"""
CUT_OFF = """
return [...document.querySelectorAll("body *")]
  .filter(e => e.checkVisibility() && !e.closest(".visually-hidden, .gk-skip, input, select"))
  .filter(e => {
    const style = getComputedStyle(e);
    return (/hidden|clip/.test(style.overflowX) && e.scrollWidth > e.clientWidth + 1)
        || (/hidden|clip/.test(style.overflowY) && e.scrollHeight > e.clientHeight + 1);
  })
  .map(e => e.outerHTML.slice(0, 160));
"""


@pytest.mark.parametrize("language", ["de", "ar"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_text_is_lost_at_any_width_or_when_it_is_set_wider(
    reader: Reader, kind: str, language: str
) -> None:
    reader.open(kind, language)
    for width in WIDTHS:
        reader.look(width)
        for style in ("", SPACED):
            reader.run(SET_STYLE, style)
            lost = reader.run(CUT_OFF) + reader.hidden_to_the_side()
            assert not lost, f"{width} px: {lost}"


@pytest.mark.parametrize("dark", [False, True])
def test_colours_follow_the_system(reader: Reader, dark: bool) -> None:
    reader.look(1280, dark=dark)
    reader.open("home")
    assert reader.colours() == ("dark" if dark else "light")


@pytest.mark.parametrize("dark", [False, True], ids=["light system", "dark system"])
def test_the_choice_of_a_reader_stands_above_the_system(reader: Reader, dark: bool) -> None:
    system, other = ("dark", "light") if dark else ("light", "dark")
    reader.look(1280, dark=dark)
    reader.open("policy in force")
    assert not reader.see(f".gk-to-{system}")
    reader.one(f".gk-to-{other}").click()
    reader.wait_for(f".gk-to-{system}")
    assert reader.colours() == other
    reader.open("library")
    assert reader.colours() == other
    assert not reader.see(f".gk-to-{other}")
    reader.open("accessibility")
    reader.one("#display ~ ul a").click()
    reader.wait_for(f".gk-to-{other}")
    assert reader.colours() == system


def test_the_page_that_a_reader_left_stays_readable_in_print(reader: Reader) -> None:
    reader.look(1280, dark=True)
    reader.open("policy in force")
    reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert reader.colours() == "light"
        assert not reader.see("nav, .gk-find, .gk-noprint")
        assert reader.see(".gk-law")
    finally:
        reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
