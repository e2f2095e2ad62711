"""Tried as a new user would: three people publish a policy, a reader finds and opens it."""

from typing import Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from demo.services import PASSWORD
from tests.browser.reader import Reader

DRAFTER, REVIEWER, PUBLISHER = "fang.mingyuan", "he.jingshu", "lu.chengzhi"
TITLE = "澜川市老旧小区非机动车充电桩管理办法"
NUMBER = "澜建规〔2026〕37号"
NUMBER_AS_TYPED = "澜建规[2026]第037号"
LAW = """第一条 为了规范非机动车充电桩的建设和使用，制定本办法。
第二条 充电桩的建设单位应当定期检查充电桩的安全。
第三条 本办法自2026年1月1日起施行。"""
INTERPRETATION = "充电桩管理办法怎么读"

BLOCK = "[data-contentpath=body] [data-streamfield-child]"


class Editor:
    """Somebody who works in the admin, by its own forms."""

    def __init__(self, reader: Reader, name: str) -> None:
        self.reader, self.driver = reader, reader.driver
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        # As tall as the form: its footer hides none of it.
        reader.look(1280, height=2400)
        reader.open("/admin/")
        reader.one("[name=login]").send_keys(name)
        reader.one("[name=password]").send_keys(PASSWORD)
        reader.one("main form button").click()
        reader.arrive("/accounts/", gone=True)

    def tab(self, number: int) -> None:
        self.reader.see("#page-edit-form [role=tab]")[number].click()

    def write(self, **fields: str) -> None:
        for name, words in fields.items():
            field = self.reader.one(f"[name='{name}']")
            field.send_keys(words)
            if name.endswith("_on"):
                # The calendar of a date would lie over the next field.
                ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()

    def choose(self, **fields: str) -> None:
        for name, value in fields.items():
            Select(self.reader.one(f"[name='{name}']")).select_by_value(value)

    def add(self, part: str, field: str) -> Any:
        """Adds a line to a part of the form and gives its field."""
        self.reader.one(f"#id_{part}-ADD").click()
        self.reader.wait_for(f"[name='{part}-0-{field}']")
        return self.reader.one(f"[name='{part}-0-{field}']")

    def add_block(self, kind: int) -> None:
        """Adds the block that stands at a place in the list of kinds."""
        before = len(self.reader.see(BLOCK))
        self.reader.one("[data-contentpath=body] .c-sf-add-button").click()
        self.reader.wait_for("[role=option]")
        self.reader.see("[role=option]")[kind].click()
        self.reader.until(lambda: len(self.reader.see(BLOCK)) > before, "the block is there")

    def explain(self, words: str) -> None:
        """Types rich text; the editor hands it to the form a moment later."""
        self.reader.wait_for(".public-DraftEditor-content")
        self.reader.one(".public-DraftEditor-content").send_keys(words)
        kept = self.driver.find_element(By.NAME, "body-0-value")
        self.reader.until(lambda: words in str(kept.get_property("value")), "rich text")

    def pick(self, field: str) -> None:
        """Takes the first entry that a chooser offers."""
        self.reader.one(f"#id_{field}-chooser [data-chooser-action-choose]").click()
        self.reader.wait_for(".modal a[data-chooser-modal-choice]")
        self.reader.one(".modal a[data-chooser-modal-choice]").click()
        self.reader.wait_for(f"#id_{field}-chooser:not(.blank)")

    def save(self) -> None:
        self.reader.one("#page-edit-form footer [type=submit]").click()
        self.reader.wait_for(".messages .success")

    def submit(self) -> None:
        self._choose("[name=action-submit]").click()
        self.reader.wait_for(".messages .success")

    def approve(self) -> None:
        button = self._choose("[data-workflow-action-url*='/approve/']:not([data-launch-modal])")
        button.click()
        self.reader.until(lambda: self.reader.is_gone(button), "the step is taken")

    def _choose(self, action: str) -> Any:
        """An action, which may stand behind the arrow of the first one."""
        if not self.reader.see(action):
            self.reader.one("#page-edit-form footer [data-w-dropdown-target=toggle]").click()
            self.reader.wait_for(action)
        return self.reader.one(action)


def found_by(reader: Reader, query: str) -> list[str]:
    reader.open("home")
    reader.one("#q").send_keys(query)
    reader.one(".gk-hero button").click()
    reader.arrive("/policies/?q=")
    return [title.text for title in reader.see(".gk-line-h a")]


def test_three_people_publish_and_a_reader_finds_it_in_another_bracket_style(
    reader: Reader,
) -> None:
    drafter = Editor(reader, DRAFTER)
    reader.open("/admin/pages/")
    reader.one("a[href$='/add_subpage/']").click()
    reader.one("a[href*='/policies/policypage/']").click()
    drafter.write(headline_zh_hans=TITLE, abstract_zh_hans="规定充电桩的建设、检查和使用。")
    drafter.add_block(0)
    drafter.write(**{"body-0-value": LAW})
    drafter.tab(1)
    drafter.choose(kind="notice", disclosure="proactive", business_related="False")
    drafter.add("numbers", "text").send_keys(NUMBER)
    Select(drafter.add("issuers", "organisation")).select_by_index(1)
    drafter.write(adopted_on="2025-12-01", issued_on="2025-12-05", effective_on="2026-01-01")
    drafter.pick("subject")
    drafter.save()
    policy = reader.path
    assert policy.endswith("/edit/")

    reader.open(policy.replace("/edit/", "/add_subpage/"))
    drafter.write(headline_zh_hans=INTERPRETATION, speaker="城市建设处", signed_on="2025-12-05")
    drafter.choose(kind="text")
    drafter.add_block(0)
    drafter.explain("充电桩由谁建、由谁查，这里说清楚。")
    drafter.save()
    reader.open(policy)
    drafter.submit()

    for name in (REVIEWER, PUBLISHER):
        editor = Editor(reader, name)
        reader.link(TITLE).click()
        editor.approve()

    reader.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    reader.look(1280)
    reader.until(lambda: TITLE in found_by(reader, NUMBER_AS_TYPED)[:1], "found by its number")
    reader.one(".gk-line-h a").click()
    reader.wait_for(".gk-law")
    assert NUMBER in reader.text()
    assert INTERPRETATION in reader.one("#interpretations").text

    reader.look(390)
    reader.one(".gk-lang-short").click()
    reader.one(".gk-foot a[lang=ar]").click()
    reader.arrive("/ar/policies/LC-ZJ/")
    assert TITLE in reader.one("h1").text.replace("\n", "")
    assert reader.run("return getComputedStyle(document.body).direction") == "rtl"
    assert "第一条" in reader.one(".gk-law").text
    assert reader.hidden_to_the_side() == []
    assert reader.faults() == []
    assert reader.outside_requests() == []
    assert reader.complaints() == []
