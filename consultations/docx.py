"""The text of a Word file, a line a paragraph, as a draft is kept."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table

from consultations.numbering import Numbering, Uncountable


class NotReadable(Exception):
    """It is no Word file, or a damaged one."""


@dataclass(frozen=True)
class WordText:
    """The lines of a file, with the numbers that Word counts by itself.

    unnumbered: the paragraphs that have a number in Word which could not be computed.
    """

    text: str
    unnumbered: tuple[str, ...]


def read(file: IO[bytes]) -> WordText:
    """Read a .docx; tables go row by row. Raises ``NotReadable``."""
    try:
        document = docx.Document(file)
        reader = _Reader(Numbering(document))
        lines = [line for block in document.iter_inner_content() for line in reader.lines_of(block)]
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise NotReadable from error
    return WordText("\n".join(lines), tuple(reader.unnumbered))


class _Reader:
    def __init__(self, numbering: Numbering) -> None:
        self.numbering = numbering
        self.unnumbered: list[str] = []

    def lines_of(self, block: Any) -> Iterator[str]:
        if isinstance(block, Table):
            yield from self._rows(block)
        else:
            # An empty paragraph counts too, although nobody sees more of it than its number.
            yield from self._numbered(block).splitlines()

    def _rows(self, table: Table) -> Iterator[str]:
        # A cell that spans others is given for each of them, and its paragraphs count once.
        known: dict[Any, str] = {}
        for row in table.rows:
            for cell in row.cells:
                if cell._tc not in known:
                    known[cell._tc] = _joined(map(self._numbered, cell.paragraphs))
            yield " ".join(known[cell._tc] for cell in row.cells)

    def _numbered(self, paragraph: Any) -> str:
        text = paragraph.text.strip()
        try:
            label = self.numbering.label(paragraph)
        except Uncountable:
            if text:
                self.unnumbered.append(text)
            return str(text)
        return f"{label}{text}" if text else ""


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines).strip()
