"""Checks that every string of the interface stands in every language.

English is the language of the source. For each other one, the catalogue has to hold exactly the
strings that the source uses, each translated, none fuzzy, with the placeholders of its source;
a translation equal to its source is an oversight unless `locale/same.toml` gives the reason.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "locale"
PROBE = "qqq"
IGNORED = ("node_modules", "var", ".venv", "tests", "bench", "scripts")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|%%")
TAG = re.compile(r"</?\w+")

Key = tuple[str | None, str]


def extracted() -> dict[Key, polib.POEntry]:
    """What the source uses, by context and text."""
    ignore = [f"--ignore={name}/*" for name in IGNORED]
    command = [sys.executable, "manage.py", "makemessages", "-l", PROBE, "-v0", *ignore]
    try:
        subprocess.run(command, cwd=ROOT, check=True)
        found = polib.pofile(str(LOCALE / PROBE / "LC_MESSAGES" / "django.po"))
        return {(entry.msgctxt, entry.msgid): entry for entry in found}
    finally:
        shutil.rmtree(LOCALE / PROBE, ignore_errors=True)


def faults(
    catalogue: polib.POFile, used: dict[Key, polib.POEntry], same: set[str]
) -> Iterator[str]:
    known = {(e.msgctxt, e.msgid): e for e in catalogue if not e.obsolete}
    for key in used.keys() - known.keys():
        yield f"is missing: {key[1]!r}"
    for key in known.keys() - used.keys():
        yield f"is not used any more: {key[1]!r}"
    for key in used.keys() & known.keys():
        yield from _faults_of(known[key], same)
    # For a number whose form is missing, a reader gets the Chinese words.
    forms = int(re.findall(r"nplurals=(\d+)", catalogue.metadata["Plural-Forms"])[0])
    for entry in known.values():
        if entry.msgid_plural and len(entry.msgstr_plural) != forms:
            yield f"has {len(entry.msgstr_plural)} of {forms} plural forms: {entry.msgid!r}"


def _faults_of(entry: polib.POEntry, same: set[str]) -> Iterator[str]:
    texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if entry.fuzzy:
        yield f"is fuzzy: {entry.msgid!r}"
    if not all(texts):
        yield f"is not translated: {entry.msgid!r}"
        return
    sources = [entry.msgid] + ([entry.msgid_plural] if entry.msgid_plural else [])
    allowed = [_marks(source) for source in sources]
    for text in texts:
        if _marks(text) not in allowed and not _drops_the_number(entry, text, allowed):
            yield f"has other placeholders or tags: {entry.msgid!r} -> {text!r}"
        if text == entry.msgid and text not in same and re.search(r"[^\W\d_]{2}", text):
            yield f"equals its source, and locale/same.toml gives no reason: {entry.msgid!r}"


def _marks(text: str) -> tuple[list[str], list[str]]:
    return sorted(PLACEHOLDER.findall(text)), sorted(TAG.findall(text))


def _drops_the_number(
    entry: polib.POEntry, text: str, allowed: list[tuple[list[str], list[str]]]
) -> bool:
    """Languages such as Arabic write one and two as words, without the number."""
    marks, tags = _marks(text)
    return bool(entry.msgid_plural) and any(
        tags == wanted_tags and len(set(wanted) - set(marks)) == 1 and set(marks) <= set(wanted)
        for wanted, wanted_tags in allowed
    )


def main() -> int:
    used = extracted()
    same = tomllib.loads((LOCALE / "same.toml").read_text(encoding="utf-8"))
    status = 0
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        language = path.parent.parent.name
        reasons = set(same.get("all", {})) | set(same.get(language, {}))
        for fault in sorted(faults(polib.pofile(str(path)), used, reasons)):
            print(f"{language}: {fault}")
            status = 1
    print(f"{len(used)} strings checked." if not status else "The translations are not complete.")
    return status


if __name__ == "__main__":
    sys.exit(main())
