"""Every vector of test-vectors/, as its README says."""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

import biaoshi
from biaoshi import BiaoshiError, Label, Labeler, Notice, Verifier

from .conftest import ROOT
from .recipes import run as run_recipe

VECTORS = ROOT / "test-vectors"
LETTERS = {"confirmed": "c", "possible": "p", "suspected": "s", "inconclusive": "i", "none": "n"}
KINDS = {
    biaoshi.InvalidError: "invalid",
    biaoshi.MalformedError: "malformed",
    biaoshi.UnsupportedError: "unsupported",
    biaoshi.LimitError: "limit",
    biaoshi.RefusedError: "refused",
    biaoshi.SigningError: "signing",
    biaoshi.InternalError: "internal",
}


def _suites() -> list[tuple[Path, dict[str, Any]]]:
    manifest = json.loads((VECTORS / "MANIFEST.json").read_text())
    return [(VECTORS / path, json.loads((VECTORS / path).read_text())) for path in manifest["suites"]]


def _tests() -> list[Any]:
    return [
        pytest.param(suite["kind"], path.parent, test, id=f"{suite['suite']}/{test['id']}")
        for path, suite in _suites()
        for test in suite["tests"]
    ]


def _error(error: BiaoshiError) -> dict[str, Any]:
    return {"error": {"kind": KINDS[type(error)], "code": error.code}}


def _verify(content: bytes, params: dict[str, Any]) -> dict[str, Any]:
    verifier = Verifier(
        declared=params.get("declared", False),
        look="everything" if params.get("look") else "words",
        limits=params.get("limits"),
    )
    try:
        return {"report": verifier.verify(content, name=params.get("file_name")).to_dict()}
    except BiaoshiError as error:
        return _error(error)


def _write(content: bytes, label: dict[str, Any], params: dict[str, Any]) -> tuple[bytes | None, dict[str, Any]]:
    wanted = Label(**{**label, "origin": biaoshi.Origin(**label.get("origin", {}))})
    labeler = Labeler(notice=Notice.none("vector"))
    try:
        out, receipt = labeler.label(content, label=wanted, name=params.get("file_name"))
    except BiaoshiError as error:
        return None, _error(error)
    return out, {**_verify(out, params), "changed": receipt.changed}


def _read(folder: Path, test: dict[str, Any], name: str, digest: str) -> bytes:
    content: bytes = Path(folder, test[name]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == test[digest]
    return content


def _statement(state: str) -> list[tuple[str, str, str | None, str | None]]:
    if state == "absent":
        return []
    claim, integrity = state.split("/")
    held, key = {
        "vouched": ("intact", "trusted"),
        "intact": ("intact", "embedded"),
        "open": ("absent", None),
        "broken": ("broken", None),
    }[integrity]
    return [(claim, held, key, "content")]


@pytest.mark.parametrize(("kind", "folder", "test"), _tests())
def test_vector(kind: str, folder: Path, test: dict[str, Any]) -> None:
    params = test.get("params") or {}
    if kind == "label":
        value = test["value"].encode() if "value" in test else bytes.fromhex(test["value_hex"])
        assert biaoshi.read_label(value) == test["expected"]
    elif kind == "code":
        assert biaoshi.read_provider_code(test["value"]) == test["expected"]
    elif kind == "verify":
        assert _verify(_read(folder, test, "file", "sha256"), params) == test["expected"]
    elif kind == "write":
        out, found = _write(_read(folder, test, "file", "sha256"), test["label"], params)
        assert found == test["expected"]
        if out is not None:
            assert out == _read(folder, test, "output", "output_sha256")
            again, found = _write(out, test["label"], params)
            assert again == out and found["changed"] is False
    elif kind == "decide":
        states = [_statement(state) for state in params["states"]]
        first = _statement(params["first"])
        rows = itertools.product(states, states, states, (False, True))
        results = "".join(
            LETTERS[biaoshi.decide(first + two + three + four, declared=declared)]
            for two, three, four, declared in rows
        )
        assert results == test["expected"]["results"]
    elif kind == "signed":
        content = _read(folder, test, "file", "sha256")
        assert run_recipe(content, test["recipe"], folder) == test["expected"]
    else:
        pytest.fail(f"unknown kind {kind}")


def test_no_suite_is_left_out() -> None:
    assert {suite["kind"] for _, suite in _suites()} == {"label", "code", "verify", "write", "decide", "signed"}
