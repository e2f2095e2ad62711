"""How the folders lie, and which way the imports point."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("folder", ["site", "locale"])
def test_a_source_root_never_gains_an_init_file(folder):
    assert not (ROOT / folder / "__init__.py").exists()


def test_no_app_imports_one_above_it():
    done = subprocess.run(
        [ROOT / ".venv" / "bin" / "lint-imports", "--no-cache"],
        cwd=ROOT,
        env={"PYTHONPATH": "site"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
