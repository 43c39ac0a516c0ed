"""What leads from content back to its label after the label was lost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._report import Report

if TYPE_CHECKING:
    from . import _native
    from ._types import LabelFields


@dataclass(frozen=True, slots=True)
class SoftBinding:
    """A value that a reader of watermarks found in content; it can be a key of a dict."""

    alg: str
    """Name of the algorithm."""
    value: bytes
    """The value."""
    key: str | None = None
    """Which secret key it was read with; nothing for the public one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a store keeps of content, and what content is looked up by."""

    manifest_id: str | None
    """Name of the active manifest, usually `urn:c2pa:` and more."""
    manifest: bytes | None
    """The manifest store as it stands in the file."""
    label: LabelFields | None
    """The label that stands in it and is not broken."""
    bindings: tuple[SoftBinding, ...]
    """What its watermarks carry."""
    phash: int | None
    """Perceptual hash, of pictures; 64 bits."""
    sha256: str
    """SHA-256 of the content, in hex."""
    report: Report
    """What the verifier says."""

    def distance(self, other: Record) -> int | None:
        """In how many of 64 bits the perceptual hashes differ: up to 10 counts as the same picture.
        Nothing if there are no two to compare."""
        if self.phash is None or other.phash is None:
            return None
        return (self.phash ^ other.phash).bit_count()

    @classmethod
    def _of(cls, text: str, manifest: bytes | None, report: _native.Report) -> Record:
        from ._types import LabelFields

        data = json.loads(text)
        label = None if data["label"] is None else LabelFields.from_dict(data["label"])
        bindings = tuple(SoftBinding(one["alg"], bytes(one["value"]), one["key"]) for one in data["bindings"])
        return cls(
            manifest_id=data["manifest_id"],
            manifest=manifest,
            label=label,
            bindings=bindings,
            phash=data["phash"],
            sha256=data["sha256"],
            report=Report(report),
        )
