"""Reading and writing the files of an import and an export."""

from __future__ import annotations

import codecs
import json
import lzma
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from pydantic import ValidationError

from policies.transfer.rows import Row

MOST_REASONS = 5


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading, or an xz-compressed one if its name ends in ``.xz``."""
    if path.suffix == ".xz":
        return lzma.open(path)
    return path.open("rb")


def open_for_writing(path: Path) -> IO[str]:
    """Open a text file for writing, compressed by xz if its name ends in ``.xz``."""
    if path.suffix == ".xz":
        return lzma.open(path, "wt", encoding="utf-8")
    return path.open("w", encoding="utf-8")


def read(path: Path) -> Iterator[tuple[int, Row | str]]:
    """Give the line number and the checked row of each line, or the reason why it is none."""
    with open_bytes(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, parse(line.removeprefix(codecs.BOM_UTF8))


def parse(line: bytes) -> Row | str:
    try:
        return Row.model_validate_json(line)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        reasons = [_reason(".".join(map(str, e["loc"])), e["msg"]) for e in errors]
        more = ["…"] if len(reasons) > MOST_REASONS else []
        return "; ".join(reasons[:MOST_REASONS] + more)


def _reason(place: str, words: str) -> str:
    words = words.removeprefix("Value error, ")
    return f"{place}: {words}" if place else words


def count_lines(path: Path) -> int:
    with open_bytes(path) as lines:
        return sum(1 for line in lines if line.strip())


def write_line(file: IO[str], value: dict[str, Any]) -> None:
    file.write(json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder) + "\n")


class ErrorReport:
    """The refused lines as JSON, in a file that is made at the first of them.

    Where the file cannot be written they go to standard error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.file: IO[str] | None = None

    def __enter__(self) -> ErrorReport:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.file not in (None, sys.stderr):
            self.file.close()

    @property
    def name(self) -> str:
        return "standard error" if self.file is sys.stderr else str(self.path)

    def add(self, line: int, reason: str) -> None:
        self.count += 1
        if self.file is None:
            try:
                self.file = self.path.open("w", encoding="utf-8")
            except OSError:
                self.file = sys.stderr
        write_line(self.file, {"line": line, "reason": reason})
