"""A citizen in front of a draft: on a phone, by keyboard, with and without scripts."""

import json
import urllib.request

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.browser.reader import LANGUAGES, Reader, Site

LONG_ENOUGH = "我在这里住了二十年，建议在室外增设充电设施。"


@pytest.fixture(scope="session")
def consultation(site: Site) -> str:
    """The address of a consultation that takes comments."""
    question = f"{site.address}/api/v1/consultations/?status=open&status=closing_soon"
    with urllib.request.urlopen(question) as answer:
        slug = json.load(answer)["results"][0]["slug"]
    return f"/consultations/{slug}/"


@pytest.fixture(scope="session")
def statements(site: Site) -> list[str]:
    """The addresses of an adoption statement and of a closing statement."""
    found = []
    for status in ("answered", "abandoned"):
        with urllib.request.urlopen(
            f"{site.address}/api/v1/consultations/?status={status}"
        ) as answer:
            slug = json.load(answer)["results"][0]["slug"]
        found.append(f"/consultations/{slug}/statement/")
    return found


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def scripts(reader: Reader, request: pytest.FixtureRequest) -> bool:
    reader.scripts(allowed=request.param)
    return bool(request.param)


def send(reader: Reader) -> None:
    reader.one("form[data-keep] .btn-primary").click()


def faults(reader: Reader) -> list[str]:
    found = []
    for width, dark in ((320, False), (1280, True)):
        reader.look(width, dark=dark)
        found += [f"{width} px: {fault}" for fault in reader.faults()]
        found += [f"{width} px: {fault}" for fault in reader.hidden_to_the_side()]
    return found + reader.complaints() + reader.outside_requests()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_have_no_fault_against_wcag(
    reader: Reader, consultation: str, language: str
) -> None:
    pages = [
        "/consultations/",
        "/consultations/?view=calendar",
        "/consultations/board/",
        "/consultations/exemptions/",
        consultation,
        f"{consultation}comments/",
        f"{consultation}print/",
        f"{consultation}follow/",
        "/receipts/",
    ]
    found = []
    for page in pages:
        reader.open(page, language)
        found += [f"{page}: {fault}" for fault in faults(reader)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_statements_have_no_fault_against_wcag(
    reader: Reader, statements: list[str], language: str
) -> None:
    adoption, closing = statements
    found = []
    for page in (adoption, f"{adoption}?side=after&disposition=not_adopted", closing):
        reader.open(page, language)
        found += [f"{page}: {fault}" for fault in faults(reader)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_form_receipt_and_look_up_have_no_fault_against_wcag(
    reader: Reader, consultation: str, language: str
) -> None:
    reader.open(f"{consultation}comment/", language)
    found = faults(reader)
    reader.one("#email").send_keys("li.example.com")
    send(reader)
    reader.wait_for("#email-bad")
    # The browser itself notes the status of the page.
    found += [fault for fault in faults(reader) if "422" not in fault]
    reader.one("#email").clear()
    reader.one("#text").send_keys(f"{LONG_ENOUGH}（{language}）")
    send(reader)
    reader.wait_for("#receipt-code")
    found += faults(reader)
    reader.one("form[action$='/receipts/'] button").click()
    reader.wait_for("#sure")
    found += faults(reader)
    assert not found, "\n".join(found)


def test_from_a_phone_nothing_is_lost_and_the_receipt_amends_it(
    reader: Reader, consultation: str, scripts: bool
) -> None:
    text = f"{LONG_ENOUGH}（{'有' if scripts else '没有'}脚本）"
    reader.look(320)
    reader.open(consultation)
    reader.one(".gk-clause .gk-act a").click()
    reader.arrive("comment/?clause=")
    clause = Select(reader.one("#clause")).first_selected_option.text
    reader.one("#text").send_keys(text)
    reader.one("#email").send_keys("li.example.com")
    reader.one("#consent_publish").click()
    send(reader)
    reader.wait_for("#email-bad")
    assert reader.one("#text").get_property("value") == text
    assert Select(reader.one("#clause")).first_selected_option.text == clause
    assert reader.one("#consent_publish").is_selected()
    reader.one("#email").clear()
    reader.one("#email").send_keys("li@example.com")
    send(reader)
    reader.wait_for("#receipt-code")
    code = reader.one("#receipt-code").text
    assert code not in reader.driver.current_url
    reader.open("/receipts/")
    reader.one("#code").send_keys(code.lower().replace("-", ""))
    reader.press(Keys.ENTER)
    reader.wait_for("#sure")
    assert text in reader.text()
    assert "li@example.com" not in reader.text()
    reader.one("main #text").send_keys("另外，价格要公示。")
    reader.one("main form .btn-primary").click()
    reader.wait_for(".gk-older")
    assert code not in reader.driver.current_url


def test_by_keyboard_alone_a_comment_is_sent(reader: Reader, consultation: str) -> None:
    reader.open(consultation)
    reader.tab_to(".gk-due a.btn-primary")
    reader.press(Keys.ENTER)
    reader.arrive("comment/")
    reader.tab_to("#text")
    reader.press(f"{LONG_ENOUGH}（键盘）")
    reader.tab_to("form[data-keep] .btn-primary")
    reader.press(Keys.ENTER)
    reader.wait_for("#receipt-code")


def test_an_unfinished_text_survives_a_closed_tab_until_it_is_sent(
    reader: Reader, consultation: str
) -> None:
    reader.open(f"{consultation}comment/")
    reader.one("#text").send_keys(f"{LONG_ENOUGH}（没写完）")
    reader.driver.switch_to.new_window("tab")
    tabs = reader.driver.window_handles
    reader.driver.switch_to.window(tabs[0])
    reader.driver.close()
    reader.driver.switch_to.window(tabs[1])
    reader.open(f"{consultation}comment/")
    assert "没写完" in str(reader.one("#text").get_property("value"))
    assert reader.see("[data-kept]")
    send(reader)
    reader.wait_for("#receipt-code")
    reader.open(f"{consultation}comment/")
    assert not reader.one("#text").get_property("value")


def test_the_time_that_is_left_is_there_with_and_without_scripts(
    reader: Reader, consultation: str, scripts: bool
) -> None:
    zone = {"timezoneId": "America/New_York"}
    reader.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", zone)
    try:
        reader.open(consultation, "en")
        assert "24:00" in reader.one("#when").text
        assert "Beijing" in reader.one("#when").text
        assert bool(reader.see("[data-countdown]")) is scripts
        assert ("America/New_York" in reader.text()) is scripts
    finally:
        reader.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})
