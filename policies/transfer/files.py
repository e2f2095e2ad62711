"""Reading and writing the files of an import and an export."""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from policies.transfer.rows import Row


def open_text(path: Path, mode: str = "rt") -> IO[str]:
    """Open a text file, or an xz-compressed one if its name ends in ``.xz``."""
    if path.suffix == ".xz":
        return lzma.open(path, mode, encoding="utf-8")  # type: ignore[return-value]
    return path.open(mode, encoding="utf-8")


def read(path: Path) -> Iterator[tuple[int, Row | str]]:
    """Give the line number and the checked row of each line, or the reason why it is none."""
    with open_text(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, parse(line)


def parse(line: str) -> Row | str:
    try:
        return Row.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}" if place else str(first["msg"])


def count_lines(path: Path) -> int:
    with open_text(path) as lines:
        return sum(1 for line in lines if line.strip())


def write_line(file: IO[str], value: dict[str, Any]) -> None:
    file.write(json.dumps(value, ensure_ascii=False) + "\n")


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
