"""Headers of answers, and what of a request does not reach the application."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Headers = list[tuple[bytes, bytes]]

# Of the request: what would make the application send less than the whole, or something coded.
NOT_ASKED = frozenset((b"accept-encoding", b"range", b"if-range", b"if-none-match", b"if-modified-since"))
# Of the answer: what is true of the unlabelled bytes alone.
STALE = frozenset(
    (
        b"content-length",
        b"content-md5",
        b"content-digest",
        b"repr-digest",
        b"digest",
        b"etag",
        b"accept-ranges",
        b"transfer-encoding",
    )
)
BY_PROXY = frozenset((b"x-accel-redirect", b"x-sendfile", b"x-lighttpd-send-file"))
PAST_US = ("http.response.pathsend", "http.response.zerocopysend")


def asked_plainly(scope: Scope) -> Scope:
    """A request for the whole content, uncoded, sent through us."""
    headers = without([(bytes(name).lower(), bytes(value)) for name, value in scope["headers"]], NOT_ASKED)
    plain = {**scope, "headers": headers}
    if scope.get("extensions"):
        plain["extensions"] = {name: value for name, value in scope["extensions"].items() if name not in PAST_US}
    return plain


def header(headers: Headers, name: bytes) -> str:
    return next((value.decode("latin-1") for own, value in headers if own == name), "")


def without(headers: Headers, names: frozenset[bytes]) -> Headers:
    return [(name, value) for name, value in headers if name not in names]


def is_json(kind: str) -> bool:
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
