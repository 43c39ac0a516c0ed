"""
Labels on AI-generated content, natively; use the package `biaoshi`.
"""

from _typeshed import Incomplete, SupportsGetItem
from os import PathLike
from typing import Any, Final, SupportsFloat, SupportsIndex, final
from typing_extensions import Buffer

__all__ = ["__version__", "CallbackSigner", "Cancel", "EventStream", "Identity", "Labeler", "Propagator", "Report", "TextDetector", "TextKey", "TextSequence", "TextStream", "TextWatermark", "TrustStore", "Verifier", "aigc_json", "decide", "inspect", "keygen", "label_answer", "limits", "main", "picture_from_png", "picture_to_png", "profiles", "provider_answer", "provider_check", "provider_compose", "sound_from_wav", "sound_to_wav", "source_types", "text_model"]

__version__: Final[str]

@final
class CallbackSigner:
    """
    Signs by a function of Python, for keys in key services and hardware modules.
    """
    def __new__(cls, /, sign: Any, algorithm: str, chain: str | None = None, public_key: SupportsGetItem[int, SupportsIndex] | None = None) -> CallbackSigner: ...

@final
class Cancel:
    """
    Ends the calls that it was given to, from another thread.
    """
    def __new__(cls, /) -> Cancel: ...
    def set(self, /) -> None:
        """
        Ends them.
        """

@final
class EventStream:
    """
    Labels server-sent events.
    """
    def finish(self, /) -> bytes: ...
    def push(self, /, piece: bytes) -> bytes: ...

@final
class Identity:
    """
    A private key with its certificates.
    """
    @property
    def algorithm(self, /) -> str: ...
    @staticmethod
    def from_pem(key: str, chain: str | None = None) -> Identity:
        """
        Reads a chain and its key, or an SM2 key alone.
        """
    @staticmethod
    def load(folder: str | PathLike[str]) -> Identity:
        """
        Reads the folder that `keygen` made; refuses a certificate outside its period.
        """
    @property
    def not_after(self, /) -> int | None:
        """
        Last second of the certificate's period, since 1970-01-01T00:00:00Z; nothing for SM2.
        """
    @property
    def subject(self, /) -> str | None:
        """
        The subject of the certificate; nothing for SM2.
        """

@final
class Labeler:
    """
    Writes labels as it was set up.
    """
    def __new__(cls, /, options: Incomplete, signer: Identity | CallbackSigner | None = None) -> Labeler: ...
    def event_stream(self, /, label: str, kind: str) -> EventStream:
        """
        A stream of server-sent events with label and notice.
        """
    def label(self, /, content: Incomplete, out: Any | None, label: str, call: Incomplete) -> tuple[bytes | None, str, list[tuple[str, str]], Report]:
        """
        Labels content.
        """
    def text_stream(self, /, label: str, kind: str) -> TextStream:
        """
        A stream of text with the notice.
        """

@final
class Propagator:
    """
    Writes a platform's fields as it was set up.
    """
    def __new__(cls, /, propagator: str, options: Incomplete, signer: Identity | CallbackSigner | None = None) -> Propagator: ...
    def propagate(self, /, content: Incomplete, out: Any | None, call: Incomplete) -> tuple[bytes | None, str, list[tuple[str, str]], Report]:
        """
        Writes the platform's fields.
        """

@final
class Report:
    """
    What the verifier says.
    """
    @property
    def bytes(self, /) -> int: ...
    @property
    def carries_intact_label(self, /) -> bool: ...
    @property
    def codes(self, /) -> list[str]:
        """
        The codes of the findings, the weightiest first.
        """
    @property
    def file(self, /) -> str | None: ...
    @property
    def format(self, /) -> str: ...
    def has(self, /, code: str) -> bool:
        """
        Whether a finding with this code is in the report.
        """
    @property
    def is_broken(self, /) -> bool: ...
    def json(self, /, lang: str, pretty: bool = False) -> str:
        """
        The JSON form.
        """
    @property
    def modality(self, /) -> str: ...
    @property
    def outcomes(self, /) -> list[tuple[str, str]]:
        """
        The profiles that were judged by, with their outcomes, in order.
        """
    @property
    def status(self, /) -> str: ...

@final
class TextDetector:
    """
    Looks for the mark of a key.
    """
    def __new__(cls, /, mark: TextWatermark, model: str | None = None) -> TextDetector: ...
    def detect(self, /, tokens: Buffer, end: SupportsIndex | None, false_alarm: SupportsFloat | SupportsIndex, miss: SupportsFloat | SupportsIndex, strength: SupportsFloat | SupportsIndex, score: str) -> str:
        """
        The answer as JSON.
        """
    def scored(self, /, tokens: Buffer, end: SupportsIndex | None) -> bytes:
        """
        g-values of the places that count, as bytes of 64-bit numbers.
        """

@final
class TextKey:
    """
    The secret of a text watermark.
    """
    @staticmethod
    def from_text(key: str) -> TextKey:
        """
        Reads the text of one.
        """
    @staticmethod
    def generate(scheme: str) -> TextKey:
        """
        Makes a key.
        """
    @staticmethod
    def load(path: str | PathLike[str]) -> TextKey:
        """
        Reads a key file.
        """
    @property
    def scheme(self, /) -> str: ...
    def to_json(self, /) -> str:
        """
        The secret as the text of a key file.
        """

@final
class TextSequence:
    """
    Where a text stands.
    """
    def copy(self, /) -> TextSequence:
        """
        Another one that stands at the same place.
        """
    def push(self, /, token: SupportsIndex) -> None:
        """
        Says which token was chosen.
        """

