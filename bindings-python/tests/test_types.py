"""Types as checkers see them, and how long an import takes."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import biaoshi

from .conftest import ROOT

PACKAGE = Path(biaoshi.__file__).parent


def _mypy(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_stubs_say_what_the_module_has() -> None:
    assert _mypy("mypy.stubtest", "biaoshi._native") == ""


def test_a_program_is_checked_by_the_types(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""
            import io
            from pathlib import Path
            import numpy
            from PIL import Image
            from typing import Literal, assert_type
            import biaoshi
            lab = biaoshi.Label("example")
            assert_type(biaoshi.label(b"", label=lab), bytes)
            assert_type(biaoshi.label(bytearray(), label=lab), bytearray)
            assert_type(biaoshi.label(Path("a"), Path("b"), label=lab), Path)
            assert_type(biaoshi.verify(b"").status, biaoshi.Status)
            for path, report in biaoshi.verify_many([Path("a")]):
                assert_type(path, Path)
                assert_type(report, biaoshi.Report)
                report.findings[0].site
            for one, answer in biaoshi.verify_many([b""], errors="return"):
                assert_type(answer, biaoshi.Report | biaoshi.BiaoshiError | OSError | UnicodeError)
            picture: Image.Image = biaoshi.label(Image.new("L", (1, 1)), label=lab)
            class Kms:
                algorithm: Literal["es256"] = "es256"
                chain = "PEM"
                async def __call__(self, message: bytes) -> bytes:
                    return b""
            biaoshi.label(b"", label=lab, sign=Kms())
            biaoshi.Labeler(sign=biaoshi.Signer(Kms(), algorithm="es256", chain="PEM"))
        """)
    )
    assert _mypy("mypy", "--strict", str(program)) == ""
    program.write_text(
        "import biaoshi\nbiaoshi.Label(producer=3)\nbiaoshi.verify(b'', look='hard')\n"
        "biaoshi.Labeler(sign=lambda message: message)\n"
    )
    assert "Found 3 errors" in _mypy("mypy", "--strict", str(program))


@pytest.mark.parametrize("name", ["", "._api", "._work", "._label", "._report", "._receipt", "._keys", "._errors"])
def test_examples_in_the_documentation(name: str) -> None:
    done = doctest.testmod(importlib.import_module(f"biaoshi{name}"))
    assert done.failed == 0
    assert done.attempted > 0 or name in ("._report", "._receipt", "._keys", "._errors")


def test_everything_public_is_documented() -> None:
    for name in biaoshi.__all__:
        one = getattr(biaoshi, name)
        assert name == "__version__" or (one.__doc__ or "").strip(), name


def _imported(program: str, *watched: str) -> list[str]:
    script = f"import sys; {program}; print(*sorted(set(sys.modules) & set({watched})))"
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_an_import_brings_in_little() -> None:
    path = f"sys.path[:0] = {[str(PACKAGE.parent)]}"
    heavy = ("numpy", "PIL", "asyncio", "ssl", "dataclasses", "inspect", "typing", "json", "enum", "biaoshi._native")
    assert _imported(f"{path}; import biaoshi", *heavy) == []
    # What is asked for is brought in then, and no more.
    judging = _imported(f"{path}; import biaoshi; biaoshi.verify(b'# a', name='a.md')", *heavy)
    assert judging == ["biaoshi._native", "enum", "json", "typing"]


def test_every_name_is_there() -> None:
    assert set(dir(biaoshi)) == set(biaoshi.__all__) == set(biaoshi._MODULES)
    for name in biaoshi.__all__:
        assert getattr(biaoshi, name) is getattr(importlib.import_module(f"biaoshi.{biaoshi._MODULES[name]}"), name)
    space: dict[str, object] = {}
    exec("from biaoshi import *", space)
    assert space.keys() >= set(biaoshi.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        biaoshi.nothing  # noqa: B018
    with pytest.raises(ImportError):
        exec("from biaoshi import nothing")


def test_the_page_of_the_package_shows_what_happens() -> None:
    page = ROOT / "bindings-python/README.md"
    done = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert done.failed == 0 and done.attempted > 15
