"""Labels on AI-generated content: write and verify them (GB 45438-2025, C2PA, IPTC).

>>> import biaoshi
>>> text = biaoshi.label(b"# Spring", label=biaoshi.Label("example-provider"), name="a.md")
>>> report = biaoshi.verify(text, name="a.md")
>>> report.status.value, report.verdict("cn-gb45438").outcome.value
('confirmed', 'compliant')

A report says what a label states, who signed it, and what can't be told. It has no truth value, and
`none` says nothing about how content was made.
"""

from __future__ import annotations

# What typing calls so, without importing it: checkers take it for that.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from ._api import (
        inspect,
        label,
        label_async,
        propagate,
        propagate_async,
        verify,
        verify_async,
        verify_many,
    )
    from ._errors import (
        BiaoshiError,
        DeniedError,
        InternalError,
        InvalidError,
        IoError,
        LimitError,
        MalformedError,
        NotFoundError,
        RefusedError,
        SigningError,
        UnsupportedError,
    )
    from ._keys import Identity, Signer, TrustStore, keygen
    from ._label import (
        Label,
        Notice,
        Origin,
        Profile,
        ProviderCode,
        decide,
        limits,
        profiles,
        read_label,
        read_provider_code,
        source_types,
    )
    from ._native import __version__
    from ._receipt import Inspection, Receipt, Segment, Value
    from ._record import Record, SoftBinding
    from ._report import Report
    from ._types import (
        Check,
        Duty,
        Evidence,
        Finding,
        Format,
        Integrity,
        LabelFields,
        Modality,
        Outcome,
        Severity,
        SignerInfo,
        Site,
        Status,
        Verdict,
    )
    from ._work import EventStream, Labeler, Labelled, Propagator, TextStream, Verifier

#: Where each name comes from. A module is imported when the first of its names is asked for.
_WHERE = {
    "_api": "inspect label label_async propagate propagate_async verify verify_async verify_many",
    "_errors": "BiaoshiError DeniedError InternalError InvalidError IoError LimitError MalformedError "
    "NotFoundError RefusedError SigningError UnsupportedError",
    "_keys": "Identity Signer TrustStore keygen",
    "_label": "Label Notice Origin Profile ProviderCode decide limits profiles read_label read_provider_code "
    "source_types",
    "_native": "__version__",
    "_receipt": "Inspection Receipt Segment Value",
    "_record": "Record SoftBinding",
    "_report": "Report",
    "_types": "Check Duty Evidence Finding Format Integrity LabelFields Modality Outcome Severity SignerInfo Site "
    "Status Verdict",
    "_work": "EventStream Labeler Labelled Propagator TextStream Verifier",
}
_MODULES = {name: module for module, names in _WHERE.items() for name in names.split()}

__all__ = [
    "BiaoshiError",
    "Check",
    "DeniedError",
    "Duty",
    "EventStream",
    "Evidence",
    "Finding",
    "Format",
    "Identity",
    "Inspection",
    "Integrity",
    "InternalError",
    "InvalidError",
    "IoError",
    "Label",
    "LabelFields",
    "Labeler",
    "Labelled",
    "LimitError",
    "MalformedError",
    "Modality",
    "NotFoundError",
    "Notice",
    "Origin",
    "Outcome",
    "Profile",
    "Propagator",
    "ProviderCode",
    "Receipt",
    "Record",
    "RefusedError",
    "Report",
    "Segment",
    "Severity",
    "Signer",
    "SignerInfo",
    "SigningError",
    "Site",
    "SoftBinding",
    "Status",
    "TextStream",
    "TrustStore",
    "UnsupportedError",
    "Value",
    "Verdict",
    "Verifier",
    "__version__",
    "decide",
    "inspect",
    "keygen",
    "label",
    "label_async",
    "limits",
    "profiles",
    "propagate",
    "propagate_async",
    "read_label",
    "read_provider_code",
    "source_types",
    "verify",
    "verify_async",
    "verify_many",
]


def __getattr__(name: str) -> Any:
    """Importing the package costs next to nothing: each part is imported when it is first used."""
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