@final
class TextStream:
    """
    Puts a notice around a text.
    """
    def finish(self, /) -> str: ...
    def push(self, /, piece: bytes) -> str: ...

@final
class TextWatermark:
    """
    A key made ready.
    """
    def __new__(cls, /, key: TextKey) -> TextWatermark: ...
    @property
    def depth(self, /) -> int: ...
    def g_values(self, /, contexts: Buffer, ids: Buffer, rows: SupportsIndex) -> bytes:
        """
        g-values of candidates, as bytes of 64-bit numbers.
        """
    def g_values_of(self, /, tokens: Buffer) -> bytes:
        """
        g-values of a text, as bytes of 64-bit numbers.
        """
    @property
    def ngram_len(self, /) -> int: ...
    def observe(self, /, sequence: TextSequence, tokens: SupportsGetItem[int, SupportsIndex]) -> None:
        """
        Catches up with tokens that were chosen elsewhere.
        """
    def reweight(self, /, sequences: SupportsGetItem[int, TextSequence], ids: Buffer, scores: Buffer) -> bytes:
        """
        Puts the mark into scores of candidates, in place: as many rows as sequences.
        """
    def reweight_vocabulary(self, /, sequences: SupportsGetItem[int, TextSequence], scores: Buffer, top_k: SupportsIndex) -> bytes:
        """
        Puts the mark into scores of whole vocabularies, in place. Of each row the `top_k` largest are kept, or
        all above minus infinity if it is 0.
        """
    def sequence(self, /) -> TextSequence:
        """
        The start of a text.
        """

@final
class TrustStore:
    """
    Anchors and pinned keys.
    """
    @property
    def anchors(self, /) -> list[str]:
        """
        SHA-256 of each certificate, in hex.
        """
    @staticmethod
    def from_pem(text: str) -> TrustStore:
        """
        Reads PEM texts: certificates and public keys.
        """
    @staticmethod
    def load(paths: SupportsGetItem[int, str | PathLike[str]]) -> TrustStore:
        """
        Reads PEM files, or all PEM files of folders.
        """
    def to_pem(self, /) -> str:
        """
        The anchors and keys as PEM.
        """

@final
class Verifier:
    """
    Reads labels and judges them, as it was set up.
    """
    def __new__(cls, /, options: Incomplete, trust: TrustStore | None = None) -> Verifier: ...
    def crjson(self, /, content: Incomplete, name: str | None = None) -> str | None:
        """
        The manifest store in crJSON; nothing if there is none.
        """
    def record(self, /, content: Incomplete, keys: SupportsGetItem[int, str | PathLike[str]], name: str | None = None, cancel: Cancel | None = None) -> tuple[str, bytes | None, Report]:
        """
        What a store has to know of content, as JSON, the manifest store and the report.
        """
    def verify(self, /, content: Incomplete, name: str | None = None, cancel: Cancel | None = None) -> Report:
        """
        Reads and judges content.
        """

def aigc_json(label: str, produce_id: str) -> str:
    """
    The AIGC object of a label with this number, as JSON text.
    """

def decide(statements: SupportsGetItem[int, tuple[str, str, str | None, str | None]], declared: bool) -> str:
    """
    The status that these statements lead to.
    """

def inspect(content: Incomplete, name: str | None = None, limits: dict[str, SupportsIndex] = ...) -> str:
    """
    Every part and metadata value of content, as JSON.
    """

def keygen(folder: str | PathLike[str], organization: str, common_name: str, country: str, days: SupportsIndex, algorithm: str) -> Identity:
    """
    Makes a key with its certificates, writes them into a new folder, and returns the identity.
    """

def label_answer(value: bytes) -> str:
    """
    What a value of the AIGC field says, as JSON.
    """

def limits() -> dict[str, int]:
    """
    The default bounds on memory and work, by name.
    """

def main(path: str | PathLike[str], first: SupportsGetItem[int, str], arguments: SupportsGetItem[int, str]) -> int:
    """
    Runs the command with these arguments and returns its exit status. `path` and `first` start it once
    more, for work that is bounded from outside.
    """

def picture_from_png(bytes: bytes) -> tuple[bytes, int, int, int]:
    """
    Samples, width, height and channels of an 8-bit PNG.
    """

def picture_to_png(samples: Buffer, width: SupportsIndex, height: SupportsIndex, channels: SupportsIndex) -> bytes:
    """
    A PNG of rows of 8-bit samples.
    """

def profiles() -> list[str]:
    """
    The names of all profiles.
    """

def provider_answer(text: str) -> str:
    """
    What reading a provider code gives, as JSON.
    """

def provider_check(text: str) -> list[tuple[int, int, str, str, str]]:
    """
    The parts of a provider code: its positions, characters and meanings.
    """

def provider_compose(credit_code: str, service: str, extension: str) -> str:
    """
    The code of an organisation.
    """

def sound_from_wav(bytes: bytes) -> bytes:
    """
    The samples of such a WAV.
    """

def sound_to_wav(samples: Buffer, rate: SupportsIndex, channels: SupportsIndex, bits: SupportsIndex, float: bool) -> bytes:
    """
    A WAV of interleaved samples: integers of 16 or 32 bits, or floating point of 32 or 64.
    """

def source_types() -> list[str]:
    """
    The terms of the IPTC digital source types that can be stated.
    """

def text_model(g_values: Buffer, depth: SupportsIndex, prior: SupportsFloat | SupportsIndex) -> str:
    """
    Fits a model of the odds of the mark; its JSON.
    """
