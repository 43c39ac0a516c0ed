"""The console script is the command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import biaoshi
from biaoshi import Label


def _script() -> list[str]:
    found = Path(sysconfig.get_path("scripts")) / "biaoshi"
    return [str(found)] if found.exists() else [sys.executable, "-P", "-m", "biaoshi"]


def _run(command: list[str], arguments: list[str], folder: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*command, *arguments], cwd=folder, capture_output=True, timeout=60, env={**os.environ, **env}
    )


@pytest.fixture
def folder(tmp_path: Path, jpeg: bytes, label: Label) -> Path:
    (tmp_path / "plain.jpg").write_bytes(jpeg)
    (tmp_path / "made.jpg").write_bytes(biaoshi.label(jpeg, label=label))
    (tmp_path / "cut.jpg").write_bytes(biaoshi.label(jpeg, label=label)[:900])
    # Were the folder one stands in on the path, this would be imported.
    (tmp_path / "biaoshi.py").write_text("raise SystemExit('the wrong module')")
    return tmp_path


COMMANDS = [
    (["--version"], 0),
    (["--help"], 0),
    ([], 2),
    (["verify", "made.jpg"], 0),
    (["verify", "made.jpg", "--json", "--lang", "zh"], 0),
    (["verify", "plain.jpg"], 1),
    (["verify", ".", "--sarif"], 1),
    (["verify", "missing.jpg"], 2),
    (["inspect", "made.jpg"], 0),
    (["explain", "label.exists"], 0),
    (["list", "findings"], 0),
    (["provider", "check", "001191110102MACQD9K64010000"], 0),
    (["schema"], 0),
    (["label", "plain.jpg", "-o", "made.jpg", "--producer", "example"], 2),
    (["completions", "bash"], 0),
]


@pytest.mark.parametrize(("arguments", "status"), COMMANDS, ids=lambda one: " ".join(one) if isinstance(one, list) else "")
def test_it_answers_as_the_program_does(arguments: list[str], status: int, folder: Path) -> None:
    own = _run(_script(), arguments, folder)
    assert own.returncode == status, own.stderr.decode()
    program = os.environ.get("BIAOSHI")
    if program is None:
        pytest.fail("BIAOSHI names no program to compare with")
    other = _run([program], arguments, folder)
    assert (own.returncode, own.stdout, own.stderr) == (other.returncode, other.stdout, other.stderr)


def test_it_labels_within_bounds(folder: Path) -> None:
    arguments = ["label", "plain.jpg", "-o", "out.jpg", "--producer", "example"]
    done = _run(_script(), arguments, folder)
    assert done.returncode == 0, done.stderr.decode()
    assert biaoshi.verify(folder / "out.jpg").status is biaoshi.Status.CONFIRMED
    tight = _run(_script(), [*arguments[:3], "two.jpg", *arguments[4:], "--memory-limit", "1"], folder)
    assert tight.returncode == 2 and b"error" in tight.stderr and not (folder / "two.jpg").exists()


def test_ctrl_c_ends_it(folder: Path) -> None:
    with subprocess.Popen(
        [*_script(), "verify", "-"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        child.stdin.write(b"x" * 10)
        child.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.7)
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=20)
    assert child.returncode != 0
