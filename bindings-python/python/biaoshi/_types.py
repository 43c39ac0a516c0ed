"""What a report holds, as types. Written by `cargo xtask generate` from the report's schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Format(StrEnum):
    """A file format that can be read and labelled."""

    PNG = "png"
    """Portable Network Graphics, animated or not (ISO/IEC 15948)."""

    JPEG = "jpeg"
    """JPEG (ITU-T T.81) in any application flavour."""

    WEBP = "webp"
    """WebP (RFC 9649)."""

    GIF = "gif"
    """GIF87a and GIF89a, animated or not."""

    TIFF = "tiff"
    """TIFF 6.0 and BigTIFF."""

    DNG = "dng"
    """Digital Negative: TIFF with the tag DNGVersion."""

    HEIF = "heif"
    """HEIF with any coding but AV1 (ISO/IEC 23008-12)."""

    AVIF = "avif"
    """AV1 Image File Format."""

    JXL = "jxl"
    """JPEG XL, container or bare codestream (ISO/IEC 18181)."""

    SVG = "svg"
    """Scalable Vector Graphics."""

    MP4 = "mp4"
    """MPEG-4 file, fragmented or not (ISO/IEC 14496-14)."""

    MOV = "mov"
    """QuickTime movie."""

    M4A = "m4a"
    """MPEG-4 file that holds sound alone."""

    _3GP = "3gp"
    """3GPP file (TS 26.244)."""

    MATROSKA = "matroska"
    """Matroska (RFC 9559)."""

    WEBM = "webm"
    """WebM: the subset of Matroska for the web."""

    AVI = "avi"
    """Audio Video Interleave, OpenDML too."""

    FLV = "flv"
    """Flash Video."""

    WAV = "wav"
    """WAVE, RF64 and Broadcast Wave (ITU-R BS.2088)."""

    MP3 = "mp3"
    """MPEG audio, layers I to III (ISO/IEC 11172-3)."""

    AAC = "aac"
    """AAC in ADTS frames."""

    AIFF = "aiff"
    """Audio Interchange File Format."""

    FLAC = "flac"
    """Free Lossless Audio Codec (RFC 9639)."""

    OGG = "ogg"
    """Vorbis and other codings in Ogg (RFC 3533)."""

    OPUS = "opus"
    """Opus in Ogg (RFC 7845)."""

    PDF = "pdf"
    """Portable Document Format (ISO 32000)."""

    DOCX = "docx"
    """Word document, template or macro form (ISO/IEC 29500)."""

    XLSX = "xlsx"
    """Excel workbook, template or macro form (ISO/IEC 29500)."""

    PPTX = "pptx"
    """PowerPoint presentation, template or macro form (ISO/IEC 29500)."""

    EPUB = "epub"
    """EPUB (ISO/IEC 23736)."""

    ODT = "odt"
    """OpenDocument text (ISO/IEC 26300)."""

    ODS = "ods"
    """OpenDocument spreadsheet."""

    ODP = "odp"
    """OpenDocument presentation."""

    HTML = "html"
    """HTML."""

    JSON = "json"
    """JSON (RFC 8259)."""

    VTT = "vtt"
    """WebVTT subtitles."""

    SRT = "srt"
    """SubRip subtitles."""

    MARKDOWN = "markdown"
    """Markdown, with front matter or by its name (RFC 7763)."""

    CSV = "csv"
    """Comma-separated values, by its name (RFC 4180)."""

    JAVASCRIPT = "javascript"
    """JavaScript, by its name (RFC 9239)."""

    TXT = "txt"
    """Plain text in any encoding that can be told."""


class Modality(StrEnum):
    """What kind of content a file holds (Measures, Article 3)."""

    TEXT = "text"
    """文本"""

    IMAGE = "image"
    """图片"""

    AUDIO = "audio"
    """音频"""

    VIDEO = "video"
    """视频"""

    VIRTUAL_SCENE = "virtual_scene"
    """虚拟场景"""


class Status(StrEnum):
    """What a platform has to assume about the content (Measures, Article 6)."""

    CONFIRMED = "confirmed"
    """A mark states that it is AI-generated or synthesised (属于)."""

    POSSIBLE = "possible"
    """A mark or the user states that it may be (可能)."""

    SUSPECTED = "suspected"
    """A mark states that it is suspected, or traces were found (疑似)."""

    INCONCLUSIVE = "inconclusive"
    """A mark is present and can't be relied on: broken, truncated, unreadable."""

    NONE = "none"
    """No mark was found. This says nothing about how the content was made."""


