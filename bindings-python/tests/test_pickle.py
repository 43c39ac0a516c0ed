"""What users hold goes through pickles, copies and other processes unchanged."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import biaoshi
from biaoshi import Identity, Label, Labeler, Notice, Origin, Propagator, ProviderCode, Report, Signer, TrustStore, Verifier
from biaoshi._report import kept

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)
ERRORS = [
    biaoshi.BiaoshiError,
    biaoshi.DeniedError,
    biaoshi.InternalError,
    biaoshi.InvalidError,
    biaoshi.IoError,
    biaoshi.LimitError,
    biaoshi.MalformedError,
    biaoshi.NotFoundError,
    biaoshi.RefusedError,
    biaoshi.SigningError,
    biaoshi.UnsupportedError,
]


def ways() -> list[Callable[[Any], Any]]:
    """All that copies."""
    through = [lambda one, p=p: pickle.loads(pickle.dumps(one, p)) for p in PROTOCOLS]
    return [copy.copy, copy.deepcopy, *through]


def same_report(one: Report, other: Report) -> None:
    """Every question has the same answer."""
    assert type(other) is Report and one == other and other == one and hash(one) == hash(other)
    for name in ("status", "format", "modality", "bytes", "file", "carries_intact_label", "is_broken", "evidence"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("findings", "verdicts", "duties", "codes", "outcomes"):
        assert getattr(one, name) == getattr(other, name), name
    for code in (*one.codes, "no.such"):
        assert one.has(code) == other.has(code)
    for verdict in one.verdicts:
        assert other.verdict(verdict.profile) == verdict
    assert other.verdict("nowhere") is None
    for lang in ("en", "zh"):
        assert one.to_dict(lang) == other.to_dict(lang) and one.to_json(lang) == other.to_json(lang)
        assert one.to_json(lang, pretty=True) == other.to_json(lang, pretty=True)
        assert one._repr_html_(lang) == other._repr_html_(lang)
    assert repr(one) == repr(other)
    with pytest.raises(TypeError, match="no truth value"):
        bool(other)


def signed(jpeg: bytes, label: Label, keys: Path) -> bytes:
    return biaoshi.label(jpeg, label=label, sign=Identity.load(keys))


def test_reports(jpeg: bytes, label: Label, keys: Path) -> None:
    made = signed(jpeg, label, keys)
    changed = bytearray(made)
    changed[-100] ^= 1
    contents = [jpeg, biaoshi.label(jpeg, label=label), made, bytes(changed)]
    seen = set()
    for content in contents:
        report = biaoshi.verify(content, profile=biaoshi.profiles(), look="everything", trust=keys / "root.pem", name="标识\x1b.jpg")
        seen.add((report.status, report.is_broken, report.carries_intact_label))
        for way in ways():
            same_report(report, way(report))
            # Once more, from what came out of a pickle.
            same_report(report, way(pickle.loads(pickle.dumps(report))))
    assert len(seen) > 2
    assert pickle.loads(pickle.dumps(biaoshi.verify(contents[0]))) != biaoshi.verify(contents[1])


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from(["a.md", "a.json", "a.txt", "a.csv", "标\u202e识\x07.md"]),
)
def test_a_report_of_any_text(content: bytes, name: str) -> None:
    try:
        report = biaoshi.verify(b'{"AIGC":' + content, name=name)
    except biaoshi.BiaoshiError as error:
        same_error(error, pickle.loads(pickle.dumps(error)))
        return
    same_report(report, pickle.loads(pickle.dumps(report)))


def test_what_was_written_and_what_a_file_is_made_of(jpeg: bytes, label: Label, keys: Path) -> None:
    labelled = Labeler(sign=Identity.load(keys)).label(jpeg, label=label)
    inspection = biaoshi.inspect(labelled.content)
    report = labelled.receipt.report
    parts: list[Any] = [*report.evidence, *report.findings, *report.verdicts, *report.duties, *report.verdicts[0].checks]
    whole: list[Any] = [labelled, labelled.receipt, inspection, inspection.segments[0], inspection.values[0], report.status]
    for one in [*whole, *parts]:
        for way in ways():
            again = way(one)
            assert type(again) is type(one) and again == one
    assert pickle.loads(pickle.dumps(labelled.receipt)).label_json() == labelled.receipt.label_json()


def test_what_is_stated() -> None:
    for one in (
        Label("example", level="possible", origin=Origin(system_name="Model", prompt="标识")),
        Notice(lines=("AI",), font=b"\0\1", seconds=3.0, every=9.0),
        Notice.none("agreed"),
        ProviderCode("001191110102MACQD9K64010000"),
        biaoshi.Profile.KR,
    ):
        for way in ways():
            assert way(one) == one and type(way(one)) is type(one)


def own(message: bytes) -> bytes:
    return message[:64]


def test_who_judges_and_who_writes(jpeg: bytes, label: Label, keys: Path) -> None:
    made = signed(jpeg, label, keys)
    trust = TrustStore(keys / "root.pem")
    verifier = Verifier(["cn-gb45438", "kr"], trust=trust, look="everything", limits={"segments": 5000})
    labeler = Labeler(["cn-gb45438", "eu-ai-act-50"], notice=Notice(corner="top"), title="A", limits={"segments": 5000})
    propagator = Propagator("example-platform", title="A", reserved_code2="x")
    expected = verifier.verify(made)
    assert any(one.key == "trusted" for one in expected.evidence)
    for way in ways():
        assert way(trust) == trust and way(trust).anchors == trust.anchors
        assert way(verifier).verify(made) == expected
        again = way(labeler).label(jpeg, label=label)
        assert again == labeler.label(jpeg, label=label)
        assert way(propagator).propagate(again.content, id="7") == propagator.propagate(again.content, id="7")
    with pytest.raises(biaoshi.LimitError):
        pickle.loads(pickle.dumps(Verifier(limits={"segments": 1}))).verify(jpeg)
    nobody = TrustStore()
    assert pickle.loads(pickle.dumps(nobody)) == nobody != trust
    assert len({trust, pickle.loads(pickle.dumps(trust))}) == 1


def test_a_function_that_signs_is_pickled_by_its_name(keys: Path) -> None:
    chain = (keys / "chain.pem").read_text()
    signer = Signer(own, algorithm="ed25519", chain=chain)
    again = pickle.loads(pickle.dumps(Labeler(sign=signer)))
    assert again._sign._sign is own and again._sign._arguments == signer._arguments


def test_keys_stay_where_they_are(keys: Path) -> None:
    identity = Identity.load(keys)
    for held in (identity, Labeler(sign=identity), Propagator("example-platform", sign=identity)):
        for protocol in PROTOCOLS:
            with pytest.raises(TypeError, match="its key never leaves it"):
                pickle.dumps(held, protocol)
        assert type(copy.deepcopy(held)) is type(copy.copy(held)) is type(held)
    assert copy.deepcopy(identity) is identity


def same_error(one: biaoshi.BiaoshiError, other: biaoshi.BiaoshiError) -> None:
    assert type(other) is type(one) and str(other) == str(one) and other.args == one.args
    for name in ("code", "hint", "offset", "errno", "strerror", "filename", "__notes__"):
        assert getattr(other, name, None) == getattr(one, name, None), name
    assert other.text("en") == one.text("en") and other.text("zh") == one.text("zh")


@pytest.mark.parametrize("kind", ERRORS)
def test_errors(kind: type[biaoshi.BiaoshiError]) -> None:
    error = kind("a.code", (("It failed", "Do this"), ("失败", "这样做")), 7, 2 if issubclass(kind, OSError) else None)
    error.add_note("seen by the caller")
    for way in ways():
        same_error(error, way(error))
    assert set(ERRORS) == {one for one in (getattr(biaoshi, name) for name in biaoshi.__all__) if isinstance(one, type) and issubclass(one, biaoshi.BiaoshiError)}


def test_a_state_that_is_no_report_is_refused() -> None:
    for text in ("{}", '{"schema": "biaoshi.report/2"}'):
        with pytest.raises(ValueError):
            kept((text, text), True)


def test_errors_that_were_raised(tmp_path: Path, jpeg: bytes) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: biaoshi.verify(tmp_path / "missing"),
        lambda: biaoshi.verify(b"\0\1\2"),
        lambda: biaoshi.label(jpeg, label=Label("")),
        lambda: biaoshi.verify(jpeg, limits={"segments": 1}),
        lambda: ProviderCode("1"),
    ]
    for call in calls:
        with pytest.raises(biaoshi.BiaoshiError) as raised:
            call()
        for way in ways():
            same_error(raised.value, way(raised.value))


def test_other_processes(jpeg: bytes, label: Label) -> None:
    made = biaoshi.label(jpeg, label=label)
    contents = [jpeg, made, b"\0\1", made]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        tasks = [pool.submit(biaoshi.verify, content) for content in contents]
        again = pool.submit(Verifier("kr").verify, made)
        for task, content in zip(tasks, contents, strict=True):
            if content == b"\0\1":
                with pytest.raises(biaoshi.UnsupportedError) as raised:
                    task.result()
                assert raised.value.code == "format.unknown"
            else:
                same_report(biaoshi.verify(content), task.result())
        same_report(biaoshi.verify(made, profile="kr"), again.result())
        inspection = pool.submit(biaoshi.inspect, made).result()
        assert inspection == biaoshi.inspect(made)
