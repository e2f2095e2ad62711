"""The embedded engine: tantivy, in directories below SEARCH_DIR.

`current` names the directory searches read. One process writes, the one that holds
`writer.lock`; any number read. A commit is on the disk before `write` returns, so a killed
process loses nothing that was acknowledged.
"""

import fcntl
import json
import os
import re
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import tantivy

from search import fields
from search.documents import STATUSES, SearchDocument
from search.engine import (
    DEEPEST,
    OVERFETCH,
    SAME_SCORE,
    Bool,
    Boost,
    Constant,
    Filters,
    Hit,
    Hits,
    Node,
    NoIndex,
    Phrase,
    Plan,
    Prefix,
    SearchUnavailable,
    Term,
)

_HEAP = 128_000_000
_KEEP = {"meta.json", ".managed.json", ".tantivy-writer.lock", ".tantivy-meta.lock"}
_WRITER_PATIENCE = 30.0


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in fields.TEXTS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in (*fields.KEYWORDS, *fields.COUNTED):
        counted = name in fields.COUNTED or name in ("key", "validity")
        builder.add_text_field(
            name,
            stored=name == "key",
            fast=counted,
            tokenizer_name="raw",
            index_option="basic",
        )
    for name in fields.INTEGERS:
        builder.add_integer_field(name, fast=True, indexed=name == "issued", stored=False)
    for name in fields.KEPT:
        builder.add_bytes_field(name, stored=True)
    return builder.build()


_SCHEMA = _schema()


