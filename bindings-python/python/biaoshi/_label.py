"""What is stated: labels, notices, provider codes, profiles."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from . import _native

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._types import Status

Level = Literal["is", "possible", "suspected"]
#: The words for "1", "2" and "3".
LEVELS = ("is", "possible", "suspected")
Moment = Literal["start", "middle", "end"]
Corner = Literal[
    "top-left", "top", "top-right", "left", "right", "bottom-left", "bottom", "bottom-right"
]


def _present(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The system that made the content. All optional; GB 45438-2025 asks for none of it.

    Prompt and prompt writer can hold personal data: they are written only with
    `iptc_ai_fields=True`.
    """

    system_name: str | None = None
    """Name of the generating system (IPTC `AISystemUsed`)."""
    system_version: str | None = None
    """Version of that system (IPTC `AISystemVersionUsed`)."""
    model_id: str | None = None
    """Identifier of the model, as its provider spells it."""
    created_at: str | None = None
    """Time of creation, RFC 3339."""
    human_oversight: str | None = None
    """What people did to the content or checked, in words."""
    prompt: str | None = None
    """The prompt (IPTC `AIPromptInformation`)."""
    prompt_writer: str | None = None
    """Who wrote the prompt (IPTC `AIPromptWriterName`)."""


@dataclass(frozen=True, slots=True)
class Label:
    """What is stated about one piece of content (GB 45438-2025 annex E).

    >>> Label("001191110102MACQD9K64010000").level
    'is'
    """

    producer: str
    """Name or 27-character code of the provider that generated the content (`ContentProducer`)."""
    level: Level = field(default="is", kw_only=True)
    """How sure (`Label`): `is` "1", `possible` "2", `suspected` "3"."""
    produce_id: str | None = field(default=None, kw_only=True)
    """The producer's unique number for this content (`ProduceID`); without it, one is made."""
    reserved_code1: str | None = field(default=None, kw_only=True)
    """The producer's protection data (`ReservedCode1`)."""
    propagator: str | None = field(default=None, kw_only=True)
    """Who spreads the content (`ContentPropagator`); without it, the producer."""
    propagate_id: str | None = field(default=None, kw_only=True)
    """The propagator's unique number (`PropagateID`); without it, the produce id."""
    reserved_code2: str | None = field(default=None, kw_only=True)
    """The propagator's protection data (`ReservedCode2`)."""
    source_type: str = field(default="trainedAlgorithmicMedia", kw_only=True)
    """How the content came to be: a term of the IPTC digital source types."""
    origin: Origin = field(default=Origin(), kw_only=True)
    """The system behind the content."""

    def __post_init__(self) -> None:
        if not isinstance(self.producer, str):
            raise TypeError(f"producer: a str is needed, not {type(self.producer).__name__}")
        if self.level not in LEVELS:
            raise ValueError(f"level: {self.level!r} is none of {', '.join(LEVELS)}")

    def to_dict(self) -> dict[str, Any]:
        """The label by its fields' names, those that are set."""
        data = asdict(self)
        data["origin"] = _present(data["origin"])
        return _present(data)

    def to_json(self) -> str:
        """The AIGC object as it is written (GB 45438-2025 annex E); the label needs its `produce_id`.

        Raises `InvalidError` if a field breaks a rule.
        """
        return _native.aigc_json(self._json(), self.produce_id or "")

    def _json(self) -> str:
        return json.dumps(self.to_dict())


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The notice that people perceive: where, in which words, in which languages.

    >>> Notice(corner="top-left", languages=("zh-Hans", "pt")).corner
    'top-left'
    """

    corner: Corner = "bottom-right"
    """Corner or edge of a picture as it is displayed (GB 45438-2025 5.2)."""
    at: tuple[Moment, ...] = ()
    """Places in a text, a document or a sound; the start if none is named (5.1, 5.3)."""
    languages: tuple[str, ...] = ()
    """Languages of the profile's own wording: `zh-Hans`, `zh-Hant`, `en`, `pt`."""
    lines: tuple[str, ...] = ()
    """The caller's own words, one to eight lines of at most 120 characters."""
    each_page: bool = False
    """On each page, slide or sheet, and not on one alone."""
    spoken: bool = False
    """Speech by an installed program instead of the rhythm short-long short-short."""
    clip: bytes | None = field(default=None, repr=False)
    """A recording, a WAV file, instead of the rhythm."""
    font: bytes | None = field(default=None, repr=False)
    """A TrueType or OpenType font instead of the embedded one."""
    seconds: float | None = None
    """For how long it is seen in a film, in seconds, instead of as the profiles ask."""
    every: float | None = None
    """From one notice in a film to the next, in seconds; needs `seconds`."""
    throughout: bool = False
    """From the first frame of a film to the last."""
    waived: str | None = None
    """Why there is none (Measures, Article 9: on a user's request, with a log)."""

    @classmethod
    def none(cls, reason: str) -> Notice:
        """No notice, because of `reason`, which is kept in the receipt."""
        return cls(waived=reason)

    def _options(self) -> dict[str, Any]:
        span: tuple[str, float, float] | None = None
        if self.throughout:
            span = ("throughout", 0.0, 0.0)
        elif self.every is not None:
            if self.seconds is None:
                raise ValueError("every: needs seconds")
            span = ("every", float(self.seconds), float(self.every))
        elif self.seconds is not None:
            span = ("start", float(self.seconds), 0.0)
        return {
            "waived": self.waived,
            "placement": self.corner,
            "at": list(self.at),
            "languages": list(self.languages),
            "lines": list(self.lines),
            "each_page": self.each_page,
            "spoken": self.spoken,
            "clip": self.clip,
            "font": self.font,
            "span": span,
        }


