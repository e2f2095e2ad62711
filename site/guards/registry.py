"""What a guard is, and which ones the site has.

A guard is a rule that the database itself keeps, whoever writes: one or more triggers on a small
table that is not a page's (SQLite drops the triggers of a table that a migration rebuilds). Apps
register theirs in `ready()`; `guards.services` installs them.

What a guard refuses is an `IntegrityError` in Django; its message begins with the rule's name.

What several triggers ask is a view, a guard too: `view()` writes it. It reads tables, no views.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import models

PREFIX = "guard_"
VIEW_MARK = "/* guard */"  # by it SQLite tells our views, which are named without the prefix
LONGEST_NAME = 63  # PostgreSQL cuts longer identifiers silently

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_STATEMENT = re.compile(
    rf"CREATE (?P<kind>VIEW|(?:TRIGGER|FUNCTION)(?= {PREFIX})) (?P<name>\w+)\b.*", flags=re.DOTALL
)


@dataclass(frozen=True)
class Part:
    """One trigger, function or view of a guard."""

    kind: str
    name: str
    sql: str


@dataclass(frozen=True)
class Guard:
    """A rule on a table, as `CREATE TRIGGER guard_…` and `CREATE FUNCTION guard_…` statements.

    The functions below write them: `sqlite_trigger`, `postgresql_trigger` and, for the whole
    guard of a table that is never changed, `immutable`. `view` makes one of `CREATE VIEW`.
    """

    name: str
    table: str
    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ImproperlyConfigured(f"A guard is named in small letters, not {self.name!r}.")
        for vendor in ("sqlite", "postgresql"):
            self.parts(vendor)

    def parts(self, vendor: str) -> list[Part]:
        """What makes up the guard on a `connection.vendor`, in order of creation."""
        parts = []
        for statement in {"sqlite": self.sqlite, "postgresql": self.postgresql}[vendor]:
            sql = " ".join(statement.split()).removesuffix(";")
            match = _STATEMENT.fullmatch(sql)
            if not match or len(match["name"]) > LONGEST_NAME:
                raise ImproperlyConfigured(
                    f"Guard {self.name}: a statement begins with CREATE TRIGGER, FUNCTION or VIEW "
                    f"and a name of at most {LONGEST_NAME} letters, the first two with {PREFIX}: "
                    f"{sql[:90]}"
                )
            parts.append(Part(match["kind"], match["name"], sql))
        return parts


_guards: dict[str, Guard] = {}


def register(guard: Guard) -> Guard:
    """Adds `guard` to those that `migrate` installs. Registering the same one twice is harmless.

    Raises ImproperlyConfigured if another guard has its name or one of its triggers' names.
    """
    for other in _guards.values():
        if other == guard:
            return guard
        for vendor in ("sqlite", "postgresql"):
            both = _names(other, vendor) & _names(guard, vendor)
            if both or other.name == guard.name:
                raise ImproperlyConfigured(f"Guards {other.name} and {guard.name} share a name.")
    _guards[guard.name] = guard
    return guard


def unregister(name: str) -> None:
    """Forgets the guard; the next `install` drops it from the database."""
    _guards.pop(name, None)


def registered() -> list[Guard]:
    """All guards, by name."""
    return sorted(_guards.values(), key=lambda guard: guard.name)


def _names(guard: Guard, vendor: str) -> set[str]:
    return {part.name for part in guard.parts(vendor)}


def sqlite_trigger(name: str, table: str, event: str, body: str, *, when: str = "") -> str:
    """A row trigger for `Guard.sqlite`.

    `name` comes without prefix; `event` as in "BEFORE INSERT"; `body` is statements with their
    semicolons, for example `SELECT RAISE(ABORT, 'release_gate') WHERE …;`. No `--` comments.
    """
    condition = f" WHEN {when}" if when else ""
    return (
        f'CREATE TRIGGER {PREFIX}{name} {event} ON "{table}" FOR EACH ROW{condition} '
        f"BEGIN {body} END"
    )


def postgresql_trigger(
    name: str, table: str, event: str, body: str, *, declare: str = "", each: str = "ROW"
) -> tuple[str, str]:
    """A function and its trigger for `Guard.postgresql`.

    `name` comes without prefix; `event` as in "BEFORE INSERT OR UPDATE"; `body` is PL/pgSQL
    between BEGIN and END and must return (`RETURN NEW;`). `refusal()` writes its RAISE. The
    search path is fixed, so that a temporary table cannot take a real one's place.
    """
    declaration = f"DECLARE {declare} " if declare else ""
    function = (
        f"CREATE FUNCTION {PREFIX}{name}() RETURNS trigger LANGUAGE plpgsql "
        f"SET search_path = pg_catalog, public, pg_temp "
        f"AS $guard$ {declaration}BEGIN {body} END $guard$"
    )
    trigger = (
        f'CREATE TRIGGER {PREFIX}{name} {event} ON "{table}" FOR EACH {each} '
        f"EXECUTE FUNCTION {PREFIX}{name}()"
    )
    return function, trigger


def view(name: str, columns: str, *, table: str, sqlite: str, postgresql: str) -> Guard:
    """A guard that is a view, which triggers and code ask by its bare `name`.

    columns: their names, with commas; table: the one it waits for; then its SELECT for each
    database, without `--` comments. On PostgreSQL a migration that alters the type of a column it
    reads must drop it first; afterwards it is back.
    """
    return Guard(
        name,
        table,
        sqlite=(f"CREATE VIEW {name}({columns}) AS {sqlite} {VIEW_MARK}",),
        postgresql=(f"CREATE VIEW {name}({columns}) AS {postgresql}",),
    )


CLOCK = view(
    "site_now",
    "now",
    table="django_migrations",  # it reads none, so it waits for the first that there is
    sqlite="SELECT strftime('%Y-%m-%d %H:%M:%S', 'now')",
    postgresql="SELECT clock_timestamp()",
)
"""The moment by the database's own clock: UTC to the second as text on SQLite, else timestamptz."""