class TantivyEngine:
    """See `search.engine.Engine`."""

    name = "tantivy"

    def __init__(self, directory: Path) -> None:
        self._root = directory
        self._lock = threading.RLock()
        self._reader: tuple[int, str, tantivy.Index] | None = None
        self._seen: tuple[int, int] | None = None
        self._writer: tuple[str, tantivy.IndexWriter] | None = None
        self._writer_pid = 0
        self._lock_file: IO[str] | None = None
        self._mirror: list[tuple[list[SearchDocument], list[str]]] | None = None

    # Reading

    def search(
        self,
        plan: Plan,
        filters: Filters,
        *,
        day: int,
        facets: Sequence[str] = (),
        sort: str = "relevance",
        page: int = 1,
        size: int = 20,
    ) -> Hits:
        by = "newest" if sort == "relevance" and plan.strict is None else sort
        with _guarded():
            searcher = self._searcher()
            # A page asks for consultations too, and a library need not have any.
            if filters.types and not any(searcher.doc_freq("type", of) for of in filters.types):
                return Hits(total=0, items=(), facets={name: {} for name in facets})
            query, total, addresses = _ask(searcher, plan.strict, filters, day, by, page, size)
            loose = (
                plan.loose is not None
                and total < plan.enough
                and _alone(searcher, query, filters, total) < plan.enough
            )
            if loose:
                query, total, addresses = _ask(searcher, plan.loose, filters, day, by, page, size)
            return Hits(
                total=total,
                items=tuple(_hit(searcher, score, address) for score, address in addresses),
                facets=_count(searcher, query, filters, day, facets) if facets else {},
                loose=loose,
            )

    def keys_with_versions(self) -> Mapping[str, int]:
        with _guarded():
            searcher = self._searcher()
            if not searcher.num_docs:
                return {}
            found = searcher.search(tantivy.Query.all_query(), searcher.num_docs).hits
            addresses = [address for _, address in found]
            versions = searcher.fast_field_values("version", addresses)
            keys = (str(searcher.doc(address).get_first("key")) for address in addresses)
            return {key: int(version or 0) for key, version in zip(keys, versions, strict=True)}

    def generation(self) -> str:
        with _guarded():
            name = self._current()
            return f"{name}-{(self._root / name / 'meta.json').stat().st_mtime_ns}"

    def check(self) -> None:
        with _guarded():
            self._searcher().search(tantivy.Query.all_query(), 1)

    def _searcher(self) -> tantivy.Searcher:
        name = self._current()
        with self._lock:
            # A forked child must not use its parent's index: tantivy's threads stay behind.
            if self._reader is None or self._reader[:2] != (os.getpid(), name):
                index = tantivy.Index.open(str(self._root / name))
                index.config_reader("manual")
                self._reader, self._seen = (os.getpid(), name, index), None
            index = self._reader[2]
            # Another process may have written; its commit replaces this file.
            meta = (self._root / name / "meta.json").stat()
            if self._seen != (meta.st_ino, meta.st_mtime_ns):
                index.reload()
                self._seen = (meta.st_ino, meta.st_mtime_ns)
            return index.searcher()

    def _current(self) -> str:
        try:
            name = (self._root / "current").read_text("utf-8").strip()
        except FileNotFoundError:
            raise NoIndex("There is no index yet: run rebuild_search.") from None
        if not name.startswith(f"v{fields.SCHEMA_VERSION}-"):
            raise NoIndex("The index is of another version: run rebuild_search.")
        return name

    # Writing

    def write(self, documents: Iterable[SearchDocument], deletes: Iterable[str] = ()) -> None:
        batch, gone = list(documents), list(deletes)
        with _guarded(), self._lock:
            self._own()
            name = self._current()
            if self._writer is None or self._writer[0] != name:
                self._close_writer()
                _sweep(self._root / name)
                index = tantivy.Index.open(str(self._root / name))
                self._writer = (name, index.writer(_HEAP, 1))
            writer = self._writer[1]
            try:
                _apply(writer, batch, gone)
                writer.commit()
            except BaseException:
                # What a failed batch left behind must not ride along with the next commit.
                self._writer = None
                raise
            if self._mirror is not None:
                self._mirror.append((batch, gone))

    def rebuild(self, documents: Iterable[SearchDocument]) -> int:
        with _guarded():
            with self._lock:
                self._own()
                if self._mirror is not None:
                    raise SearchUnavailable("The index is being rebuilt already.")
                self._mirror = []
            try:
                return self._rebuild(documents)
            finally:
                self._mirror = None

    def _rebuild(self, documents: Iterable[SearchDocument]) -> int:
        self._sweep_directories()
        name = self._create()
        index = tantivy.Index.open(str(self._root / name))
        writer = index.writer(_HEAP, 2)
        count = 0
        for document in documents:
            writer.add_document(_document(document))
            count += 1
        writer.commit()
        with self._lock:
            for batch, gone in self._mirror or ():
                _apply(writer, batch, gone)
            writer.commit()
            writer.wait_merging_threads()
            self._close_writer()
            self._switch(name)
        self._sweep_directories()
        return count

    def owns(self) -> bool:
        """Whether this process is, or now becomes, the one that writes."""
        with self._lock:
            return (self._lock_file is not None and self._writer_pid == os.getpid()) or self._try()

    def close(self) -> None:
        """Finishes merges and gives the right to write away."""
        with self._lock:
            self._close_writer()
            if self._lock_file is not None:
                self._lock_file.close()
                self._lock_file = None

    def _own(self) -> None:
        deadline = time.monotonic() + _WRITER_PATIENCE
        while not self.owns():
            if time.monotonic() > deadline:
                raise SearchUnavailable("Another process writes to the index.")
            time.sleep(0.05)

    def _try(self) -> bool:
        self._root.mkdir(parents=True, exist_ok=True)
        handle = (self._root / "writer.lock").open("a")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            return False
        self._writer, self._writer_pid, self._lock_file = None, os.getpid(), handle
        return True

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer[1].wait_merging_threads()
            self._writer = None

    def _create(self) -> str:
        name = f"v{fields.SCHEMA_VERSION}-{time.time_ns()}"
        (self._root / name).mkdir()
        tantivy.Index(_SCHEMA, path=str(self._root / name))
        return name

    def _switch(self, name: str) -> None:
        beside = self._root / "current.new"
        with beside.open("w", encoding="utf-8") as file:
            file.write(name)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._root / "current")
        descriptor = os.open(self._root, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _sweep_directories(self) -> None:
        """Removes unfinished and old indexes; the newest before the current one stays, for
        readers that opened it a moment ago."""
        try:
            current = self._current()
        except SearchUnavailable:
            current = ""
        older = sorted(path for path in self._root.glob("v*-*") if path.name < current)
        newer = [path for path in self._root.glob("v*-*") if path.name > current]
        for path in older[:-1] + newer:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _guarded() -> Iterator[None]:
    """Turns whatever tantivy or the disk raise into SearchUnavailable."""
    try:
        yield
    except SearchUnavailable:
        raise
    except (OSError, ValueError) as error:
        raise SearchUnavailable(str(error)) from error
    except BaseException as error:
        # A panic in Rust is no Exception.
        if type(error).__name__ == "PanicException":
            raise SearchUnavailable(str(error)) from error
        raise


def _sweep(directory: Path) -> None:
    """Removes the files a killed merge left, those tantivy does not know of."""
    try:
        managed = set(json.loads((directory / ".managed.json").read_text("utf-8")))
    except (FileNotFoundError, ValueError):
        return
    for path in directory.iterdir():
        if path.name not in managed and path.name not in _KEEP:
            path.unlink(missing_ok=True)


def _apply(
    writer: tantivy.IndexWriter, documents: list[SearchDocument], deletes: list[str]
) -> None:
    for key in deletes:
        writer.delete_documents_by_term("key", key)
    for document in documents:
        writer.delete_documents_by_term("key", document.key)
        writer.add_document(_document(document))


def _document(document: SearchDocument) -> tantivy.Document:
    made = tantivy.Document()
    for name, value in fields.fill(document).items():
        if isinstance(value, int):
            made.add_integer(name, value)
        elif isinstance(value, bytes):
            made.add_bytes(name, value)
        elif isinstance(value, str):
            if value:
                made.add_text(name, value)
        else:
            for item in value:
                made.add_text(name, item)
    return made


def _compile(node: Node) -> tantivy.Query:
    match node:
        case Term(name, token):
            option = "position" if name in fields.TEXTS else "basic"
            # An unscored field has no frequencies to read.
            return tantivy.Query.term_query(_SCHEMA, name, token, option)
        case Prefix(name, start):
            return tantivy.Query.regex_query(_SCHEMA, name, re.escape(start) + ".*")
        case Phrase(name, (token,)):
            return tantivy.Query.term_query(_SCHEMA, name, token, "position")
        case Phrase(name, tokens):
            return tantivy.Query.phrase_query(_SCHEMA, name, list(tokens))
        case Constant(inner, score):
            return tantivy.Query.const_score_query(_compile(inner), score)
        case Boost(inner, factor):
            return tantivy.Query.boost_query(_compile(inner), factor)
        case Bool(must, should, must_not, minimum):
            parts = [(tantivy.Occur.Must, _compile(part)) for part in must]
            parts += [(tantivy.Occur.Should, _compile(part)) for part in should]
            parts += [(tantivy.Occur.MustNot, _compile(part)) for part in must_not]
            if not must and not should:
                everything = tantivy.Query.const_score_query(tantivy.Query.all_query(), 0.0)
                parts.append((tantivy.Occur.Must, everything))
            return tantivy.Query.boolean_query(
                parts, minimum_number_should_match=minimum or int(bool(should) and not must)
            )


def _ask(
    searcher: tantivy.Searcher,
    node: Node | None,
    filters: Filters,
    day: int,
    sort: str,
    page: int,
    size: int,
) -> tuple[tantivy.Query, int, list[tuple[float, tantivy.DocAddress]]]:
    query = _compile(node or Bool())
    return query, *_page(searcher, _filtered(query, filters, day), sort, page, size)


def _alone(searcher: tantivy.Searcher, query: tantivy.Query, filters: Filters, total: int) -> int:
    """How many the query finds without the filters, given how many it finds with them."""
    return total if filters == Filters() else _total(searcher, query)


def _total(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    return _counted(searcher.search(query, 1, count=True))


def _counted(found: tantivy.SearchResult) -> int:
    return int(found.count)  # type: ignore[attr-defined]  # the stub forgets it


def _filtered(query: tantivy.Query, filters: Filters, day: int) -> tantivy.Query:
    conditions = []
    if filters.types:
        conditions.append(tantivy.Query.term_set_query(_SCHEMA, "type", list(filters.types)))
    for name, values in filters.facets.items():
        wanted = list(values)
        if name == "validity":
            wanted = [mark for status in values for mark in fields.day_marks(day, status)]
        conditions.append(tantivy.Query.term_set_query(_SCHEMA, name, wanted))
    if filters.issued_from is not None or filters.issued_to is not None:
        conditions.append(
            tantivy.Query.range_query(
                _SCHEMA,
                "issued",
                tantivy.FieldType.Integer,
                filters.issued_from,
                filters.issued_to,
            )
        )
    if not conditions:
        return query
    return tantivy.Query.boolean_query(
        [(tantivy.Occur.Must, query)]
        + [
            (tantivy.Occur.Must, tantivy.Query.const_score_query(condition, 0.0))
            for condition in conditions
        ]
    )


def _page(
    searcher: tantivy.Searcher,
    query: tantivy.Query,
    sort: str,
    page: int,
    size: int,
) -> tuple[int, list[tuple[float, tantivy.DocAddress]]]:
    start, end = (page - 1) * size, page * size
    if start >= DEEPEST:
        return _total(searcher, query), []
    if sort != "relevance":
        found = searcher.search(query, end, count=True, order_by_field=sort)
        return _counted(found), [(0.0, address) for _, address in found.hits[start:end]]
    limit = end + OVERFETCH
    found = searcher.search(query, limit, count=True)
    # Hits that are equal over the end of the page must all be seen, to be put in order.
    while len(found.hits) == limit and _same(found.hits[end - 1], found.hits[-1]):
        limit *= 4
        found = searcher.search(query, limit, count=True)
    return _counted(found), _settle_ties(searcher, found.hits, start, end)


def _settle_ties(
    searcher: tantivy.Searcher,
    hits: list[tuple[float, tantivy.DocAddress]],
    start: int,
    end: int,
) -> list[tuple[float, tantivy.DocAddress]]:
    """The slice of hits where equal scores follow the order field, whatever segment they are in."""
    low, high = min(start, len(hits)), min(end, len(hits))
    if low == high:
        return []
    while low > 0 and _same(hits[low - 1], hits[low]):
        low -= 1
    while high < len(hits) and _same(hits[high - 1], hits[high]):
        high += 1
    window = hits[low:high]
    orders = searcher.fast_field_values("order", [address for _, address in window])
    groups = [0]
    for place in range(low + 1, high):
        groups.append(groups[-1] + (not _same(hits[place - 1], hits[place])))
    ranked = sorted(range(len(window)), key=lambda place: (groups[place], orders[place]))
    return [window[place] for place in ranked][start - low : end - low]


def _same(
    better: tuple[float, tantivy.DocAddress], worse: tuple[float, tantivy.DocAddress]
) -> bool:
    return bool(better[0] - worse[0] <= SAME_SCORE * max(1.0, better[0]))


def _hit(searcher: tantivy.Searcher, score: float, address: tantivy.DocAddress) -> Hit:
    found = searcher.doc(address)
    folded = found.get_first("folded")
    return Hit(
        key=str(found.get_first("key")),
        score=score,
        stored=fields.restore(bytes(found.get_first("stored") or b"{}").decode()),
        text=bytes(found.get_first("text") or b"").decode(),
        folded=None if folded is None else bytes(folded).decode(),
    )


def _count(
    searcher: tantivy.Searcher,
    query: tantivy.Query,
    filters: Filters,
    day: int,
    facets: Sequence[str],
) -> dict[str, dict[str, int]]:
    """Counts by facet and value. Facets nobody filters by share one pass."""
    free = [name for name in facets if name not in filters.facets]
    passes = [(filters, free)] if free else []
    passes += [(filters.without(name), [name]) for name in facets if name in filters.facets]
    counts: dict[str, dict[str, int]] = {}
    for conditions, names in passes:
        request = {name: {"terms": _terms(name, day)} for name in names}
        answer: dict[str, Any] = searcher.aggregate(_filtered(query, conditions, day), request)
        for name in names:
            values: dict[str, int] = {}
            for bucket in answer[name]["buckets"]:
                value = str(bucket["key"])
                if name == "validity":
                    value = value.partition(":")[0]
                values[value] = values.get(value, 0) + int(bucket["doc_count"])
            counts[name] = values
    return {name: counts[name] for name in facets}


def _terms(name: str, day: int) -> dict[str, Any]:
    if name != "validity":
        return {"field": name, "size": 10_000}
    marks = [mark for status in STATUSES for mark in fields.day_marks(day, status)]
    return {"field": name, "size": len(marks), "include": marks}
