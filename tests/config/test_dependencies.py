"""The short lists, the pinned lists and the page of reasons agree."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LISTS = ["requirements", "requirements-dev"]


def names(text: str) -> set[str]:
    lines = [line for line in text.splitlines() if line and line[0].isalpha()]
    return {re.split(r"[^\w.-]", line)[0] for line in lines}


def test_every_direct_dependency_has_its_reason():
    direct = set().union(*(names((ROOT / f"{name}.in").read_text()) for name in LISTS))
    page = (ROOT / "docs" / "dependencies.md").read_text()
    reasons = dict(re.findall(r"^\| ([a-z][\w.-]+) \| (.+) \|$", page, re.MULTILINE))
    assert reasons.keys() == direct
    assert all(len(reason) > 10 for reason in reasons.values())


@pytest.mark.parametrize("name", LISTS)
def test_every_direct_dependency_is_pinned(name):
    assert names((ROOT / f"{name}.in").read_text()) <= names((ROOT / f"{name}.txt").read_text())


@pytest.mark.parametrize("name", LISTS)
def test_the_pinned_lists_hold_exact_versions_and_no_host_names(name):
    for line in (ROOT / f"{name}.txt").read_text().splitlines():
        assert (
            not line or line.lstrip().startswith("#") or re.match(r"[\w.-]+==[\w.!+]+(\s|$)", line)
        ), line


def test_the_lock_file_of_npm_holds_no_host_names():
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