class CarrierKind(StrEnum):
    """The way in which a statement is carried."""

    AIGC_METADATA = "aigc_metadata"
    """The AIGC object of GB 45438-2025 Annex E in a metadata place."""

    IPTC_SOURCE_TYPE = "iptc_source_type"
    """IPTC `DigitalSourceType` in XMP."""

    C2PA_MANIFEST = "c2pa_manifest"
    """A C2PA manifest."""

    C2PA_ASSERTION = "c2pa_assertion"
    """The AIGC object inside a C2PA manifest, as an assertion."""

    C2PA_INGREDIENT = "c2pa_ingredient"
    """The manifest of something that the content was made from, in the same store."""

    IPTC_AI_FIELDS = "iptc_ai_fields"
    """The AI fields of IPTC 2025.1 in XMP."""

    VENDOR_MARK = "vendor_mark"
    """A vendor's own mark; no label of the standard."""

    GENERATOR_TRACE = "generator_trace"
    """What a generating program leaves behind by habit: settings, prompts, its name. A trace, never a
    label."""

    EXPLICIT_NOTICE = "explicit_notice"
    """A notice that people perceive, in the words, the picture or the sound itself. Whatever it says,
    it counts as `Claim::SuspectedAi`: an explicit label found where no implicit one was makes
    content suspected (Measures, Article 6 (3))."""


class LabelKind(StrEnum):
    """Whether people or machines perceive it (Measures, Article 3)."""

    EXPLICIT = "explicit"
    """显式标识: people perceive it."""

    IMPLICIT_METADATA = "implicit_metadata"
    """隐式标识 in file metadata."""

    IMPLICIT_CONTENT = "implicit_content"
    """隐式标识 in the content itself."""


class Claim(StrEnum):
    """What a piece of evidence states about the making of the content."""

    AI = "ai"
    """It is AI-generated or synthesised, wholly or partly."""

    POSSIBLY_AI = "possibly_ai"
    """It may be."""

    SUSPECTED_AI = "suspected_ai"
    """It is suspected to be."""

    NOT_AI = "not_ai"
    """It was made in another way. Never outweighs an AI claim."""

    UNCLEAR = "unclear"
    """A mark is there that can't be understood."""

    SILENT = "silent"
    """It is readable and says nothing about this."""


class Integrity(StrEnum):
    """Whether a piece of evidence can be believed."""

    NOT_CHECKED = "not_checked"
    """There is a signature or binding and it was not checked."""

    INTACT = "intact"
    """A signature or binding was checked and holds; `key` says whose key it was."""

    BROKEN = "broken"
    """A signature or binding was checked and does not hold."""

    UNSUPPORTED = "unsupported"
    """There is a signature or binding of a kind that can't be checked."""

    ABSENT = "absent"
    """Nothing protects this evidence: anyone could have written it."""


class Key(StrEnum):
    """Whose key an intact signature was made with."""

    TRUSTED = "trusted"
    """It chains to an anchor that the caller gave."""

    PINNED = "pinned"
    """It is one of the keys that the caller gave."""

    EMBEDDED = "embedded"
    """It travels in the file: integrity only, no identity."""

    EXPIRED = "expired"
    """It travels in the file and its certificate is outside its period."""


class Bound(StrEnum):
    """What ties an intact signature to this content."""

    CONTENT = "content"
    """A hash of the content."""

    PICTURE = "picture"
    """How the picture looks: a perceptual hash."""

    NOTHING = "nothing"
    """Nothing: the statement may have been taken from other content."""


class Form(StrEnum):
    """What kind of notice it is."""

    TEXT = "text"
    """Words as text."""

    PICTURE = "picture"
    """Words in a picture or a frame."""

    RHYTHM = "rhythm"
    """The rhythm short-long short-short."""


class Reader(StrEnum):
    """What read it."""

    BIAOSHI = "biaoshi"
    """This library."""

    OCR = "ocr"
    """An installed program for character recognition."""


class Moment(StrEnum):
    """Where a notice stands in a text, a sound or a film (GB 45438-2025 5.1, 5.3, 5.4)."""

    START = "start"
    """Before the content begins."""

    MIDDLE = "middle"
    """At a fitting place within it."""

    END = "end"
    """After the content has ended."""


class Severity(StrEnum):
    """How much a finding weighs."""

    INFO = "info"
    """Worth knowing; nothing is wrong."""

    WARNING = "warning"
    """Departs from a recommendation, or limits what can be concluded."""

    ERROR = "error"
    """Breaks a rule, or the evidence cannot be relied on."""


