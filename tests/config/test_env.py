"""Settings from the environment: complete in the docs, loud when wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.env import Environment, InvalidVariable
from config.settings import env

ROOT = Path(__file__).resolve().parents[2]


def test_the_list_of_variables_is_what_the_code_declares():
    written = (ROOT / "docs" / "env-vars.md").read_text()
    assert written == env.as_markdown(), "run `make env-vars`"


def test_a_key_that_is_too_short_is_refused_and_not_repeated():
    reader = Environment({"PERSONAL_DATA_KEYS": f"{'k' * 32}, hunter2"})
    with pytest.raises(InvalidVariable, match="PERSONAL_DATA_KEYS=…") as caught:
        reader.keys("PERSONAL_DATA_KEYS", doc="")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_keys_stand_with_commas_between_them():
    reader = Environment({"PERSONAL_DATA_KEYS": f"{'n' * 32}, {'o' * 40},"})
    assert reader.keys("PERSONAL_DATA_KEYS", doc="") == ["n" * 32, "o" * 40]


def declare(name: str, value: str):
    reader = Environment({name: value})
    return {
        "DEBUG": lambda: reader.flag("DEBUG", doc=""),
        "PORT": lambda: reader.number("PORT", default=8000, lowest=1, highest=65535, doc=""),
        "PUBLIC_URL": lambda: reader.web_address("PUBLIC_URL", default="http://a", doc=""),
        "CSRF_TRUSTED_ORIGINS": lambda: reader.web_addresses("CSRF_TRUSTED_ORIGINS", doc=""),
        "DATABASE_URL": lambda: reader.database_url("DATABASE_URL", default="sqlite:///a", doc=""),
        "CACHE_URL": lambda: reader.cache_url("CACHE_URL", default="locmemcache://", doc=""),
        "CELERY_BROKER_URL": lambda: reader.broker_url(
            "CELERY_BROKER_URL", default="memory://", doc=""
        ),
        "EMAIL_URL": lambda: reader.email_url("EMAIL_URL", default="consolemail://", doc=""),
        "CLAMAV_URL": lambda: reader.tcp_address("CLAMAV_URL", doc=""),
        "MEDIA_STORAGE": lambda: reader.storage("MEDIA_STORAGE", default="a.B", doc=""),
    }[name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"),
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PUBLIC_URL", "gongkai.example"),
        ("PUBLIC_URL", "https://gongkai.example/folder"),
        ("CSRF_TRUSTED_ORIGINS", "gongkai.example"),
        ("DATABASE_URL", "mysql://a/b"),
        ("CACHE_URL", "memcache://a"),
        ("CELERY_BROKER_URL", "filesystem://"),
        ("EMAIL_URL", "pigeon://a"),
        ("MEDIA_STORAGE", "not a class"),
        ("CLAMAV_URL", "127.0.0.1:3310"),
        ("CLAMAV_URL", "tcp://127.0.0.1"),
    ],
)
def test_a_value_that_cannot_be_used_names_the_variable_and_what_it_accepts(name, value):
    with pytest.raises(InvalidVariable, match=rf"^{name}='{value}' cannot be used: it accepts .+"):
        declare(name, value)()


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("DEBUG", "On", True),
        ("DEBUG", "", False),
        ("PORT", "8001", 8001),
        ("PUBLIC_URL", "https://gongkai.example/", "https://gongkai.example"),
        ("CSRF_TRUSTED_ORIGINS", "https://a, https://b", ["https://a", "https://b"]),
        ("CELERY_BROKER_URL", "redis://127.0.0.1/2", "redis://127.0.0.1/2"),
        ("MEDIA_STORAGE", "a.B?c=d", {"BACKEND": "a.B", "OPTIONS": {"c": "d"}}),
    ],
)
def test_a_value_is_read(name, value, read):
    assert declare(name, value)() == read


def test_a_misspelt_variable_of_ours_is_refused():
    reader = Environment({"GONGKAI_VRA": "/tmp"})
    reader.folder("GONGKAI_VAR", default="var", root=ROOT, doc="")
    with pytest.raises(InvalidVariable, match="GONGKAI_VRA is not a setting"):
        reader.refuse_unknown()


def test_a_wrong_variable_stops_the_command_line_with_its_name(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "WEB_CONCURRENCY": "many", "GONGKAI_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "WEB_CONCURRENCY='many' cannot be used" in done.stderr
