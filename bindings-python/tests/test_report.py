"""What a report is, and what it is not."""

from __future__ import annotations

import copy
import json
import pickle
from html.parser import HTMLParser
from typing import Literal

import jsonschema  # type: ignore[import-untyped]
import pytest

import biaoshi
from biaoshi import Label, Status

from .conftest import ROOT


def test_a_report_has_no_truth_value(jpeg: bytes) -> None:
    report = biaoshi.verify(jpeg)
    for use in (bool, lambda r: not r, lambda r: r and 1):
        with pytest.raises(TypeError, match="no truth value"):
            use(report)


def test_parts_and_dictionary_say_the_same(jpeg: bytes, label: Label) -> None:
    report = biaoshi.verify(biaoshi.label(jpeg, label=label), name="a.png")
    data = report.to_dict()
    jsonschema.validate(data, json.loads((ROOT / "spec/report.schema.json").read_text()))
    assert json.loads(report.to_json()) == json.loads(report.to_json(pretty=True)) == data
    assert report.file == "a.png" and report.has("format.name_lies") == ("format.name_lies" in report.codes)
    assert [one.code for one in report.findings] == [one["code"] for one in data["findings"]] == list(report.codes)
    assert [one.carrier for one in report.evidence] == [one["carrier"] for one in data["evidence"]]
    assert report.verdicts[0].outcome == data["verdicts"][0]["outcome"]
    assert len(report.duties) == len(data["duties"])
    verdict = report.verdict("cn-gb45438")
    assert verdict is not None and len(verdict.checks) == len(data["verdicts"][0]["checks"])
    assert report.verdict("kr") is None
    assert report.outcomes == {"cn-gb45438": verdict.outcome} == {"cn-gb45438": "compliant"}
    assert isinstance(report.outcomes["cn-gb45438"], biaoshi.Outcome)
    judged = biaoshi.verify(jpeg, profile=biaoshi.profiles())
    assert list(judged.outcomes) == biaoshi.profiles()
    assert judged.outcomes == {one.profile: one.outcome for one in judged.verdicts}


def test_every_field_of_the_schema_is_an_attribute(jpeg: bytes, label: Label, keys: object) -> None:
    signed = biaoshi.label(jpeg, label=label, sign=biaoshi.Identity.load(keys))  # type: ignore[arg-type]
    report = biaoshi.verify(signed, profile=biaoshi.profiles(), look="everything")
    data = report.to_dict()
    for part in ("evidence", "findings", "verdicts", "duties"):
        for one, raw in zip(getattr(report, part), data[part], strict=True):
            for key, value in raw.items():
                held = getattr(one, "from_" if key == "from" else key)
                if isinstance(value, str | int | None):
                    assert held == value
                else:
                    assert held is not None


def test_chinese_and_english(jpeg: bytes, label: Label) -> None:
    report = biaoshi.verify(biaoshi.label(jpeg, label=label))
    english, chinese = report.to_dict("en")["findings"][0], report.to_dict("zh")["findings"][0]
    assert english["code"] == chinese["code"] and english["message"].isascii() and not chinese["message"].isascii()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = "<script>alert(1)</script>\"'&\x1b[31m\u202e</td><img src=x onerror=alert(1)>"


def test_notebooks_show_escaped_text() -> None:
    text = json.dumps({"Label": HOSTILE, "ContentProducer": HOSTILE, "ProduceID": HOSTILE})
    content = json.dumps({"AIGC": json.loads(text), "text": HOSTILE}).encode()
    langs: tuple[Literal["en", "zh"], ...] = ("en", "zh")
    for lang in langs:
        shown = biaoshi.verify(content, name=f"{HOSTILE}.json")._repr_html_(lang)
        page = _Text()
        page.feed(shown)
        assert page.tags <= {"table", "tr", "th", "td", "br"}
        assert "\x1b" not in shown and "\u202e" not in shown
        assert "label.value_outside" in page.text or "label." in page.text


def test_notebooks_say_what_is_stated_and_what_protects_it(jpeg: bytes, label: Label) -> None:
    report = biaoshi.verify(biaoshi.label(jpeg, label=label))
    assert "aigc_metadata: states AI, no signature (xmp)" in report._repr_html_()
    assert "aigc_metadata: 标明为人工智能生成，无签名 (xmp)".replace("，", ", ") in report._repr_html_("zh")


def test_equality_and_text(jpeg: bytes, label: Label) -> None:
    made = biaoshi.label(jpeg, label=label)
    assert biaoshi.verify(made) == biaoshi.verify(made) != biaoshi.verify(jpeg)
    assert len({biaoshi.verify(made), biaoshi.verify(made)}) == 1
    assert "confirmed" in repr(biaoshi.verify(made))


def test_labels_are_values() -> None:
    one = Label("example", level="possible", origin=biaoshi.Origin(system_name="Model"))
    assert copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one != Label("example")
    assert one.to_dict() == {
        "producer": "example",
        "level": "possible",
        "source_type": "trainedAlgorithmicMedia",
        "origin": {"system_name": "Model"},
    }
    with pytest.raises(biaoshi.InvalidError):
        one.to_json()
    assert json.loads(Label("example", level="possible", produce_id="1").to_json())["Label"] == "2"
    assert one.origin.model_id is None


def test_errors_are_of_two_kinds(jpeg: bytes, label: Label) -> None:
    with pytest.raises(biaoshi.InvalidError) as raised:
        biaoshi.label(jpeg, label=Label(""))
    assert isinstance(raised.value, ValueError) and raised.value.code and raised.value.text("zh") != str(raised.value)
    again = pickle.loads(pickle.dumps(raised.value))
    assert (type(again), again.code, again.hint, str(again)) == (
        type(raised.value),
        raised.value.code,
        raised.value.hint,
        str(raised.value),
    )
    with pytest.raises(FileNotFoundError) as missing:
        biaoshi.verify("/no/such/file")
    assert isinstance(missing.value, biaoshi.BiaoshiError) and missing.value.errno == 2
    with pytest.raises(biaoshi.LimitError):
        biaoshi.verify(jpeg, limits={"segments": 1})
    for wrong in ({"profile": "nowhere"}, {"limits": {"nothing": 1}}, {"look": "hard"}):
        with pytest.raises(ValueError):
            biaoshi.verify(jpeg, **wrong)
    with pytest.raises(biaoshi.RefusedError):
        biaoshi.label(biaoshi.label(jpeg, label=label), label=Label("another"))
    with pytest.raises(ValueError, match="level"):
        biaoshi.label(jpeg, label=Label("example", level="perhaps"))  # type: ignore[arg-type]


def test_provider_codes() -> None:
    code = biaoshi.ProviderCode.compose("91110102MACQD9K640")
    assert str(code) == "001191110102MACQD9K64010000" and code.service == "1" and code.extension == "0000"
    assert code.credit_code == "91110102MACQD9K640"
    assert "".join(value for _, _, value, _ in code.explain()) == str(code)
    with pytest.raises(biaoshi.InvalidError):
        biaoshi.ProviderCode("001191110102MACQD9K65010000")


def test_status_words_are_those_of_the_article() -> None:
    assert [one.value for one in Status] == ["confirmed", "possible", "suspected", "inconclusive", "none"]


def test_rule_sets_by_name() -> None:
    assert [one.value for one in biaoshi.Profile] == biaoshi.profiles()
    assert biaoshi.verify(b"# a", name="a.md", profile=biaoshi.Profile.KR).verdict("kr") is not None
