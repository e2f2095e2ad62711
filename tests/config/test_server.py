"""The server as `make demo` starts it: one process, its own queue, one server for a folder."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def environment(var: Path) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ours = {"GONGKAI_VAR": str(var), "DATABASE_URL": f"sqlite:///{var}/db.sqlite3"}
    return {**os.environ, **ours, "DEMO": "true", "PORT": str(port)}


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, an index of nothing, static files."""
    var = tmp_path_factory.mktemp("var")
    for command in ("migrate", "rebuild_search", "collectstatic"):
        options = ["-v0"] if command == "rebuild_search" else ["-v0", "--no-input"]
        subprocess.run(
            [sys.executable, "manage.py", command, *options],
            cwd=ROOT,
            env=environment(var),
            check=True,
            capture_output=True,
        )
    return var


@pytest.fixture
def server(var) -> Iterator[str]:
    surroundings = environment(var)
    with subprocess.Popen([sys.executable, "-m", "gunicorn"], cwd=ROOT, env=surroundings) as server:
        yield f"http://127.0.0.1:{surroundings['PORT']}"
        server.terminate()
        assert server.wait(30) == 0


def ask(address: str) -> dict[str, object]:
    """The answer, once the server is up."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(address) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{address} does not answer")


def test_the_server_is_ready_with_its_embedded_queue_and_index(server):
    assert ask(f"{server}/readyz")["status"] == "ok"


def test_a_second_server_on_the_same_folder_is_refused(server, var):
    ask(f"{server}/healthz")
    second = subprocess.run(
        [sys.executable, "-m", "gunicorn"],
        cwd=ROOT,
        env=environment(var),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode != 0
    assert f"A server already uses {var}" in second.stderr
