"""The test database as a copy of a migrated one: to migrate takes longer than a hundred tests.

The migrated one is made by whichever worker comes first and kept until a migration of any
installed application changes. On every copy `migrate` runs once more: with nothing to do it only
puts guards, permissions and the workflow in place as the code of now wants them. What then stands
is kept beside it, and copied back after each test that commits.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

PREFIX = "gongkai_migrated_"


def fingerprint() -> str:
    """Changes with the migrations of any application, ours or not, and with Django."""
    found = hashlib.sha256(django.get_version().encode())
    for application in apps.get_app_configs():
        for path in sorted(Path(application.path, "migrations").glob("*.py")):
            found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:16]


def copied(connection: BaseDatabaseWrapper, folder: Path) -> None:
    """Puts a copy of the migrated database where the test database of this worker belongs."""
    if connection.vendor == "sqlite":
        target = Path(_name_for_tests(connection))
        copy_file(folder, target, make=lambda file: _migrate(connection, str(file)))
    else:
        _copy_on_the_server(connection)


def keep(connection: BaseDatabaseWrapper) -> None:
    """Copies the test database as it is now, for ``restore``."""
    connection.close()
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        shutil.copyfile(name, f"{name}_kept")
    else:
        _copy(connection, name, f"{name}_kept")


def restore(connection: BaseDatabaseWrapper) -> None:
    """Puts the test database back to where it was when it was kept."""
    connection.close()
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        for written in ("", "-wal", "-shm"):
            Path(f"{name}{written}").unlink(missing_ok=True)
        shutil.copyfile(f"{name}_kept", name)
    else:
        _copy(connection, f"{name}_kept", name)


def forget(connection: BaseDatabaseWrapper) -> None:
    """Drops what was kept, where it does not go with the folder of the run."""
    if connection.vendor == "postgresql":
        with connection._nodb_cursor() as cursor:
            _drop(connection, cursor, f"{connection.settings_dict['NAME']}_kept")


def copy_file(folder: Path, target: Path, *, make: Callable[[Path], None]) -> None:
    """Copies the migrated SQLite file of a folder that workers and runs share, once it is made."""
    file = folder / f"{PREFIX}{fingerprint()}.sqlite3"
    with locked(folder / "lock"):
        if not file.exists():
            for older in folder.glob(f"{PREFIX}*"):
                older.unlink()
            unfinished = file.with_suffix(".unfinished")
            make(unfinished)
            unfinished.rename(file)
        shutil.copyfile(file, target)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Only one process at a time is inside, by a lock that goes with it."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copy_on_the_server(connection: BaseDatabaseWrapper) -> None:
    migrated = f"{PREFIX}{fingerprint()}"
    unfinished = f"{migrated}_unfinished"
    with connection._nodb_cursor() as cursor:
        # The lock ends with the connection.
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [PREFIX])
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname::text, %s)", [PREFIX]
        )
        standing = {name for (name,) in cursor.fetchall()}
        if migrated not in standing:
            for older in standing:
                _drop(connection, cursor, older)
            _migrate(connection, unfinished)
            quote = connection.ops.quote_name
            cursor.execute(f"ALTER DATABASE {quote(unfinished)} RENAME TO {quote(migrated)}")
        _copy(connection, migrated, _name_for_tests(connection))


def _name_for_tests(connection: BaseDatabaseWrapper) -> str:
    creation: Any = connection.creation
    return str(creation._get_test_db_name())


def _copy(connection: BaseDatabaseWrapper, source: str, target: str) -> None:
    quote = connection.ops.quote_name
    with connection._nodb_cursor() as cursor:
        _drop(connection, cursor, target)
        cursor.execute(f"CREATE DATABASE {quote(target)} TEMPLATE {quote(source)}")


def _drop(connection: BaseDatabaseWrapper, cursor: CursorWrapper, name: str) -> None:
    # `WITH (FORCE)` would end the server's own processes too, which it may not.
    cursor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = %s AND usename = current_user",
        [name],
    )
    cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(name)}")


def _migrate(connection: BaseDatabaseWrapper, name: str) -> None:
    """Makes and migrates a database of a name; the connection is as it was afterwards."""
    described: dict[str, Any] = connection.settings_dict
    own, wanted = described["NAME"], described["TEST"]["NAME"]
    described["TEST"]["NAME"] = name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.close()
        described["NAME"], described["TEST"]["NAME"] = own, wanted
