"""What the open API offers, read from its own description, for a page that people read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """One parameter: ``description`` is a text to translate, ``values`` the words it accepts."""

    name: str
    description: str
    form: str
    values: tuple[str, ...]
    default: str


@dataclass(frozen=True)
class Operation:
    """One address of the API; ``summary`` is a text to translate."""

    path: str
    summary: str
    parameters: tuple[Parameter, ...]
    answers: tuple[str, ...]


def operations(description: dict[str, Any]) -> list[Operation]:
    """The operations of an OpenAPI description, in its order."""
    return [
        Operation(
            path=path,
            summary=operation["summary"],
            parameters=tuple(_parameter(item) for item in operation["parameters"]),
            answers=tuple(sorted(str(status) for status in operation["responses"])),
        )
        for path, methods in description["paths"].items()
        for operation in methods.values()
    ]


def _parameter(stated: dict[str, Any]) -> Parameter:
    schema = stated["schema"]
    # An optional value is described as itself or null; a repeatable one as a list of itself.
    one = schema.get("items") or next(iter(schema.get("anyOf", ())), schema)
    default = schema.get("default")
    return Parameter(
        name=stated["name"],
        description=stated.get("description", ""),
        form=_form(one) + ("[]" if schema.get("type") == "array" else ""),
        values=tuple(one.get("enum", ())),
        default="" if default in (None, []) else str(default),
    )


def _form(schema: dict[str, Any]) -> str:
    if "minimum" in schema:
        lowest, highest = schema["minimum"], schema.get("maximum")
        return f"{lowest}-{highest}" if highest else f"≥ {lowest}"
    return str(schema.get("format") or schema["type"])
