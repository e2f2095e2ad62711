import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from search import fields
from search.engine import NoIndex, SearchUnavailable
from search.tantivy_engine import TantivyEngine
from tests.search.conformance import *  # noqa: F403
from tests.search.conformance import ask, names
from tests.search.documents import LIBRARY, make

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[TantivyEngine]:
    made = TantivyEngine(tmp_path / "search")
    yield made
    made.close()


def test_only_one_process_writes_and_others_read(
    engine: TantivyEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.rebuild(LIBRARY)
    monkeypatch.setattr("search.tantivy_engine._WRITER_PATIENCE", 0.1)
    other = TantivyEngine(engine._root)
    assert not other.owns()
    with pytest.raises(SearchUnavailable, match="Another process"):
        other.write([make("x", "甲办法")])
    engine.write([make("new", "乙丙办法")])
    assert names(ask(other, "乙丙办法"))[0] == "new"
    engine.close()
    other.write([make("x", "丁戊办法")])
    assert names(ask(engine, "丁戊办法"))[0] == "x"
    other.close()


def test_an_index_of_another_version_is_not_opened(
    engine: TantivyEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.rebuild(LIBRARY)
    monkeypatch.setattr(fields, "SCHEMA_VERSION", fields.SCHEMA_VERSION + 1)
    with pytest.raises(NoIndex):
        ask(engine)
    assert engine.rebuild(LIBRARY) == len(LIBRARY)


def test_old_and_unfinished_indexes_are_swept(engine: TantivyEngine) -> None:
    for _ in range(4):
        engine.rebuild(LIBRARY)
    (engine._root / f"v{fields.SCHEMA_VERSION}-9999999999999999999").mkdir()
    engine.rebuild(LIBRARY)
    left = sorted(path.name for path in engine._root.glob("v*"))
    current = (engine._root / "current").read_text()
    assert len(left) == 2
    assert left[-1] == current


def test_orphans_of_a_killed_merge_are_swept(engine: TantivyEngine) -> None:
    engine.rebuild(LIBRARY)
    engine.close()
    current = engine._root / (engine._root / "current").read_text()
    orphan = current / "0123456789abcdef0123456789abcdef.store"
    orphan.write_bytes(b"left behind")
    engine.write([make("x", "甲办法")])
    assert not orphan.exists()
    assert ask(engine).total == len(LIBRARY) + 1


def test_a_damaged_index_is_unavailable_and_can_be_rebuilt(engine: TantivyEngine) -> None:
    engine.rebuild(LIBRARY)
    engine.close()
    current = engine._root / (engine._root / "current").read_text()
    (current / "meta.json").write_text("{")
    with pytest.raises(SearchUnavailable):
        ask(TantivyEngine(engine._root))
    assert engine.rebuild(LIBRARY) == len(LIBRARY)
    assert ask(engine).total == len(LIBRARY)


def test_a_forked_child_can_search(engine: TantivyEngine) -> None:
    engine.rebuild(LIBRARY)
    ask(engine)
    child = os.fork()
    if not child:
        os._exit(0 if ask(engine, "道交法").total else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


_WRITER = """
import sys
sys.path[:0] = [{root!r}, {site!r}]
from pathlib import Path
from search.tantivy_engine import TantivyEngine
from tests.search.documents import make
engine = TantivyEngine(Path({directory!r}))
for number in range({start}, {start} + 10_000):
    engine.write([make(str(number), f"第{{number}}号办法", body="正文" * 500)])
    print(number, flush=True)
"""


def test_a_killed_writer_loses_nothing_it_acknowledged(engine: TantivyEngine) -> None:
    engine.rebuild([])
    engine.close()
    acknowledged: set[str] = set()
    for round_ in range(3):
        script = _WRITER.format(
            root=str(ROOT),
            site=str(ROOT / "site"),
            directory=str(engine._root),
            start=round_ * 100_000,
        )
        with subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            for _ in range(6 + 5 * round_):
                acknowledged.add(f"policy:{child.stdout.readline().strip()}")
            time.sleep(0.01 * round_)
            child.send_signal(signal.SIGKILL)
            rest = child.stdout.read().split()
            acknowledged |= {f"policy:{number}" for number in rest}
        assert acknowledged <= set(engine.keys_with_versions())
        engine.write([make("alive", "又活了")])
        engine.close()
