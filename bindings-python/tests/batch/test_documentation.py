"""The examples in the documentation, and that nothing is imported before it is needed."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ..conftest import ROOT


@pytest.mark.parametrize("name", ["remote", "arrow", "daft", "ray", "pandas", "polars", "duckdb"])
def test_examples_run(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = doctest.testmod(importlib.import_module(f"biaoshi.{name}"))
    assert (done.failed, done.attempted > 0) == (0, True)


@pytest.mark.parametrize(
    ("module", "needs"), [("remote", set()), ("arrow", {"pyarrow"}), ("pandas", {"pyarrow", "pandas"})]
)
def test_a_module_imports_its_own_library_alone(module: str, needs: set[str]) -> None:
    code = (
        f"import sys, biaoshi.{module}\n"
        "print(*{name.partition('.')[0] for name in sys.modules} & "
        "{'pyarrow', 'pandas', 'polars', 'duckdb', 'daft', 'ray', 'fsspec', 'obstore', 'pyspark', 'PIL'})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(found.stdout.split()) == needs


def test_the_tour_shows_what_happens() -> None:
    page = ROOT / "bindings-python/docs/tour.md"
    done = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert done.failed == 0 and done.attempted > 70
