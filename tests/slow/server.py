"""A site of its own in a folder, whose server runs in a process that can be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
Surroundings = dict[str, str]
"""The environment variables of a site."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def surroundings(var: Path, database: str = "", **settings: str) -> Surroundings:
    """Those of a new site in the folder ``var``, on SQLite unless an address is given."""
    return {
        **os.environ,
        "GONGKAI_VAR": str(var),
        "DATABASE_URL": database or f"sqlite:///{var}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEMO": "true",
        "PORT": str(free_port()),
        **settings,
    }


def empty_database(address: str, template: str = "") -> None:
    """Creates the PostgreSQL database of an address, or empties it; raises OperationalError.

    template: a database that is copied if the server has it; to migrate takes a minute.
    """
    server, _, name = address.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        quoted = psycopg.sql.Identifier(name)
        drop = psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(drop.format(quoted))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
        create = psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            quoted, psycopg.sql.Identifier(template if known.fetchone() else "template1")
        )
        connection.execute(create)


def manage(
    command: list[str], surroundings: Surroundings, said: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs a command of the site, with ``said`` on its standard input; it has to succeed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=surroundings,
        input=said,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def start(surroundings: Surroundings) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn"],
        cwd=ROOT,
        env=surroundings,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(server: subprocess.Popen[bytes]) -> None:
    os.killpg(server.pid, signal.SIGKILL)
    server.wait(30)


def wait_until_ready(surroundings: Surroundings) -> None:
    for _attempt in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{surroundings['PORT']}/readyz"):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the server does not come back")
