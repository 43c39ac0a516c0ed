"""What the verifier says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, Never

from . import _native

if TYPE_CHECKING:
    from ._types import Duty, Evidence, Finding, Format, Modality, Outcome, Status, Verdict

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
        return code in self.codes

    @property
    def codes(self) -> list[str]:
        return [one["code"] for one in self._data["findings"]]

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        return [(one["profile"], one["outcome"]) for one in self._data["verdicts"]]

    def json(self, lang: str, pretty: bool = False) -> str:
        text = self._texts[lang == "zh"]
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2) if pretty else text


def kept(texts: tuple[str, str], intact: bool) -> Report:
    """A report from its state, as pickles name it."""
    if any(json.loads(text).get("schema") != "biaoshi.report/1" for text in texts):
        raise ValueError("this is no report of this version")
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
        return tuple(self._native.codes)

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """The outcome by each profile that was asked for, by its name: `verdicts` without their checks."""
        from ._types import Outcome

        return {profile: Outcome(outcome) for profile, outcome in self._native.outcomes}

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
