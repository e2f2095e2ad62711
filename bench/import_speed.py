"""How fast an import with its indexing is, against raw bulk insert plus raw bulk index.

    python bench/import_speed.py --corpus laws.jsonl.xz [--folder FOLDER] [--rounds 1]

Both sides begin with an empty, migrated database and no index. The import is the command, with all
it does: reading and checking the file, organisations, releases, ledger, outbox, indexing. The raw
side writes the very rows that the import made, table by table, by SQLite's own `executemany` in
one transaction, and then hands the same documents, already in memory, to one index
writer: analysis and indexing, but no queue, no reading from the database, no switch.
"""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import measure

Rows = dict[str, tuple[str, list[Any]]]


def tables(path: Path) -> Rows:
    """All rows of a database, each table with the statement that inserts one of them."""
    source = sqlite3.connect(path)
    named = source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    found: Rows = {}
    for (name,) in named:
        # The tables of a full-text index are filled through the one that they belong to.
        if name.startswith("sqlite_") or "fts" in name or name == "django_migrations":
            continue
        rows = source.execute(f'SELECT * FROM "{name}"').fetchall()
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            found[name] = (f'INSERT INTO "{name}" VALUES ({marks})', rows)
    source.close()
    return found


def new_rows(rows: Rows, path: Path) -> Rows:
    """Those rows whose key an empty site does not have yet."""
    known = {name: {row[0] for row in found} for name, (_insert, found) in tables(path).items()}
    return {
        name: (statement, [row for row in found if row[0] not in known.get(name, ())])
        for name, (statement, found) in rows.items()
    }


def insert(rows: Rows, connection: Any) -> None:
    """Writes the rows in one transaction, as durably as the site does."""
    connection.ensure_connection()
    bare = connection.connection  # it knows the functions that the checks of the tables call
    bare.execute("BEGIN IMMEDIATE")
    for statement, found in rows.values():
        bare.executemany(statement, found)
    bare.execute("COMMIT")


def main() -> int:
    options = measure.options(__doc__, "corpus", rounds=1)
    home = measure.fresh_folder(options.folder / "import")
    measure.empty_site(home)
    database = home / "db.sqlite3"
    from django.core.management import call_command
    from django.db import connection, connections

    from search import services
    from search.tantivy_engine import TantivyEngine

    def empty() -> None:
        connections.close_all()
        services.engine().close()
        shutil.rmtree(home / "search", ignore_errors=True)
        for file in home.glob("db.sqlite3*"):
            file.unlink()
        shutil.copy(pristine, database)

    connections.close_all()
    pristine = home / "pristine.sqlite3"
    shutil.copy(database, pristine)
    wall: dict[str, list[float]] = {"insert": [], "index": [], "import": []}
    spent: dict[str, list[float]] = {"insert": [], "index": [], "import": []}

    def timed(name: str, act: Any) -> None:
        started, busy = time.perf_counter(), time.process_time()
        act()
        wall[name].append(time.perf_counter() - started)
        spent[name].append(time.process_time() - busy)

    print(f"import: {measure.machine()}")
    rows: Rows = {}
    documents: list[Any] = []
    for turn in range(options.rounds):
        empty()
        timed(
            "import",
            lambda: call_command("import_policies", options.corpus, errors=home / "errors.jsonl"),
        )
        if not turn:
            documents = list(services._everything())
            connections.close_all()
            rows = new_rows(tables(database), pristine)
        empty()
        timed("insert", partial(insert, rows, connection))
        engine = TantivyEngine(home / f"raw-{turn}")
        timed("index", partial(engine.rebuild, documents))
        engine.close()
        shutil.rmtree(home / f"raw-{turn}")
    print(f"{len(documents)} documents, {sum(len(found) for _, found in rows.values())} rows")
    print(f"{'':12}{'wall s':>9}{'cpu s':>9}")
    for name in wall:
        print(
            f"  {name:10}{statistics.median(wall[name]):9.2f}{statistics.median(spent[name]):9.2f}"
        )
    ratios = [
        statistics.median(
            whole / (row + index)
            for whole, row, index in zip(
                times["import"], times["insert"], times["index"], strict=True
            )
        )
        for times in (wall, spent)
    ]
    print(f"import / (insert + index) = {ratios[0]:.2f} (wall), {ratios[1]:.2f} (cpu); aim: 2")
    print(measure.machine())
    return int(min(ratios) > 2)


if __name__ == "__main__":
    sys.exit(main())
