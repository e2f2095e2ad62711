"""`check --deploy` refuses a production start that would be unsafe, and names the variable."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from config import checks, readiness
from config.celery import app

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def production(settings):
    """A city's settings, none of them wrong."""
    settings.SECRET_KEY_IS_GENERATED = False
    settings.PERSONAL_DATA_KEYS_ARE_DERIVED = False
    settings.DEBUG = False
    settings.DEMO = False
    settings.REQUIRE_SECOND_FACTOR = True
    settings.EMBEDDED_QUEUE = True
    settings.WEB_CONCURRENCY = 1
    settings.PUBLIC_URL, settings.HTTPS = "https://gongkai.example", True
    settings.ALLOWED_HOSTS = ["gongkai.example"]
    settings.PROXY_COUNT = 1
    return settings


def test_production_settings_pass(production):
    assert checks.production_settings(None) == []


@pytest.mark.parametrize(
    ("name", "value", "variable", "number"),
    [
        ("SECRET_KEY_IS_GENERATED", True, "SECRET_KEY", "config.E001"),
        ("PERSONAL_DATA_KEYS_ARE_DERIVED", True, "PERSONAL_DATA_KEYS", "config.E009"),
        ("DEBUG", True, "DEBUG", "config.E002"),
        ("WEB_CONCURRENCY", 2, "CELERY_BROKER_URL", "config.E003"),
        ("WEB_CONCURRENCY", 2, "CACHE_URL", "config.E004"),
        ("DEMO", True, "DEMO", "config.E005"),
        ("REQUIRE_SECOND_FACTOR", False, "REQUIRE_SECOND_FACTOR", "config.E006"),
        ("PROXY_COUNT", 0, "PROXY_COUNT", "config.E007"),
        ("ALLOWED_HOSTS", ["other.example"], "ALLOWED_HOSTS", "config.E008"),
    ],
)
def test_what_is_unfit_for_production_is_named(production, name, value, variable, number):
    setattr(production, name, value)
    found = {message.id: message for message in checks.production_settings(None)}
    assert variable in found[number].msg
    assert variable in str(found[number].hint)


@pytest.mark.parametrize(
    ("variable", "probe"),
    [
        ("DATABASE_URL", "database"),
        ("CELERY_BROKER_URL", "broker"),
        ("ELASTICSEARCH_URL", "search_cluster"),
    ],
)
def test_an_unreachable_service_is_named_by_its_variable(db, monkeypatch, variable, probe):
    def refuses() -> str:
        raise ConnectionRefusedError("nobody listens")

    monkeypatch.setattr(readiness, probe, refuses)
    (message,) = checks.reachable_services(None)
    assert message.id == "config.E010"
    assert message.msg.startswith(f"{variable}: the service does not answer")


def test_a_search_cluster_that_is_not_there_is_reported(settings, db):
    settings.ELASTICSEARCH_URL = ["http://127.0.0.1:9"]
    (message,) = checks.reachable_services(None)
    assert "ELASTICSEARCH_URL" in message.msg


def test_a_broker_that_is_not_there_is_reported(settings, db, monkeypatch):
    settings.EMBEDDED_QUEUE = False
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:9/0")
    (message,) = checks.reachable_services(None)
    assert "CELERY_BROKER_URL" in message.msg


def test_the_command_ends_with_the_errors(production, db):
    production.SECRET_KEY_IS_GENERATED = True
    with pytest.raises(SystemCheckError, match=r"config\.E001"):
        call_command("check", deploy=True)


def test_the_server_does_not_start_where_the_check_refuses(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn"],
        cwd=ROOT,
        env={"GONGKAI_VAR": str(tmp_path), "PORT": "1", "DATABASE_URL": f"sqlite:///{tmp_path}/a"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr
