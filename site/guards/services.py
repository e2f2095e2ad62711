"""Puts the registered guards into a database, takes them out, and says which are not there."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from guards.registry import CLOCK, PREFIX, VIEW_MARK, Guard, Part, registered

# A trigger counts only while it is enabled; what was altered by hand no longer fits its comment.
_POSTGRESQL_PARTS = """
    SELECT 'TRIGGER', t.tgname, c.relname, obj_description(t.oid, 'pg_trigger'),
           md5(pg_get_triggerdef(t.oid)), t.tgenabled IN ('O', 'A')
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)
    UNION ALL
    SELECT 'FUNCTION', p.proname, '', obj_description(p.oid, 'pg_proc'),
           md5(pg_get_functiondef(p.oid)), true
      FROM pg_proc p
     WHERE p.prorettype = 'trigger'::regtype AND pg_function_is_visible(p.oid)
    UNION ALL
    SELECT 'VIEW', c.relname, '', obj_description(c.oid, 'pg_class'),
           md5(pg_get_viewdef(c.oid)), true
      FROM pg_class c
     WHERE c.relkind = 'v' AND pg_table_is_visible(c.oid)
       AND c.relnamespace <> 'pg_catalog'::regnamespace
"""


def install(connection: BaseDatabaseWrapper) -> list[str]:
    """Installs the guards that are missing or altered, and drops those no longer registered.

    Returns the names of the guards it installed. A guard whose table does not exist yet waits for
    the next call. Takes no lock on a table whose guards are in place.
    """
    tables = set(connection.introspection.table_names())
    faulty = set(missing(connection))
    wanted = [guard for guard in registered() if guard.name in faulty and guard.table in tables]
    keep = {
        part.name
        for guard in registered()
        if guard.name not in faulty
        for part in guard.parts(connection.vendor)
    }
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        _drop(cursor, connection.vendor, keep)
        for guard in wanted:
            for part in guard.parts(connection.vendor):
                cursor.execute(part.sql)
                if connection.vendor == "postgresql":
                    _comment(cursor, guard, part)
    return [guard.name for guard in wanted]


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drops every guard, registered or not."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        _drop(cursor, connection.vendor, keep=set())


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of the registered guards that are absent, switched off, or not as registered."""
    with connection.cursor() as cursor:
        present = {
            (kind, name): fingerprint
            for kind, name, _table, fingerprint in _present(cursor, connection.vendor)
        }
    return [
        guard.name
        for guard in registered()
        if any(
            present.get((part.kind, part.name)) != _fingerprint(guard, part, connection.vendor)
            for part in guard.parts(connection.vendor)
        )
    ]


def lock(
    namespace: str, key: object = "", *, shared: bool = False, using: str = DEFAULT_DB_ALIAS
) -> None:
    """Waits until no other transaction holds this lock, then holds it until the commit.

    Those that hold it `shared` only wait for one that does not. The same lock as
    `guards.registry.advisory_lock`. Must be called inside a transaction; on SQLite, with its one
    writer, that transaction is the lock.
    """
    connection = connections[using]
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A lock needs a transaction to end with.")
    if connection.vendor == "postgresql":
        function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {function}(hashtextextended(%s, 0))",
                [f"{namespace}:{key}"],
            )


@contextmanager
def clock_stands_at(moment: datetime, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Lets the database's clock, the view `site_now`, stand at `moment` (aware), to the second.

    For tests and the demo city, which have a past; the system check and `/readyz` name the clock
    while it stands. Calls may be nested. Inside a transaction it ends with that at the latest.
    """
    connection = connections[using]
    at = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    before = _clock(connection)
    on_sqlite, on_postgresql = f"SELECT '{at}' {VIEW_MARK}", f"SELECT '{at}+00'::timestamptz"
    _set_clock(connection, on_sqlite if connection.vendor == "sqlite" else on_postgresql)
    try:
        yield
    finally:
        if not connection.needs_rollback:
            _set_clock(connection, before)


def _clock(connection: BaseDatabaseWrapper) -> str:
    """The SELECT of which the clock is made at present."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT substr(sql, instr(sql, 'SELECT')) FROM sqlite_master WHERE name = %s",
                [CLOCK.name],
            )
        else:
            cursor.execute("SELECT pg_get_viewdef(%s::regclass)", [CLOCK.name])
        [select] = cursor.fetchone()
    return str(select)


def _set_clock(connection: BaseDatabaseWrapper, select: str) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP VIEW {CLOCK.name}")
            cursor.execute(f"CREATE VIEW {CLOCK.name}(now) AS {select}")
        else:
            # Its comment, by which it is known, stays with it.
            cursor.execute(f"CREATE OR REPLACE VIEW {CLOCK.name}(now) AS {select}")


def violation(error: IntegrityError) -> str:
    """The name that the guard gave as the reason: the first line of the error."""
    return str(error).partition("\n")[0].strip()


def put_in_place(*, using: str, **_signal: Any) -> None:
    """The receiver of `post_migrate`."""
    install(connections[using])


def step_aside(*, using: str, plan: list[Any] | None = None, **_signal: Any) -> None:
    """The receiver of `pre_migrate`: SQLite refuses to rename a table that a trigger reads.

    Renaming is how Django alters a table there. `post_migrate` puts the guards back; should the
    migration fail between, the system check and `/readyz` name what is missing.
    """
    if plan and connections[using].vendor == "sqlite":
        remove(connections[using])


def _present(cursor: CursorWrapper, vendor: str) -> list[tuple[str, str, str, str]]:
    """Kind, name, table and fingerprint of every guard's part that is in the database."""
    if vendor == "sqlite":
        cursor.execute(
            "SELECT upper(type), name, tbl_name, sql FROM sqlite_master "
            "WHERE type IN ('trigger', 'view')"
        )
        rows = [
            (kind, name, table, sql if kind != "VIEW" or sql.endswith(VIEW_MARK) else "")
            for kind, name, table, sql in cursor.fetchall()
        ]
    else:
        cursor.execute(_POSTGRESQL_PARTS)
        rows = [
            (kind, name, table, _intact(comment or "", definition) if enabled else "")
            for kind, name, table, comment, definition, enabled in cursor.fetchall()
        ]
    views = {name for guard in registered() for name in _views(guard, vendor)}
    return [
        (kind, name, table, fingerprint)
        for kind, name, table, fingerprint in rows
        if name.startswith(PREFIX) or (kind == "VIEW" and (fingerprint or name in views))
    ]


def _views(guard: Guard, vendor: str) -> list[str]:
    return [part.name for part in guard.parts(vendor) if part.kind == "VIEW"]


def _intact(comment: str, definition: str) -> str:
    fingerprint, _, installed = comment.partition(" ")
    return fingerprint if installed == definition else ""


def _fingerprint(guard: Guard, part: Part, vendor: str) -> str:
    if vendor == "sqlite":
        return part.sql
    return hashlib.sha256(f"{guard.table} {part.sql}".encode()).hexdigest()


def _comment(cursor: CursorWrapper, guard: Guard, part: Part) -> None:
    cursor.execute(_POSTGRESQL_PARTS)
    [definition] = [row[4] for row in cursor.fetchall() if row[:2] == (part.kind, part.name)]
    target = f'TRIGGER {part.name} ON "{guard.table}"'
    if part.kind == "FUNCTION":
        target = f"FUNCTION {part.name}()"
    elif part.kind == "VIEW":
        target = f"VIEW {part.name}"
    note = f"{_fingerprint(guard, part, 'postgresql')} {definition}"
    cursor.execute(f"COMMENT ON {target} IS '{note}'")


def _drop(cursor: CursorWrapper, vendor: str, keep: set[str]) -> None:
    doomed = [row for row in _present(cursor, vendor) if row[1] not in keep]
    for kind, name, table, _fingerprint in sorted(doomed, key=lambda row: row[0], reverse=True):
        if kind == "FUNCTION":
            cursor.execute(f"DROP FUNCTION {name}()")
        elif kind == "VIEW":
            cursor.execute(f"DROP VIEW {name}")
        elif vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute(f'DROP TRIGGER {name} ON "{table}"')