class Outcome(StrEnum):
    """What a rule set says about the file."""

    COMPLIANT = "compliant"
    """Everything that can be checked in a file holds."""

    NONCOMPLIANT = "noncompliant"
    """Something that can be checked does not hold."""

    NOT_FOUND = "not_found"
    """No label was found to judge."""

    INCONCLUSIVE = "inconclusive"
    """A label is there but can't be relied on or read."""

    NOT_APPLICABLE = "not_applicable"
    """The rules are not about this kind of content."""


class CheckResult(StrEnum):
    """Result of one check of a profile."""

    PASS = "pass"
    """It holds."""

    FAIL = "fail"
    """It does not hold; `findings` say why."""

    NOT_CHECKABLE = "not_checkable"
    """A file can't show it."""

    NOT_APPLICABLE = "not_applicable"
    """There is nothing to apply it to."""


class Reason(StrEnum):
    """Why a check could not be run on a file."""

    IN_CONTENT = "in_content"
    """It stands in the picture, sound or text itself, and is not read there."""

    NOT_LOOKED = "not_looked"
    """Nobody asked to look at the picture, the frames or the sound."""

    NO_PROGRAM = "no_program"
    """A program that it takes is not installed, or may not be started."""

    NOT_RECOGNISED = "not_recognised"
    """No notice was recognised, which does not show that there is none."""

    OTHER_NOTICE = "other_notice"
    """A notice was recognised, in a form or language that these rules don't ask for."""

    IN_SERVICE = "in_service"
    """A service shows or does it, around the file."""

    IN_RECORD = "in_record"
    """It stands in agreements, logs or other records."""

    OPAQUE = "opaque"
    """The form of the value is its writer's own."""

    HISTORY = "history"
    """What was done with the file before can't be seen in it."""

    UNREAD = "unread"
    """It is in the file and this reader does not tell of it."""

    UNPUBLISHED = "unpublished"
    """The form that the rules ask for is not published, or not known to us."""

    SIGNATURE_UNCHECKED = "signature_unchecked"
    """There is a signature that was not checked or can't be."""

    NO_ANCHORS = "no_anchors"
    """Nobody said whom to trust."""


class Sure(StrEnum):
    """How well a rule is known."""

    STATED = "stated"
    """A standard, or a source that cites the official text, says so."""

    INFERRED = "inferred"
    """We conclude it."""

    UNCONFIRMED = "unconfirmed"
    """From the public web or from memory: confirm it against the official text."""


class DutyKind(StrEnum):
    """What kind of act a duty asks for."""

    DISPLAY = "display"
    """Show a notice."""

    WRITE = "write"
    """Write fields into the metadata."""

    LOG = "log"
    """Keep a record."""

    REMIND = "remind"
    """Remind the user to declare."""