@dataclass(frozen=True, slots=True)
class ProviderCode:
    """A provider's 27-character code (TC260-PG-20252A), checked.

    >>> ProviderCode("001191110102MACQD9K64010000").extension
    '0000'

    Raises `InvalidError` with the position of what is wrong.
    """

    text: str
    """The 27 characters."""

    def __post_init__(self) -> None:
        _native.provider_check(self.text)

    @classmethod
    def compose(cls, credit_code: str, *, service: str = "1", extension: str = "0000") -> ProviderCode:
        """The code of an organisation from its unified social credit code.

        `service` is `0` (extension not used), `1` (generates) or `2` (spreads); `extension` the
        provider's own four digits or capitals.
        """
        return cls(_native.provider_compose(credit_code, service, extension))

    @property
    def credit_code(self) -> str:
        """The unified social credit code: positions 5 to 22."""
        return self.text[4:22]

    @property
    def service(self) -> str:
        """What the provider does: position 23."""
        return self.text[22]

    @property
    def extension(self) -> str:
        """The provider's own code for the model or application: positions 24 to 27."""
        return self.text[23:]

    def explain(self, lang: Literal["en", "zh"] = "en") -> list[tuple[int, int, str, str]]:
        """Every part: first and last position, characters, meaning."""
        parts = _native.provider_check(self.text)
        return [(first, last, value, zh if lang == "zh" else en) for first, last, value, en, zh in parts]

    def __str__(self) -> str:
        return self.text


def read_label(value: bytes | str) -> dict[str, Any]:
    """What a value of the AIGC field says, wherever it was found: `fields`, `level`, `strict` and
    `leniencies` (each with its `code`), or `broken` and `offset` if it can't be read.

    >>> read_label('{"Label":"1"}')["level"]
    '1'
    """
    said: dict[str, Any] = json.loads(_native.label_answer(value.encode() if isinstance(value, str) else value))
    return said


def read_provider_code(text: str) -> dict[str, Any]:
    """What reading a provider code gives: `result` (`valid`, `acceptable`: right, with a service digit
    whose meaning is not known, or `invalid`), and its parts or the `reason`."""
    said: dict[str, Any] = json.loads(_native.provider_answer(text))
    return said


def decide(statements: Iterable[tuple[str, str, str | None, str | None]], *, declared: bool = False) -> Status:
    """The status that pieces of evidence lead to: claim, integrity, key and what it is tied to, each as
    `Evidence` has them. `declared`: whether the user declared the content as made by AI.

    >>> decide([("ai", "absent", None, None)]).value
    'confirmed'
    """
    from ._types import Status

    return Status(_native.decide(list(statements), declared))


class Profile(StrEnum):
    """The rule sets, by the names that `profile=` takes."""

    CN_GB45438 = "cn-gb45438"
    """China: GB 45438-2025 and the Measures."""
    EU_AI_ACT_50 = "eu-ai-act-50"
    """European Union: Article 50 of the AI Act and the Code of Practice."""
    US_CA_SB942 = "us-ca-sb942"
    """California: the AI Transparency Act (SB 942, AB 853)."""
    KR = "kr"
    """Korea: AI Basic Act, Article 31."""
    IN = "in"
    """India: the amended IT rules of 2026."""
    VN = "vn"
    """Vietnam: AI Law, Article 11."""
    C2PA = "c2pa"
    """C2PA: a conforming manifest."""


def profiles() -> list[str]:
    """The names of all rule sets.

    >>> "cn-gb45438" in profiles()
    True
    """
    return _native.profiles()


def source_types() -> list[str]:
    """The terms of the IPTC digital source types that a label can state."""
    return _native.source_types()


def limits() -> dict[str, int]:
    """The default bounds on memory and work, by name."""
    return _native.limits()
