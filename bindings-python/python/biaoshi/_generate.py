"""The answers of SGLang's `/generate`: `{"text": ..., "meta_info": {...}}`, or a list of them."""

from __future__ import annotations

import json
import re
from typing import Any

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def generated(answer: Any) -> bool:
    """Whether it is one answer of this shape."""
    return isinstance(answer, dict) and isinstance(answer.get("meta_info"), dict) and "choices" not in answer


def answers_in(content: bytes) -> list[str] | None:
    """The answers in a JSON text, each with the text before it, and the text behind the last; None if it
    holds something else.

    Raises:
        ValueError: if the text is no JSON, or has a key twice.
    """
    found = json.loads(content)
    many = isinstance(found, list)
    if not (many and found and all(map(generated, found))) and not generated(found):
        return None
    text = content.decode()
    out, at = [], 0
    for start, end in items(text) if many else [(0, len(text))]:
        out += [text[at:start], text[start:end]]
        at = end
    return [*out, text[at:]]


def items(text: str) -> list[tuple[int, int]]:
    """Where the items of a JSON array begin and end.

    Raises:
        ValueError: if it is none.
    """
    out, at = [], _past(text, 0, "[")
    while text[at : at + 1] != "]":
        _, end = _DECODER.raw_decode(text, at)
        out.append((at, end))
        at = _blank(text, end)
        if text[at : at + 1] == ",":
            at = _blank(text, at + 1)
    return out


def members(text: str) -> dict[str, tuple[int, int]]:
    """Where the values of a JSON object begin and end.

    Raises:
        ValueError: if it is none, or has a key twice.
    """
    out: dict[str, tuple[int, int]] = {}
    at = _past(text, 0, "{")
    while text[at : at + 1] != "}":
        key, end = _DECODER.raw_decode(text, at)
        at = _past(text, end, ":")
        _, end = _DECODER.raw_decode(text, at)
        if key in out:
            raise ValueError("a key stands twice")
        out[key] = (at, end)
        at = _blank(text, end)
        if text[at : at + 1] == ",":
            at = _blank(text, at + 1)
    return out


def insertions(text: str, before: str, behind: str, label: str = "") -> list[tuple[int, str]]:
    """What to put into an answer and where, in order: the label as JSON, if it has none, and notices
    around its words.

    Raises:
        ValueError: as `members`.
    """
    found = members(text)
    out = []
    if label and "AIGC" not in found:
        out.append((_past(text, 0, "{"), f'"AIGC":{label},'))
    start, end = found.get("text", (0, 0))
    if text[start : start + 1] == '"':
        out += [(start + 1, json.dumps(before)[1:-1]), (end - 1, json.dumps(behind)[1:-1])]
    return sorted((place, piece) for place, piece in out if piece)


def with_words(text: str, before: str, behind: str) -> str:
    """An answer with notices around its words. Words that are JSON for a program stay as they are.

    Raises:
        ValueError: as `members`.
    """
    words = json.loads(text).get("text")
    if not isinstance(words, str) or not words or is_data(words):
        return text
    for at, piece in reversed(insertions(text, before, behind)):
        text = text[:at] + piece + text[at:]
    return text


def is_data(words: str) -> bool:
    """Whether words are a JSON object or array."""
    if words.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(words)
    except (ValueError, RecursionError):
        return False
    return True


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _past(text: str, at: int, mark: str) -> int:
    at = _blank(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"{mark} is needed")
    return _blank(text, at + 1)
