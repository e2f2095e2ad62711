"""Whole lists as files, written while they are read."""

from __future__ import annotations

import csv
import datetime
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import StreamingHttpResponse
from ninja.responses import NinjaJSONEncoder

# What makes a spreadsheet take a text for a formula, in the wide forms of East Asia too; and the
# apostrophe itself, so that whoever takes one off has the text as it was.
_MARKED = ("'", "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: Any) -> str:
    """Give a value as a spreadsheet shows it and never runs it: a text that could be a formula
    gets an apostrophe in front, and so does one that begins with an apostrophe. Lists are joined
    by ``; ``."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case datetime.datetime() | datetime.date():
            return value.isoformat()
        case list() | tuple():
            return cell("; ".join(str(part) for part in value))
    text = str(value)
    return f"'{text}" if text.lstrip(" \u3000").startswith(_MARKED) else text


DESCRIBED_CSV = {
    "responses": {
        200: {
            "description": "OK",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    }
}
"""What the description of the API says of ``as_csv``."""


def described_json(schema: str) -> dict[str, Any]:
    """Give what the description of the API says of ``as_json``, with rows of a named schema."""
    rows = {"type": "array", "items": {"$ref": f"#/components/schemas/{schema}"}}
    content = {"application/json": {"schema": rows}}
    return {"responses": {200: {"description": "OK", "content": content}}}


class _Line:
    """A file for ``csv.writer`` that gives back what is written."""

    def write(self, text: str) -> str:
        return text


def as_csv(
    name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]
) -> StreamingHttpResponse:
    """Answer with a CSV file in UTF-8, marked so that spreadsheets know it."""

    def lines() -> Iterator[str]:
        writer = csv.writer(_Line())
        yield "\ufeff"
        yield writer.writerow(columns)
        for row in rows:
            yield writer.writerow([cell(row[column]) for column in columns])

    return _file(name, lines(), "text/csv; charset=utf-8")


def as_json(name: str, rows: Iterable[Mapping[str, Any]]) -> StreamingHttpResponse:
    """Answer with a JSON file: one list of objects."""

    def parts() -> Iterator[str]:
        yield "["
        for number, row in enumerate(rows):
            separator = ",\n" if number else "\n"
            yield separator + json.dumps(row, cls=NinjaJSONEncoder, ensure_ascii=False)
        yield "\n]\n"

    return _file(name, parts(), "application/json; charset=utf-8")


def _file(name: str, parts: Iterator[str], kind: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(parts, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
