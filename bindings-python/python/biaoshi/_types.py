"""What a report holds, as types. Written by `cargo xtask generate` from the report's schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._words import (
    Format as Format,
    Modality as Modality,
    Status as Status,
    CarrierKind as CarrierKind,
    LabelKind as LabelKind,
    Claim as Claim,
    Integrity as Integrity,
    Key as Key,
    Bound as Bound,
    Form as Form,
    Reader as Reader,
    Moment as Moment,
    Severity as Severity,
    Outcome as Outcome,
    CheckResult as CheckResult,
    Reason as Reason,
    Sure as Sure,
    DutyKind as DutyKind,
    Who as Who,
)


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

    watermark: Watermark | None = None
    """What was read, if it is a watermark."""

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
            watermark=Watermark.from_dict(data["watermark"]) if data.get("watermark") is not None else None,
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
class Watermark:
    """A watermark that was read from the content itself.
    
    A pointer, never proof: whoever knows the public scheme can write one, and can damage one. It
    names no provider."""

    scheme: str
    """The scheme, as `spec/watermark.md` names it."""

    payload: str
    """The 64 bits that it carries: 16 hexadecimal digits."""

    key: int | None = None
    """Which of the keys that the caller gave it was read with, from 0; nothing for the public one."""

    of_label: bool | None = None
    """Whether it belongs to the label in the metadata: `false` if it is that of another label. Nothing
    where there is no label to compare with, or the payload is of another kind."""

    confidence_permille: int
    """How much of its coded signal agrees with what was read, 0 to 1000."""

    false_alarm_exponent: int
    """Content without a watermark gives a reading like this at most once in 10 to the power of this
    number of looks, by construction."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Watermark:
        """Reads the JSON form."""
        return cls(
            scheme=data["scheme"],
            payload=data["payload"],
            key=data.get("key"),
            of_label=data.get("of_label"),
            confidence_permille=data["confidence_permille"],
            false_alarm_exponent=data["false_alarm_exponent"],
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
