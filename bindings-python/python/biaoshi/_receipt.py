"""What was written, and what a file is made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._report import Report

if TYPE_CHECKING:
    from . import _native
    from ._types import Format, LabelFields


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
    watermark: dict[str, Any] | None
    """The watermark that was put into the content: scheme, payload, and how much it changed."""
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
