"""`make demo` on machines that lack something: one clear line each."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the script reads before anything is installed."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "demo.py", tmp_path / "scripts")
    for name in ("requirements.txt", "package-lock.json", "package.json"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def serve(clone: Path, *start: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*(start or [sys.executable]), str(clone / "scripts" / "demo.py"), "serve"],
        env={"PATH": os.environ["PATH"], "HOME": str(clone), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_taken_port_is_named_before_anything_is_installed(clone):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = serve(clone, PORT=str(port))
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"Port {port} is taken: stop what uses it, or choose another, `PORT={port + 1} make demo`."
    )
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("port", ["eighty", "0", "70000"])
def test_a_port_that_is_none_is_named(clone, port):
    done = serve(clone, PORT=port)
    assert done.returncode == 1
    assert done.stderr.strip() == (f"PORT={port} is not a port: choose a number from 1 to 65535.")


def test_too_old_a_python_is_told_what_to_do(clone):
    """The script reads the version before all else, so a stand-in for it will do."""
    old = (
        "import runpy, sys, collections; sys.argv = sys.argv[1:]; "
        "sys.version_info = collections.namedtuple('v', 'major minor micro')(3, 9, 2); "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    done = serve(clone, sys.executable, "-c", old, PATH="/nowhere")
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed, this is 3.9" in done.stderr
    assert "apt-get install" in done.stderr


@pytest.mark.slow
def test_no_network_is_told_in_one_line(clone):
    nowhere = "http://127.0.0.1:9"
    done = serve(
        clone,
        PORT=str(_free_port()),
        PIP_INDEX_URL=nowhere,
        PIP_FIND_LINKS="",
        PIP_CONFIG_FILE=os.devnull,
        PIP_RETRIES="0",
        PIP_NO_CACHE_DIR="1",
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "No network: the packages of requirements.txt could not be downloaded. "
        "Connect and run it again."
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
