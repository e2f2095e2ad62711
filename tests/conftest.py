"""What every test gets: Chinese as the language, its own folders, and services or a reason."""

import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
import pytest_django
import redis
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import caches
from django.core.files.storage import storages
from django.db import OperationalError, connections
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases
from django.utils import translation
from django.utils.functional import empty
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from freshness import kept
from tests import database
from tests.shelf import Shelf, stocked

HOW_TO_GET = "run `make services`, which gets and starts it on Debian or Ubuntu"


def pytest_configure(config: pytest.Config) -> None:
    """Before anything reads a setting: folders of this run, fast passwords, plain static files."""
    folder = tempfile.TemporaryDirectory(prefix="gongkai-tests-")
    config.add_cleanup(folder.cleanup)
    var = Path(folder.name)
    settings.VAR = var
    settings.MEDIA_ROOT = var / "media"
    settings.SEARCH_DIR = var / "search"
    database = settings.DATABASES["default"]
    # A browser keeps its line to the server, and the server's thread would keep its connection:
    # after a test that is one to a database that is gone.
    database["CONN_MAX_AGE"] = 0
    if database["ENGINE"].endswith("sqlite3"):
        # A file, as in production: in memory, threads meet locks that nothing waits for.
        database["TEST"]["NAME"] = var / "test.sqlite3"
        database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    settings.MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    # Both were made while the apps were loading, with the settings of a server.
    vars(storages)["_storages"].clear()
    vars(staticfiles_storage)["_wrapped"] = empty


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is imported by now stays: the collector walking it again is a sixth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def missing(service: str) -> NoReturn:
    """Skips the test with a line that says how to get the service; in CI it fails instead."""
    pytest.skip(f"{service} is not here: {HOW_TO_GET}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, Any]:
    """In CI every service is there, so a skip is a failure."""
    report = yield
    if settings.GONGKAI_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: pytest_django.DjangoDbBlocker,
) -> None:
    """Where `DATABASE_URL` names a PostgreSQL that does not answer, its tests are skipped."""
    database = connections["default"]
    if database.vendor != "postgresql":
        return
    try:
        with django_db_blocker.unblock():
            database.ensure_connection()
            database.close()
    except OperationalError:
        missing("PostgreSQL")


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: pytest_django.DjangoDbBlocker,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """The test database of this worker; see `tests/database.py`."""
    with django_db_blocker.unblock():
        database.copied(connections["default"], request.config.cache.mkdir("migrated"))
        made = setup_databases(verbosity=0, interactive=False, keepdb=True, serialized_aliases=())
        database.keep(connections["default"])
    yield
    with django_db_blocker.unblock():
        database.forget(connections["default"])
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis server's own database for tests."""
    url = "redis://127.0.0.1:6379/9"
    try:
        redis.Redis.from_url(url).flushdb()
    except redis.ConnectionError:
        missing("Redis")
    return url


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A PostgreSQL server where tests that run a whole site make databases of their own."""
    url = os.environ.get("TEST_POSTGRES_URL", "postgres://gongkai:gongkai@127.0.0.1:5432/gongkai")
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        missing("PostgreSQL")
    return url


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser without a window, which reaches nothing but this machine."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        missing("Chromium")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--window-size=1280,1000",
        "--force-prefers-reduced-motion",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options=options, service=Service(driver)) as browser:
        browser.set_page_load_timeout(30)
        yield browser


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> webdriver.Chrome:
    """The browser, without the cookies and console lines of the test before."""
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    chromium.get_log("browser")
    chromium.get_log("performance")
    return chromium


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    for cache in caches.all(initialized_only=True):
        cache.clear()
    kept.forget_everything()


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    """The test client leaks the active language, and modeltranslation reads it."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture(autouse=True, scope="session")
def _what_was_committed_goes() -> Iterator[None]:
    """A flush would meet the guards, and leave nothing to stand on: the database is copied anew."""

    def copied_anew(case: Any) -> None:
        database.restore(connections["default"])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", copied_anew)
        yield


@pytest.fixture(scope="module")
def library(
    django_db_setup: None,
    django_db_blocker: pytest_django.DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shelf]:
    """A library for the tests of a whole module to read; see `tests/shelf.py`."""
    with django_db_blocker.unblock(), stocked(tmp_path_factory.mktemp("search")) as shelf:
        yield shelf
