"""The text of a Word file, a line a paragraph, as a draft is kept."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import IO, Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table


class NotReadable(Exception):
    """It is no Word file, or a damaged one."""


def lines_of(file: IO[bytes]) -> str:
    """Give the text of a .docx; tables go row by row, numbers that Word counts itself are lost.

    Raises ``NotReadable``.
    """
    try:
        document = docx.Document(file)
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise NotReadable from error
    return "\n".join(line for block in document.iter_inner_content() for line in _lines(block))


def _lines(block: Any) -> Iterator[str]:
    if isinstance(block, Table):
        for row in block.rows:
            yield " ".join(cell.text.strip() for cell in row.cells)
    elif block.text.strip():
        yield from block.text.strip().splitlines()
