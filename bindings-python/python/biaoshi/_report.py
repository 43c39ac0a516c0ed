"""What the verifier says, what was written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Never

from . import _native

if TYPE_CHECKING:
    from ._types import Duty, Evidence, Finding, Format, LabelFields, Modality, Status, Verdict

Lang = Literal["en", "zh"]

_WORDS = {
    "en": ("status", "format", "evidence", "findings", "rule sets"),
    "zh": ("状态", "格式", "证据", "发现", "规则"),
}

_SHOWN = {
    "en": {
        "ai": "states AI",
        "possibly_ai": "states possibly AI",
        "suspected_ai": "states suspected AI",
        "not_ai": "states no AI",
        "unclear": "unclear",
        "silent": "says nothing of AI",
        "absent": "no signature",
        "not_checked": "not checked",
    },
    "zh": {
        "ai": "标明为人工智能生成",
        "possibly_ai": "标明可能为人工智能生成",
        "suspected_ai": "标明疑似人工智能生成",
        "not_ai": "标明非人工智能生成",
        "unclear": "不明确",
        "silent": "未说明是否为人工智能生成",
        "absent": "无签名",
        "not_checked": "未检查",
        "intact": "完好",
        "broken": "已损坏",
        "unsupported": "不支持",
    },
}


class Kept:
    """A report that came out of a pickle: what the native one said, in both languages."""

    __slots__ = ("_data", "_intact", "_texts")

    def __init__(self, texts: tuple[str, str], intact: bool) -> None:
        self._texts = texts
        self._intact = intact
        self._data: dict[str, Any] = json.loads(texts[0])

    @property
    def status(self) -> str:
        return str(self._data["status"])

    @property
    def format(self) -> str:
        return str(self._data["format"])

    @property
    def modality(self) -> str:
        return str(self._data["modality"])

    @property
    def bytes(self) -> int:
        return int(self._data["bytes"])

    @property
    def file(self) -> str | None:
        file: str | None = self._data["file"]
        return file

    @property
    def carries_intact_label(self) -> bool:
        return self._intact

    @property
    def is_broken(self) -> bool:
        return any(one["integrity"] == "broken" for one in self._data["evidence"])

    def has(self, code: str) -> bool:
        return code in self.codes()

    def codes(self) -> list[str]:
        return [one["code"] for one in self._data["findings"]]

    def outcome(self, profile: str) -> str | None:
        return next((one["outcome"] for one in self._data["verdicts"] if one["profile"] == profile), None)

    def json(self, lang: str, pretty: bool = False) -> str:
        text = self._texts[lang == "zh"]
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2) if pretty else text


def kept(texts: tuple[str, str], intact: bool) -> Report:
    """A report from its state, as pickles name it."""
    return Report(Kept(texts, intact))


class Report:
    """Everything the verifier has to say about one file. It has no truth value: ask `status`,
    `is_broken`, `carries_intact_label` or a verdict.

    It can be compared, copied and pickled; nothing of it changes."""

    __slots__ = ("_native", "_parts")

    def __init__(self, native: _native.Report | Kept) -> None:
        self._native = native
        self._parts: dict[str, Any] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return kept, ((self._native.json("en"), self._native.json("zh")), self.carries_intact_label)

    def __copy__(self) -> Report:
        return self

    def __deepcopy__(self, memo: object) -> Report:
        return self

    def _part(self, name: str) -> Any:
        if self._parts is None:
            self._parts = json.loads(self._native.json("en"))
        return self._parts[name]

    @property
    def status(self) -> Status:
        """What the file states (Measures, Article 6)."""
        from ._types import Status

        return Status(self._native.status)

    @property
    def format(self) -> Format:
        """What the content is."""
        from ._types import Format

        return Format(self._native.format)

    @property
    def modality(self) -> Modality:
        """What kind of content the format holds."""
        from ._types import Modality

        return Modality(self._native.modality)

    @property
    def bytes(self) -> int:
        """Length in bytes."""
        return self._native.bytes

    @property
    def file(self) -> str | None:
        """Name of the file, if it has one."""
        return self._native.file

    @property
    def carries_intact_label(self) -> bool:
        """Whether a label stands in the file and nothing found speaks against relying on it. This
        is about the label, not about the truth of what it says."""
        return self._native.carries_intact_label

    @property
    def is_broken(self) -> bool:
        """Whether a signature or hash binding in the file is broken."""
        return self._native.is_broken

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Everything found."""
        from ._types import Evidence

        return tuple(Evidence.from_dict(one) for one in self._part("evidence"))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything there is to say about it, the weightiest first."""
        from ._types import Finding

        return tuple(Finding.from_dict(one) for one in self._part("findings"))

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One verdict per profile."""
        from ._types import Verdict

        return tuple(Verdict.from_dict(one) for one in self._part("verdicts"))

    @property
    def duties(self) -> tuple[Duty, ...]:
        """What has to be done with the file at its status, by these profiles."""
        from ._types import Duty

        return tuple(Duty.from_dict(one) for one in self._part("duties"))

    def verdict(self, profile: str) -> Verdict | None:
        """The verdict of a profile, if it was asked for."""
        return next((one for one in self.verdicts if one.profile == profile), None)

    def has(self, code: str) -> bool:
        """Whether a finding with this code is in the report."""
        return self._native.has(code)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the findings, the weightiest first."""
        return tuple(self._native.codes())

    def to_dict(self, lang: Lang = "en") -> dict[str, Any]:
        """The JSON form (`spec/report.schema.json`) as dictionaries and lists."""
        document: dict[str, Any] = json.loads(self._native.json(lang))
        return document

    def to_json(self, lang: Lang = "en", *, pretty: bool = False) -> str:
        """The JSON form (`spec/report.schema.json`)."""
        return self._native.json(lang, pretty)

    def __bool__(self) -> Never:
        raise TypeError("a report has no truth value: ask status, is_broken or carries_intact_label")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Report) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        codes = ", ".join(self.codes)
        return f"<biaoshi.Report {self._native.status}, {self._native.format}, findings: {codes or 'none'}>"

    def _repr_html_(self, lang: Lang = "en") -> str:
        """A table for notebooks; everything that came from the file is escaped."""
        import html

        document = self.to_dict(lang)
        shown = _SHOWN["zh" if lang == "zh" else "en"]
        status, form, evidence, findings, rules = _WORDS["zh" if lang == "zh" else "en"]
        seen = [
            f"{one['carrier']}: {shown.get(one['claim'], one['claim'])}, "
            f"{shown.get(one['integrity'], one['integrity'])} ({one['site']['slot']})"
            for one in document["evidence"]
        ]
        said = [f"[{one['severity']}] {one['message']} ({one['code']}; {one['clause']})" for one in document["findings"]]
        judged = [f"{one['profile']}: {one['outcome']}" for one in document["verdicts"]]
        rows = [(status, [document["status"]]), (form, [document["format"]]), (evidence, seen)]
        rows += [(rules, judged), (findings, said)]
        body = "".join(
            f"<tr><th scope='row' style='text-align:left;vertical-align:top'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{'<br>'.join(html.escape(_shown(line)) for line in lines)}</td></tr>"
            for name, lines in rows
        )
        return f"<table lang='{lang}'>{body}</table>"


def _shown(text: str) -> str:
    """Control characters and those that turn the direction of text, made visible."""
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was written, measured and read back."""

    changed: bool
    """Whether anything was written: false if the file carried this very label already."""
    format: Format
    """What the file is."""
    label: LabelFields
    """The label as it stands in the file; empty fields where the format has no place for one."""
    notice: dict[str, Any] | None
    """The notice that people perceive, measured."""
    notice_waived: str | None
    """Why there is no notice."""
    reencoded: str | None
    """What became of the picture or sound outside the notice; nothing where every byte stayed."""
    propagated: bool
    """Whether a platform's fields were written, and not a producer's label."""
    signed: bool
    """Whether a manifest was signed."""
    sealed: bool
    """Whether the label itself was signed, together with a hash of the content."""
    bytes: int
    """Length of the output in bytes."""
    sha256: str
    """SHA-256 of the output, in hex."""
    notes: tuple[str, ...]
    """What else there is to know, in English."""
    report: Report
    """What the verifier says about the output."""

    def label_json(self) -> str:
        """The AIGC object as JSON text (GB 45438-2025 annex E)."""
        fields = {
            "Label": self.label.label,
            "ContentProducer": self.label.content_producer,
            "ProduceID": self.label.produce_id,
            "ReservedCode1": self.label.reserved_code1,
            "ContentPropagator": self.label.content_propagator,
            "PropagateID": self.label.propagate_id,
            "ReservedCode2": self.label.reserved_code2,
        }
        return json.dumps(fields, ensure_ascii=False)

    @classmethod
    def _of(cls, receipt: str, notes: list[tuple[str, str]], report: _native.Report) -> Receipt:
        from ._types import Format, LabelFields

        data = json.loads(receipt)
        data["format"] = Format(data["format"])
        data["label"] = LabelFields.from_dict(data["label"])
        return cls(**data, notes=tuple(en for en, _ in notes), report=Report(report))


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One part of a file."""

    name: str
    """The format's own name for it."""
    offset: int
    """First byte."""
    length: int
    """Number of bytes, framing included."""
    slot: str | None
    """The metadata place that it is."""
    essence: bool
    """Whether it carries the content itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One metadata value."""

    slot: str
    """The metadata place."""
    segment: str
    """The format's name of the part."""
    offset: int
    """First byte of the part."""
    length: int
    """Number of bytes of the part."""
    bytes: int
    """Number of bytes of the value."""
    text: str | None
    """The value, if it is text; as it stands in the file, so escape it before showing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a file is made of."""

    format: Format
    """What the content is."""
    bytes: int
    """Length in bytes."""
    size: tuple[int, int] | None
    """Width and height in stored pixels."""
    animated: bool
    """Whether it is animated."""
    segments: tuple[Segment, ...]
    """Every part, in file order."""
    values: tuple[Value, ...]
    """Every metadata value, in file order."""
    findings: tuple[tuple[str, str], ...]
    """What is wrong with the structure: code and sentence."""

    @classmethod
    def _of(cls, text: str) -> Inspection:
        from ._types import Format

        data = json.loads(text)
        return cls(
            format=Format(data["format"]),
            bytes=data["bytes"],
            size=None if data["size"] is None else tuple(data["size"]),
            animated=data["animated"],
            segments=tuple(Segment(**one) for one in data["segments"]),
            values=tuple(Value(**one) for one in data["values"]),
            findings=tuple((code, text) for code, text in data["findings"]),
        )
