"""The JSON of model servers: media in it, events of it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

# A string literal, escapes and all.
_LITERAL = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
# Names of the lines of an event; the empty one is that of a comment and of the line that ends an event.
_FIELDS = (b"", b"data", b"event", b"id", b"retry")
_DATA_URI = re.compile(r"data:(?:image|audio|video)/[^,]*;base64,", re.IGNORECASE)


def _strings(value: Any) -> Iterator[str]:
    """The strings that hold a picture, a sound or a film in base64."""
    stack: list[tuple[Any, str, Any]] = [(value, "", None)]
    while stack:
        found, key, parent = stack.pop()
        if isinstance(found, dict):
            stack.extend((item, name, (key, found)) for name, item in found.items())
        elif isinstance(found, list):
            stack.extend((item, key, parent) for item in found)
        elif isinstance(found, str) and found and _holds_media(found, key, parent):
            yield found


def _holds_media(text: str, key: str, parent: tuple[str, dict[str, Any]] | None) -> bool:
    if key == "b64_json" or _DATA_URI.match(text):
        return True
    if parent is None:
        return False
    # Chat completions answer sound in `audio.data`, Responses a picture in `result` of its call.
    return (key == "data" and parent[0] == "audio") or (
        key == "result" and parent[1].get("type") == "image_generation_call"
    )


def _head(text: str) -> str:
    found = _DATA_URI.match(text)
    return found.group() if found else ""


def media_in(content: bytes) -> dict[str, bytes]:
    """The media in a JSON text: each string as it stands, and what it holds.

    Raises:
        ValueError: if the text is no JSON, or a string no base64.
        RecursionError: if it is nested too deeply.
    """
    found = dict.fromkeys(_strings(json.loads(content)))
    return {text: base64.b64decode(text[len(_head(text)) :], validate=True) for text in found}


def with_media(content: bytes, media: Mapping[str, bytes]) -> bytes:
    """The JSON text with other media in these strings; every other byte stays.

    Raises:
        ValueError: if a string is not found.
    """
    left = set(media)
    shortest = min(map(len, media))

    def put(match: re.Match[bytes]) -> bytes:
        raw = match.group()
        if len(raw) < shortest:
            return raw
        text = json.loads(raw)
        if text not in media:
            return raw
        left.discard(text)
        return b'"' + _head(text).encode() + base64.b64encode(media[text]) + b'"'

    out = _LITERAL.sub(put, content)
    if left:
        raise ValueError("a string was not found")
    return out


_STRUCTURES = "{["
_ANY_JSON = _STRUCTURES + '"-0123456789tfn'


def asks_for_data(request: bytes) -> str:
    """With which characters the answer begins if a request asks a text model for JSON: an answer for
    programs, which words would break. Nothing if it does not ask."""
    try:
        asked = json.loads(request)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(asked, dict):
        return ""
    form = asked.get("response_format")
    if isinstance(form, dict) and form.get("type") in ("json_object", "json_schema"):
        inner = form.get("json_schema")
        return _begins(inner.get("schema") if isinstance(inner, dict) else {"type": "object"})
    # vLLM's own ways, the present one and the one before.
    outputs = asked.get("structured_outputs")
    if isinstance(outputs, dict) and (outputs.get("json") is not None or outputs.get("json_object")):
        return _begins(outputs.get("json"))
    if isinstance(asked.get("guided_json"), (dict, str)):
        return _begins(asked["guided_json"])
    if asked.get("guided_json_object") is True:
        return _STRUCTURES
    # SGLang's own way, one for all or one for each.
    given = asked.get("sampling_params")
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, dict) and one.get("json_schema"):
            return _begins(one["json_schema"])
    return ""


def _begins(schema: Any) -> str:
    """How JSON of this schema may begin."""
    if isinstance(schema, str):
        try:
            schema = json.loads(schema)
        except (ValueError, RecursionError):
            return _ANY_JSON
    if schema is None or (isinstance(schema, dict) and schema.get("type") in ("object", "array")):
        return _STRUCTURES
    return _ANY_JSON


_MEDIA = re.compile(rb'data:|"b64_json"|"audio"|"result"', re.IGNORECASE)


def has_media(events: bytes) -> bool:
    """Whether one of these events holds a picture, a sound or a film in base64, which can't be labelled
    there: sounds come in parts."""
    if _MEDIA.search(events) is None:
        return False
    for line in events.splitlines():
        name, _, value = line.partition(b":")
        # Pieces of several lines are no JSON; servers write one.
        if name == b"data" and _MEDIA.search(value) is not None:
            try:
                event = json.loads(value)
            except (ValueError, RecursionError):
                continue
            if next(_strings(event), None) is not None:
                return True
    return False


#: Where answers of model servers hold words.
_WORDS = frozenset(("choices", "text", "meta_info", "delta", "message", "output"))


def is_error(answer: Any) -> bool:
    """Whether this tells of an error and holds no answer."""
    return isinstance(answer, dict) and bool(answer.get("error")) and not _WORDS & answer.keys()


class Gate:
    """Lets events pass until one is labelled, and everything behind it. An event in front of it must
    have no data, be an error or the end: others have a shape in which no label can stand."""

    def __init__(self) -> None:
        self._open = False
        self._data: list[bytes] = []

    def give_up(self) -> None:
        """Lets everything pass from here."""
        self._open = True

    def lets_pass(self, out: bytes) -> bool:
        """Whether these events may go out: whole ones, as :class:`biaoshi.EventStream` gives them, or the
        part of one that grew too long or was cut off."""
        for line in () if self._open else out.splitlines():
            name, _, value = line.removeprefix(b"\xef\xbb\xbf").partition(b":")
            if name not in _FIELDS:
                # No event at all, but a text that goes by this type.
                return False
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
            elif not line and self._data:
                data, self._data = b"\n".join(self._data), []
                if not self._may_pass(data):
                    return False
                if self._open:
                    return True
        return self._open or not self._data

    def _may_pass(self, data: bytes) -> bool:
        if data.strip() == b"[DONE]":
            return True
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            return False
        if not isinstance(event, dict):
            return False
        label = event.get("AIGC")
        self._open = isinstance(label, dict) and "Label" in label
        return self._open or is_error(event)
