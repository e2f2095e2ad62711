"""What is installed must be what the pinned lists say, no more, no less; else exit status 1."""

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OF_THE_ENVIRONMENT = {"pip", "setuptools", "wheel"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> dict[str, str]:
    found = {}
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if match := re.match(r"([\w.-]+)==(\S+)", line):
                found[canonical(match[1])] = match[2]
    return found


def installed() -> dict[str, str]:
    return {canonical(d.metadata["Name"]): d.version for d in distributions()}


def main() -> int:
    wanted, here = pinned(), installed()
    lines = [
        f"{name}: pinned {wanted.get(name, 'nowhere')}, installed {here.get(name, 'not')}"
        for name in sorted((wanted.keys() | here.keys()) - OF_THE_ENVIRONMENT)
        if wanted.get(name) != here.get(name)
    ]
    print(*lines, sep="\n") if lines else print(f"{len(wanted)} packages are as pinned.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
