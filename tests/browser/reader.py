"""What a reader does with a browser, in the words of the tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LANGUAGES = ["zh-hans", "en", "ar"]

_FAULTS = """
const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: {type: "tag", values: arguments[0]}, resultTypes: ["violations"]})
  .then(({violations}) => done(violations.flatMap(v => v.nodes.slice(0, 3).map(
    n => `${v.id}: ${n.target.join(" ")} ${n.html.slice(0, 160)}\n${n.failureSummary}`))))
  .catch(error => done([String(error)]));
"""


@cache
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not here: run `make install`, which gets it")
    return AXE.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Site:
    """A running site and the Chinese address of each kind of its public pages."""

    address: str
    pages: dict[str, str]

    def path(self, name: str, language: str = "zh-hans") -> str:
        path = self.pages.get(name, name)
        return path if language == "zh-hans" else f"/{language}{path}"


class Reader:
    def __init__(self, driver: webdriver.Chrome, site: Site) -> None:
        self.driver, self.site = driver, site

    def sit_at_a_desk(self) -> None:
        self.scripts(allowed=True)
        self.look(1280)

    def look(self, width: int, *, dark: bool = False, height: int = 900) -> None:
        """Sets the width of the window and the colour scheme of the system."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = {
            "prefers-color-scheme": "dark" if dark else "light",
            # Colours are compared while they change otherwise.
            "prefers-reduced-motion": "reduce",
        }
        listed = [{"name": name, "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": listed})

    def scripts(self, *, allowed: bool) -> None:
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not allowed})

    def open(self, name: str, language: str = "zh-hans") -> None:
        """Opens a kind of page, or a path, in a language."""
        self.driver.get(self.site.address + self.site.path(name, language))

    @property
    def path(self) -> str:
        parts = urlsplit(self.driver.current_url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def see(self, selector: str) -> list[WebElement]:
        """The displayed elements of a selector."""
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return [element for element in found if element.is_displayed()]

    def one(self, selector: str) -> WebElement:
        return self.see(selector)[0]

    def link(self, text: str) -> WebElement:
        return self.driver.find_element(By.PARTIAL_LINK_TEXT, text)

    def text(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "body").text

    def press(self, *keys: str) -> None:
        for key in keys:
            ActionChains(self.driver, duration=0).send_keys(key).perform()

    def tab_to(self, selector: str) -> None:
        """Presses Tab until the element of a selector has the focus."""
        for _ in range(200):
            self.press(Keys.TAB)
            if self.run("return document.activeElement.matches(arguments[0])", selector):
                return
        pytest.fail(f"Tab never reaches {selector} on {self.path}")

    def wait_for(self, selector: str) -> None:
        """Waits until an element is shown."""
        self.until(lambda: bool(self.see(selector)), selector)

    def arrive(self, part: str, *, gone: bool = False) -> None:
        """Waits for a page whose path has a part, or has it no longer."""
        self.until(lambda: (part in self.path) != gone, f"{part} on {self.path}")

    def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        """Waits until something holds; fails with the words of what did not."""
        # What was found on a page may go with it.
        going = [StaleElementReferenceException]
        wait = WebDriverWait(self.driver, 10, ignored_exceptions=going)
        wait.until(lambda _driver: holds(), otherwise)

    def is_gone(self, element: WebElement) -> bool:
        """Whether an element went with its page."""
        try:
            element.is_enabled()
        except StaleElementReferenceException:
            return True
        return False

    def colours(self) -> str:
        """Whether the page is light or dark, by its paper."""
        paper = self.driver.find_element(By.TAG_NAME, "body").value_of_css_property(
            "background-color"
        )
        return {"rgba(255, 255, 255, 1)": "light", "rgba(18, 24, 31, 1)": "dark"}[paper]

    def faults(self) -> list[str]:
        """What axe finds against WCAG 2.2 AA on the page as it is shown now."""
        if not self.run("return 'axe' in window"):
            self.run(axe())
        found: list[str] = self.driver.execute_async_script(_FAULTS, RULES)
        return found

    def hidden_to_the_side(self) -> list[str]:
        """What makes the page wider than the window; empty if nothing does."""
        return list(
            self.run(
                """
                const wide = document.documentElement.scrollWidth - window.innerWidth;
                if (wide <= 0) return [];
                return [`${wide} px too wide`, ...[...document.querySelectorAll("body *")]
                  .filter(e => { const r = e.getBoundingClientRect();
                                 return r.right > window.innerWidth + 1 || r.left < -1; })
                  .slice(0, 5).map(e => e.outerHTML.slice(0, 160))];
                """
            )
        )

    def outside_requests(self) -> list[str]:
        """Every address outside the site that was asked for since this was last read."""
        asked = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                asked.append(message["params"]["request"]["url"])
        own = (self.site.address + "/", "data:", "blob:", "about:", "chrome:")
        return [url for url in asked if not url.startswith(own)]

    def complaints(self) -> list[str]:
        """What the browser wrote to its console: refusals by the policy, errors of scripts.

        The status of the page itself is no complaint: some pages are missing or gone.
        """
        lines = self.driver.get_log("browser")
        page = f"{self.driver.current_url} - Failed to load resource"
        return [line["message"] for line in lines if not line["message"].startswith(page)]
