"""`make screenshots`: serves a fresh demo city and writes the pictures of the README.

The demo has its own folder and port, so that it disturbs no other. Needs Chromium
(`make services` gets it).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
EDITOR, PASSWORD = "he.jingshu", "gongkai-demo"  # on the login page of the demo
COLOURS = 128
MOST_BYTES = 300_000
SECONDS_TO_START = 600


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo city of its own."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="gongkai-screenshots-") as var:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", var),
            "GONGKAI_VAR": var,
            "PORT": str(port),
        }
        command = [sys.executable, str(ROOT / "scripts" / "demo.py"), "serve"]
        with subprocess.Popen(command, env=environment) as server:
            try:
                wait_for(server, address)
                yield address
            finally:
                server.terminate()


def wait_for(server: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit("The demo did not start; its reason stands above.")
        try:
            with urllib.request.urlopen(f"{address}/readyz"):  # noqa: S310 - its own server
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    sys.exit("The demo was not ready in time.")


def chromium() -> webdriver.Chrome:
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        sys.exit("Chromium is not here: `make services` gets it on Debian or Ubuntu.")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
    ):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=Service(driver))


class Camera:
    def __init__(self, browser: webdriver.Chrome, address: str) -> None:
        self.browser, self.address = browser, address

    def take(
        self, name: str, path: str, *, width: int = 1280, height: int = 900, dark: bool = False
    ) -> None:
        """Writes what a reader sees at a path as ``docs/pictures/NAME.png``."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.browser.get(self.address + path)
        # Fonts and pictures that load late have come by then.
        time.sleep(1)
        shot = Image.open(BytesIO(self.browser.get_screenshot_as_png())).convert("RGB")
        target = PICTURES / f"{name}.png"
        shot.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
        size = target.stat().st_size
        print(f"  {target.relative_to(ROOT)}  {size // 1000} KB", flush=True)
        if size > MOST_BYTES:
            sys.exit(f"{target.name} is larger than {MOST_BYTES // 1000} KB.")

    def first(self, query: str) -> str:
        """The path of the first document that a query finds."""
        return self.first_of(f"/policies/?q={quote(query)}")

    def first_of(self, path: str) -> str:
        """The path of the first line in a list."""
        self.browser.get(self.address + path)
        link = self.browser.find_element(By.CSS_SELECTOR, ".gk-line-h a")
        return str(link.get_dom_attribute("href"))

    def log_in(self) -> None:
        self.browser.get(f"{self.address}/admin/")
        self.browser.find_element(By.NAME, "login").send_keys(EDITOR)
        self.browser.find_element(By.NAME, "password").send_keys(PASSWORD)
        self.browser.find_element(By.CSS_SELECTOR, "main form button").click()


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with demo() as address, chromium() as browser:
        camera = Camera(browser, address)
        amended = camera.first("公共租赁住房管理办法")
        foreigners = camera.first("外国人住宿登记")
        camera.take("home", "/")
        camera.take("home-dark", "/", dark=True)
        camera.take("library", f"/policies/?q={quote('电梯')}", height=1000)
        camera.take("policy", amended, height=1100)
        camera.take("policy-ar", f"/ar{foreigners}", width=390, height=844)
        camera.take("consultations", "/consultations/", height=1000)
        camera.take("consultation", camera.first_of("/consultations/"), height=1100)
        answered = camera.first_of("/consultations/?status=answered")
        camera.take("statement", f"{answered}statement/", height=1200)
        camera.take("board", "/consultations/board/", height=1000)
        camera.take("interpretation", f"{foreigners}interpretations/1/", height=1200)
        camera.log_in()
        camera.take("editor", "/admin/")
        draft = browser.find_element(
            By.CSS_SELECTOR, "main a[href*='/admin/pages/'][href$='/edit/']"
        )
        camera.take("editor-edit", str(draft.get_dom_attribute("href")), height=1100)


if __name__ == "__main__":
    main()
