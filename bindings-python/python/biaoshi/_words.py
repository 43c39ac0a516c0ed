"""The words that a report uses. Written by `cargo xtask generate` from the report's schema."""

from __future__ import annotations

from enum import StrEnum


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

    WATERMARK = "watermark"
    """An imperceptible watermark in the picture or sound itself. Anyone can write one and nothing ties
    it to who made the content, so whatever it carries counts as `Claim::SuspectedAi`."""


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

    NO_WATERMARK = "no_watermark"
    """No watermark was read, which does not show that there is none."""

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
