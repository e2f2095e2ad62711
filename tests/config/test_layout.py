"""The two folders that must never become packages."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("folder", ["site", "locale"])
def test_a_source_root_never_gains_an_init_file(folder):
    assert not (ROOT / folder / "__init__.py").exists()
