"""The options that many functions hand on, each in one place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from ._keys import Signs, TrustStore
    from ._label import Notice
    from .remote import Buffers, FileSystem

Lang = Literal["en", "zh"]


class VerifyOptions(TypedDict, total=False):
    """What of `biaoshi.Verifier` applies to many contents.

    `profile`: names of the rule sets to judge by; `trust`: anchors, or paths of files with them, which
    are read once;
    `declared`: whether the users who published the contents declared them (Measures, Article 6 (2));
    `look`: where notices for people are looked for; `limits`: bounds on memory and work; `programs`:
    whether installed programs may be started.
    """

    profile: str | Sequence[str] | None
    trust: TrustStore | str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None
    declared: bool
    look: Literal["nothing", "words", "everything"]
    limits: Mapping[str, int] | None
    programs: bool


class JudgeOptions(VerifyOptions, total=False):
    """`VerifyOptions`, and how rows are judged.

    `report`: language of the whole report as JSON in the field `report`; without one it is null.
    `jobs`: most threads, at least 1; without a number, one per processor for contents, and for files four
    more, at most 32. In engines that run a worker per processor, 1 for contents.
    """

    report: Lang | None
    jobs: int | None


class FileOptions(JudgeOptions, total=False):
    """`JudgeOptions`, and how files are read.

    `filesystem`: where the paths are, as `biaoshi.remote` lists them; without one, on the local disk. It
    has to be one that can be pickled where an engine works in other processes. `buffers`: how much is
    fetched and kept of each file. JPEG, PNG and GIF have no index and are
    read whole; with `limits={"coded_bytes": 1 << 20}` what of a larger coded picture lies behind a label
    is left unread: the status stands, `file.unread` says so, and no rule set is called satisfied.
    """

    filesystem: FileSystem
    buffers: Buffers


class LabelOptions(TypedDict, total=False):
    """What of `biaoshi.Labeler` applies to many contents, all as there."""

    profile: str | Sequence[str]
    notice: Notice | None
    sign: Signs | None
    limits: Mapping[str, int] | None
    programs: bool
    title: str | None
    iptc_ai_fields: bool
    watermark: bool
    sign_over_broken: bool


class PropagateOptions(TypedDict, total=False):
    """What of `biaoshi.Propagator` applies to many contents, all as there."""

    profile: str | Sequence[str]
    sign: Signs | None
    limits: Mapping[str, int] | None
    title: str | None
    sign_over_broken: bool
    reserved_code2: str | None


class PictureOptions(TypedDict, total=False):
    """What of `biaoshi.Labeler` applies to pictures, all as there."""

    profile: str | Sequence[str]
    notice: Notice | None
    sign: Signs | None
    limits: Mapping[str, int] | None
    programs: bool
