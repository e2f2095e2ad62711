"""A database without its guards is named: a warning while it may be on its way, then an error."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connection, connections

from guards import services
from guards.registry import registered

HINT = "Run `manage.py migrate`: it installs them."


@register(Tags.database)
def guards_are_in_place(
    databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """W001, and no error: `migrate`, which is the cure, runs this check before it starts."""
    messages: list[CheckMessage] = []
    for alias in databases or ():
        tables = set(connections[alias].introspection.table_names())
        waiting = {guard.name for guard in registered() if guard.table not in tables}
        names = [name for name in services.missing(connections[alias]) if name not in waiting]
        if names:
            text = f"Guards are missing or altered in the database {alias}: {', '.join(names)}."
            messages.append(checks.Warning(text, hint=HINT, id="guards.W001"))
    return messages


@register("guards", deploy=True)
def production_has_its_guards(**_options: Any) -> list[CheckMessage]:
    """E001. An unreachable database is the configuration's own check to report."""
    try:
        names = services.missing(connection)
    except DatabaseError:
        return []
    if not names:
        return []
    text = f"Guards are missing or altered in the database: {', '.join(names)}."
    return [Error(text, hint=HINT, id="guards.E001")]
