"""The demo city behind a real server, and a reader with a real browser."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from tests import database
from tests.browser.kinds import IMPORTED, KINDS, WITHDRAWN
from tests.browser.reader import Reader, Site

ROOT = Path(__file__).resolve().parents[2]
WITHDRAW = f"""
from django.utils import timezone
from policies.models import Release
from policies.services import withdraw
code, number = "{WITHDRAWN}".split("/")
year, serial = number.split("-")
release = Release.objects.get(organisation_code=code, year=year, serial=serial)
withdraw(release, reason="文本有误，待更正后重新公布。", still_proactive=True,
         user=release.page.owner, now=timezone.now())
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


def run(var: Path, *command: str, **settings: str) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *command],
        env=environment(var) | settings,
        cwd=ROOT,
        check=True,
        capture_output=True,
    )


def migrate(var: Path, file: Path) -> None:
    run(var, "migrate", "-v0", DATABASE_URL=f"sqlite:///{file}")


def environment(var: Path, port: int = 8000) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(var),
        "GONGKAI_VAR": str(var),
        "DEMO": "true",
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }


@pytest.fixture(scope="session")
def city(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, pytestconfig: pytest.Config
) -> Path:
    """The demo city with one document withdrawn and one imported, made once for all workers."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    var, ready = shared / "city", shared / "city.ready"
    with database.locked(shared / "city.lock"):
        if not ready.exists():
            var.mkdir(exist_ok=True)
            database.copy_file(
                pytestconfig.cache.mkdir("migrated"),
                var / "db.sqlite3",
                make=lambda file: migrate(var, file),
            )
            run(var, "prepare_demo")
            run(var, "shell", "-c", WITHDRAW)
            file = shared / "imported.jsonl"
            file.write_text(json.dumps(IMPORTED, ensure_ascii=False) + "\n", encoding="utf-8")
            run(var, "import_policies", str(file))
            ready.touch()
    return var


@pytest.fixture(scope="session")
def site(
    chromium: webdriver.Chrome, city: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The demo city, served as `make demo` serves it, on a free port. The browser comes first."""
    var = tmp_path_factory.mktemp("site") / "var"
    shutil.copytree(city, var)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    gunicorn = Path(sys.executable).parent / "gunicorn"
    with (var / "server.log").open("w") as log:
        server = subprocess.Popen(
            [str(gunicorn)], env=environment(var, port), cwd=ROOT, stdout=log, stderr=log
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(server, f"{address}/readyz", var / "server.log")
        yield Site(address, pages(address))
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_until_ready(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"The server did not become ready:\n{log.read_text()}")


def pages(address: str) -> dict[str, str]:
    """The Chinese address of each kind of page; a question is put to the open API."""

    def first(question: dict[str, str]) -> str:
        query = urllib.parse.urlencode(question)
        with urllib.request.urlopen(f"{address}/api/v1/search?{query}") as answer:
            return str(json.load(answer)["results"][0]["url"])

    return {kind: at if isinstance(at, str) else first(at) for kind, at in KINDS.items()}


@pytest.fixture
def reader(site: Site, browser: webdriver.Chrome) -> Iterator[Reader]:
    """A reader at a desk: light, 1280 pixels, scripts on. What a test changes is undone."""
    reader = Reader(browser, site)
    reader.sit_at_a_desk()
    yield reader
    reader.sit_at_a_desk()