def refusal(message: str) -> str:
    """The PL/pgSQL statement that refuses; without that code Django sees a programming error."""
    return f"RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation';"


def advisory_lock(namespace: str, key_sql: str) -> str:
    """The PL/pgSQL statement that lets one transaction at a time past, for each value of `key_sql`.

    Two triggers that name the same `namespace` and key wait for each other's commit. SQLite has
    one writer and needs none. `guards.services.lock` takes the same lock from Python.
    """
    return (
        "PERFORM pg_catalog.pg_advisory_xact_lock("
        f"pg_catalog.hashtextextended('{namespace}:' || ({key_sql})::text, 0));"
    )


def immutable(
    table: type[models.Model] | str,
    *,
    name: str = "",
    allow_update_of: Sequence[str] = (),
    unique_keys: Sequence[Sequence[str]] | None = None,
) -> Guard:
    """A guard that refuses every change and removal of a row that stands in `table`.

    Also refused: `TRUNCATE` on PostgreSQL, and on SQLite an `INSERT` that reuses a key, because
    `INSERT OR REPLACE` removes rows past the delete trigger; the hidden rowid is a key too.

    table: a model, or a table whose primary key is `id`.
    name: of the guard, and its message; the default is `<table>_immutable`.
    allow_update_of: columns that may still change; only with a model.
    unique_keys: columns of each unique key besides the primary key; the default is the model's.
    The guard is not registered yet.
    """
    if isinstance(table, str):
        if allow_update_of:
            raise ImproperlyConfigured("allow_update_of needs the model, to know the other columns")
        table_name, columns, keys = table, [], [("id",), *(unique_keys or ())]
    else:
        table_name = table._meta.db_table
        columns = [_column(field) for field in table._meta.concrete_fields]
        found = _unique_columns(table) if unique_keys is None else unique_keys
        keys = [(_column(table._meta.pk),), *found]
        if unknown := (set(allow_update_of) | {c for key in keys for c in key}) - set(columns):
            raise ImproperlyConfigured(f"{table_name} has no column {sorted(unknown)}")
    if set(allow_update_of) & {column for key in keys for column in key}:
        raise ImproperlyConfigured("A column of a unique key cannot be changed.")

    name = name or f"{table_name}_immutable"
    fixed = [column for column in columns if column not in allow_update_of]
    return Guard(
        name,
        table_name,
        sqlite=_immutable_on_sqlite(name, table_name, fixed if allow_update_of else [], keys),
        postgresql=_immutable_on_postgresql(name, table_name, fixed if allow_update_of else []),
    )


def _immutable_on_sqlite(
    name: str, table: str, fixed: Sequence[str], keys: Iterable[Sequence[str]]
) -> tuple[str, ...]:
    refuse = f"SELECT RAISE(ABORT, '{name}');"
    changed = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in fixed)
    reused = " OR ".join(
        "(" + " AND ".join(f'"{c}" = NEW."{c}"' for c in key) + ")" for key in keys
    )
    # Where the primary key is no integer, the hidden rowid is one more key; not given, it is -1.
    changed = f"{changed} OR OLD.rowid <> NEW.rowid" if changed else ""
    reused = f"{reused} OR rowid = NEW.rowid"
    reused = f'EXISTS (SELECT 1 FROM "{table}" WHERE {reused})'  # noqa: S608 - our own names
    return (
        sqlite_trigger(f"{name}_update", table, "BEFORE UPDATE", refuse, when=changed),
        sqlite_trigger(f"{name}_delete", table, "BEFORE DELETE", refuse),
        sqlite_trigger(f"{name}_insert", table, "BEFORE INSERT", refuse, when=reused),
    )


def _immutable_on_postgresql(name: str, table: str, fixed: Sequence[str]) -> tuple[str, ...]:
    refuse = refusal(name)
    body = refuse
    if fixed:
        old, new = (", ".join(f'{row}."{c}"' for c in fixed) for row in ("OLD", "NEW"))
        same = f"ROW({old}) IS NOT DISTINCT FROM ROW({new})"
        body = f"IF TG_OP = 'UPDATE' THEN IF {same} THEN RETURN NEW; END IF; END IF; {refuse}"
    return (
        *postgresql_trigger(name, table, "BEFORE UPDATE OR DELETE", body),
        *postgresql_trigger(f"{name}_truncate", table, "BEFORE TRUNCATE", refuse, each="STATEMENT"),
    )


def _unique_columns(model: type[models.Model]) -> list[tuple[str, ...]]:
    options = model._meta
    named: list[tuple[str, ...]] = [
        (f.name,) for f in options.concrete_fields if f.unique and not f.primary_key
    ]
    named += [tuple(fields) for fields in options.unique_together]
    for constraint in options.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            if constraint.condition or constraint.expressions:
                raise ImproperlyConfigured(
                    f"{constraint.name} is conditional: give immutable() the unique_keys, and "
                    "guard that one yourself."
                )
            named.append(tuple(constraint.fields))
    return [tuple(_column(options.get_field(field)) for field in fields) for fields in named]


def _column(field: Any) -> str:
    return str(field.column)