class Who(StrEnum):
    """Who owes a duty."""

    PLATFORM = "platform"
    """Who passes content on to the public."""

    PROVIDER = "provider"
    """Who provides the generating service."""

    DEPLOYER = "deployer"
    """Who uses the generating system and publishes what it makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing found, with the place where it was found."""

    carrier: CarrierKind
    """How it is carried."""

    kind: LabelKind
    """Who perceives it."""

    site: Site
    """Where it stands."""

    claim: Claim
    """What it states."""

    integrity: Integrity
    """Whether that can be believed."""

    key: Key | None = None
    """Whose key, if `integrity` is `intact`."""

    bound: Bound | None = None
    """What ties it to this content, if `integrity` is `intact`."""

    label: LabelFields | None = None
    """The label's fields, if it is one."""

    source_type: str | None = None
    """The source type or action that it states, as written."""

    signer: SignerInfo | None = None
    """Who signed it."""

    codes: tuple[str, ...] = ()
    """Validation codes as the C2PA standard names them."""

    stated: Stated | None = None
    """What it states about the origin."""

    dialect: str | None = None
    """The row of the table of vendor marks, traces or signature dialects that it was read by."""

    notice: Perceived | None = None
    """What was perceived, if it is a notice for people."""

    signals: tuple[str, ...] = ()
    """Signals as the C2PA asset rubrics name them."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Evidence:
        """Reads the JSON form."""
        return cls(
            carrier=CarrierKind(data["carrier"]),
            kind=LabelKind(data["kind"]),
            site=Site.from_dict(data["site"]),
            claim=Claim(data["claim"]),
            integrity=Integrity(data["integrity"]),
            key=Key(data["key"]) if data.get("key") is not None else None,
            bound=Bound(data["bound"]) if data.get("bound") is not None else None,
            label=LabelFields.from_dict(data["label"]) if data.get("label") is not None else None,
            source_type=data.get("source_type"),
            signer=SignerInfo.from_dict(data["signer"]) if data.get("signer") is not None else None,
            codes=tuple(data["codes"]) if data.get("codes") is not None else (),
            stated=Stated.from_dict(data["stated"]) if data.get("stated") is not None else None,
            dialect=data.get("dialect"),
            notice=Perceived.from_dict(data["notice"]) if data.get("notice") is not None else None,
            signals=tuple(data["signals"]) if data.get("signals") is not None else (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where in a file something stands."""

    slot: str
    """The metadata place or part, for example `xmp`, `text:AIGC`, `IDAT`."""

    offset: int
    """First byte, counted from the start of the file."""

    length: int
    """Number of bytes."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Site:
        """Reads the JSON form."""
        return cls(
            slot=data["slot"],
            offset=data["offset"],
            length=data["length"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFields:
    """The seven fields of a label as found."""

    label: str
    """`Label`"""

    content_producer: str
    """`ContentProducer`"""

    produce_id: str
    """`ProduceID`"""

    reserved_code1: str
    """`ReservedCode1`"""

    content_propagator: str
    """`ContentPropagator`"""

    propagate_id: str
    """`PropagateID`"""

    reserved_code2: str
    """`ReservedCode2`"""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LabelFields:
        """Reads the JSON form."""
        return cls(
            label=data["label"],
            content_producer=data["content_producer"],
            produce_id=data["produce_id"],
            reserved_code1=data["reserved_code1"],
            content_propagator=data["content_propagator"],
            propagate_id=data["propagate_id"],
            reserved_code2=data["reserved_code2"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    """Who signed, according to the certificate."""

    name: str | None
    """Common name of the certificate's subject. A claim unless the key is trusted."""

    organization: str | None
    """Organisation of the certificate's subject. A claim unless the key is trusted."""

    issuer: str | None
    """Issuer of the certificate."""

    serial: str | None
    """Serial number of the certificate."""

    algorithm: str | None
    """Signature algorithm."""

    certificate_sha256: str | None
    """SHA-256 of the certificate, in hex."""

    public_key_sha256: str | None = None
    """SHA-256 of the public key (SubjectPublicKeyInfo), in hex, where there is no certificate."""

    time: str | None
    """Time of signing, if a time stamp states one (RFC 3339)."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SignerInfo:
        """Reads the JSON form."""
        return cls(
            name=None if data["name"] is None else data["name"],
            organization=None if data["organization"] is None else data["organization"],
            issuer=None if data["issuer"] is None else data["issuer"],
            serial=None if data["serial"] is None else data["serial"],
            algorithm=None if data["algorithm"] is None else data["algorithm"],
            certificate_sha256=None if data["certificate_sha256"] is None else data["certificate_sha256"],
            public_key_sha256=data.get("public_key_sha256"),
            time=None if data["time"] is None else data["time"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a mark states about the origin of the content, as written there.
    
    Prompts and names of people are never taken over."""

    provider: str | None = None
    """Who provides the generating system."""

    system: str | None = None
    """The generating system or model."""

    system_version: str | None = None
    """Its version."""

    time: str | None = None
    """When the content was made or changed."""

    unique_id: str | None = None
    """The number of this content."""

    oversight: str | None = None
    """What people checked or did."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Stated:
        """Reads the JSON form."""
        return cls(
            provider=data.get("provider"),
            system=data.get("system"),
            system_version=data.get("system_version"),
            time=data.get("time"),
            unique_id=data.get("unique_id"),
            oversight=data.get("oversight"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Perceived:
    """A notice as perceived in a file, measured. Whole numbers, so that every machine says the same."""

    form: Form
    """What kind of notice it is."""

    reader: Reader
    """What read it."""

    text: str | None = None
    """Its words, as read."""

    both_elements: bool
    """Whether it has both elements: artificial intelligence, and generation or synthesis. A rhythm
    has them by definition."""

    at: Moment | None = None
    """Where in the text, sound or film."""

    rect: tuple[int, ...] | None = ()
    """Where in the picture as displayed, in pixels: left, top, width, height of the ink."""

    edge: bool | None = None
    """Whether it touches an edge or corner of the picture."""

    height_permille: int | None = None
    """Height of the ink against the shortest side, in thousandths, rounded down."""

    start_ms: int | None = None
    """Begin on the time line, in milliseconds."""

    duration_ms: int | None = None
    """For how long at least it is seen or heard, in milliseconds."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Perceived:
        """Reads the JSON form."""
        return cls(
            form=Form(data["form"]),
            reader=Reader(data["reader"]),
            text=data.get("text"),
            both_elements=data["both_elements"],
            at=Moment(data["at"]) if data.get("at") is not None else None,
            rect=tuple(data["rect"]) if data.get("rect") is not None else (),
            edge=data.get("edge"),
            height_permille=data.get("height_permille"),
            start_ms=data.get("start_ms"),
            duration_ms=data.get("duration_ms"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The JSON form of a finding."""

    code: str
    """Stable code, see `biaoshi list findings`."""

    severity: Severity
    """Weight."""

    clause: str
    """Clause or source."""

    message: str
    """The sentence, in the language asked for."""

    hint: str
    """What to do about it; may be empty."""

    site: Site | None = None
    """Where it applies."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Finding:
        """Reads the JSON form."""
        return cls(
            code=data["code"],
            severity=Severity(data["severity"]),
            clause=data["clause"],
            message=data["message"],
            hint=data["hint"],
            site=Site.from_dict(data["site"]) if data.get("site") is not None else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the file satisfies one profile."""

    profile: str
    """The profile's name, for example `cn-gb45438`."""

    outcome: Outcome
    """The sum of its checks."""

    checks: tuple[Check, ...]
    """Every check, those a file can't show included."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Verdict:
        """Reads the JSON form."""
        return cls(
            profile=data["profile"],
            outcome=Outcome(data["outcome"]),
            checks=tuple(Check.from_dict(item) for item in data["checks"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of a profile."""

    id: str
    """Stable name within the profile."""

    clause: str
    """The clause that it rests on."""

    result: CheckResult
    """How it came out."""

    reason: Reason | None = None
    """Why it could not be run, if `result` is `not_checkable`."""

    sure: Sure | None = None
    """How well the rule is known; left out if it is `stated`."""

    recommended: bool | None = None
    """Whether it is only recommended: a failure does not count in the outcome."""

    findings: tuple[str, ...] = ()
    """Codes of the findings that made it fail."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Check:
        """Reads the JSON form."""
        return cls(
            id=data["id"],
            clause=data["clause"],
            result=CheckResult(data["result"]),
            reason=Reason(data["reason"]) if data.get("reason") is not None else None,
            sure=Sure(data["sure"]) if data.get("sure") is not None else None,
            recommended=data.get("recommended"),
            findings=tuple(data["findings"]) if data.get("findings") is not None else (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """The JSON form of a `Duty`."""

    profile: str
    """The profile that states it."""

    id: str
    """Stable name within the profile."""

    kind: DutyKind
    """What kind of act it asks for."""

    who: Who
    """Who owes it."""

    clause: str
    """The clause."""

    sure: Sure
    """How well it is known."""

    from_: str | None = None
    """From when on, if later than the profile (ISO 8601 date)."""

    note: str
    """When it is owed and when not, in the language asked for; may be empty."""

    texts: tuple[DutyText, ...] = ()
    """The words to show, by language."""

    writes: tuple[FieldWrite, ...] = ()
    """The fields of the AIGC object to write."""

    keep: tuple[str, ...] = ()
    """The fields to leave as they are."""

    record: tuple[str, ...] = ()
    """What a record has to hold."""

    months: int | None = None
    """How long it has to be kept, in months, at least."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Duty:
        """Reads the JSON form."""
        return cls(
            profile=data["profile"],
            id=data["id"],
            kind=DutyKind(data["kind"]),
            who=Who(data["who"]),
            clause=data["clause"],
            sure=Sure(data["sure"]),
            from_=data.get("from"),
            note=data["note"],
            texts=tuple(DutyText.from_dict(item) for item in data["texts"]) if data.get("texts") is not None else (),
            writes=tuple(FieldWrite.from_dict(item) for item in data["writes"]) if data.get("writes") is not None else (),
            keep=tuple(data["keep"]) if data.get("keep") is not None else (),
            record=tuple(data["record"]) if data.get("record") is not None else (),
            months=data.get("months"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyText:
    """Words to show."""

    language: str
    """BCP 47 tag."""

    text: str
    """The words."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DutyText:
        """Reads the JSON form."""
        return cls(
            language=data["language"],
            text=data["text"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWrite:
    """A field of the AIGC object to write."""

    key: str
    """The key of Annex E."""

    value: str | None = None
    """The value, where the rule fixes it; otherwise it is the writer's own."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FieldWrite:
        """Reads the JSON form."""
        return cls(
            key=data["key"],
            value=data.get("value"),
        )
