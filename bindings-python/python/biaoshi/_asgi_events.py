"""Server-sent events of model servers, labelled one by one."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from biaoshi import EventStream, Label, Labeler, Notice
from biaoshi._asgi_json import Gate, has_media, is_error
from biaoshi._generate import generated, insertions

#: Most bytes of one event. :class:`biaoshi.EventStream` looks into none that is longer.
MAX_EVENT = 4 << 20
#: Most characters of an answer that are kept to see whether they are JSON.
MAX_WORDS = 16 << 20
#: Most answers in one stream that are told apart.
_ANSWERS = 128
_BREAK = re.compile(rb"\r\n|\r|\n")
_DATA = re.compile(r"(?:\A|[\r\n])data: ?")
_BOM = b"\xef\xbb\xbf"
_FOR_PROGRAMS = "the answer is JSON for a program"


class Splitter:
    """Cuts a stream into events (WHATWG HTML 9.2.6). Comments between them are pieces of their own, for
    they keep connections alive."""

    def __init__(self) -> None:
        self._held = bytearray()
        # Where the line begins that is being read, and up to where no break was found.
        self._line = 0
        self._seen = 0
        # Whether a CR was read last, whether the line has bytes that went out already, and whether the
        # event is too long.
        self._cr = self._any = self._long = False

    def push(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """What is complete, and whether it is a piece of an event that is too long."""
        if self._cr and data.startswith(b"\n"):
            # It belongs to the break before it.
            data = data[1:]
            self._cr = False
            if self._held:
                self._held += b"\n"
                self._line = self._seen = len(self._held)
            else:
                yield b"\n", False
        if data:
            self._cr = data.endswith(b"\r")
        self._held += data
        while found := _BREAK.search(self._held, self._seen):
            line = bytes(self._held[self._line : min(found.start(), self._line + 4)]).removeprefix(_BOM)
            blank, alone = not line and not self._any, self._line == 0 and not self._long
            self._line = self._seen = found.end()
            self._any = False
            if blank or (alone and line.startswith(b":")):
                yield self._cut(found.end())
        self._seen = len(self._held)
        if self._held and (self._long or len(self._held) > MAX_EVENT):
            self._long = True
            self._any |= self._line < len(self._held)
            yield bytes(self._held), True
            self._held.clear()
            self._line = self._seen = 0

    def _cut(self, end: int) -> tuple[bytes, bool]:
        piece = bytes(self._held[:end])
        del self._held[:end]
        self._line = self._seen = 0
        long, self._long = self._long or len(piece) > MAX_EVENT, False
        return piece, long

    def finish(self) -> bytes:
        """An event that was cut off."""
        held, self._held = bytes(self._held), bytearray()
        return held


class Words:
    """The words of one answer of which JSON was asked for. A server may have ignored that: what does not
    begin as JSON gets the notice at once, and what turns out to be none gets it at its end."""

    def __init__(self, begins: str) -> None:
        self._begins = begins
        self._pieces: list[str] = []
        self._room = MAX_WORDS
        #: Whether they may be JSON; None before the first word.
        self.is_data: bool | None = None

    def add(self, words: str) -> None:
        """Takes the next words."""
        if self.is_data is None and words.strip():
            # Behind blanks that went out there is no place for a notice but the end.
            self.is_data = bool(self._pieces) or words.lstrip()[0] in self._begins
        if not words:
            return
        self._room -= len(words)
        if self.is_data is not False and self._room >= 0:
            self._pieces.append(words)

    def lacks_notice(self) -> bool:
        """Whether the answer, which ends here, has words without a notice that are no JSON."""
        if not self.is_data:
            return False
        if self._room < 0:
            # It can't be told: words behind JSON break it, and no notice breaks the rule.
            return True
        try:
            json.loads("".join(self._pieces))
        except (ValueError, RecursionError):
            return True
        return False


class Labels(Protocol):
    """What labels events of one shape."""

    def push(self, event: bytes) -> bytes: ...


class Chat:
    """Events in the shape of chat completions and completions."""

    def __init__(self, make: Callable[[Notice | None], EventStream], notice: Notice | None, begins: str) -> None:
        self._own = make(notice)
        self._begins = begins
        self._words: dict[int, Words] = {}
        if begins:
            # The same stream three times: with the notice, without it, and with one at the end alone.
            self._bare = make(Notice.none(_FOR_PROGRAMS))
            self._late = make(dataclasses.replace(notice or Notice(), at=("end",)))

    def push(self, event: bytes) -> bytes:
        """The event with what it lacks."""
        own = self._own.push(event)
        if not self._begins:
            return own
        bare, late = self._bare.push(event), self._late.push(event)
        choices = _choices(event)
        known = [self._words.setdefault(index, Words(self._begins)) for index, _, _ in choices]
        for words, (_, said, _) in zip(known, choices, strict=True):
            words.add(said)
        if len(self._words) > _ANSWERS or any(words.is_data is False for words in known):
            return own
        ended = (words for words, (_, _, ends) in zip(known, choices, strict=True) if ends)
        return late if any([words.lacks_notice() for words in ended]) else bare

    def finish(self) -> bytes:
        """What is left."""
        return self._own.finish() if not self._begins else self._bare.finish()


def _choices(event: bytes) -> list[tuple[int, str, bool]]:
    """The answers of an event: number, words, whether it ends."""
    parsed = data_of(event)
    choices = parsed.get("choices") if isinstance(parsed, dict) else None
    out = []
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict):
            delta = choice.get("delta")
            words = delta.get("content") if isinstance(delta, dict) else choice.get("text")
            index = choice.get("index")
            number = index if isinstance(index, int) else 0
            out.append((number, words if isinstance(words, str) else "", choice.get("finish_reason") is not None))
    return out


def data_of(event: bytes) -> Any:
    """The JSON of an event with one line of data; None for any other."""
    lines = [line for line in event.removeprefix(_BOM).splitlines() if line.partition(b":")[0] == b"data"]
    if len(lines) != 1:
        return None
    try:
        return json.loads(lines[0].partition(b":")[2])
    except (ValueError, RecursionError):
        return None


class Generate:
    """Events of SGLang's `/generate`: each has the whole text so far, or with
    `--incremental-streaming-output` the next piece of it."""

    def __init__(self, around: tuple[str, str], label: str, begins: str) -> None:
        self._around = around
        self._label = label
        self._begins = begins
        self._texts: dict[Any, str] = {}
        self._pieces: set[Any] = set()
        self._words: dict[Any, Words] = {}

    def push(self, event: bytes) -> bytes:
        """The event with what it lacks.

        Raises:
            ValueError: for events of another shape.
        """
        lines = event.decode().removeprefix("\ufeff")
        found = _DATA.search(lines)
        if found is None:
            return event
        start = found.end()
        data = re.split(r"[\r\n]", lines[start:], maxsplit=1)[0]
        if data.strip() == "[DONE]":
            return event
        answer = data_of(event)
        if is_error(answer):
            return event
        if not generated(answer):
            raise ValueError("an event of another shape")
        before, behind = self._notice(answer)
        for at, text in reversed(insertions(data, before, behind, self._label)):
            data = data[:at] + text + data[at:]
        head = event[: len(event) - len(lines.encode())]
        rest = lines[start:].partition(_first_break(lines[start:]))
        return head + (lines[:start] + data + "".join(rest[1:])).encode()

    def _notice(self, answer: dict[str, Any]) -> tuple[str, str]:
        """What goes before the words of this event, and behind them."""
        number, text = answer.get("index"), answer.get("text")
        number = number if isinstance(number, int) else 0
        if text is not None and not isinstance(text, str):
            raise ValueError("words of another form")
        ends = answer["meta_info"].get("finish_reason") is not None
        if text is None:
            return "", ""
        last = self._texts.get(number, "")
        if last and number not in self._pieces and not text.startswith(last):
            self._pieces.add(number)
        whole = number not in self._pieces
        if len(self._texts) > _ANSWERS:
            raise ValueError("too many answers in one stream")
        if text or whole:
            self._texts[number] = text if whole else last
        before = self._around[0] if text and (whole or not last) else ""
        behind = self._around[1] if ends and (text or last) else ""
        if not self._begins:
            return before, behind
        if whole:
            self._words[number] = Words(self._begins)
        words = self._words.setdefault(number, Words(self._begins))
        words.add(text)
        if words.is_data is False:
            return before, behind
        late = "\n\n" + (self._around[0].strip("\n") or self._around[1].strip("\n"))
        return "", late if ends and words.lacks_notice() else ""


def _first_break(text: str) -> str:
    found = re.search(r"\r\n|\r|\n", text)
    return found.group() if found else "\0"


class Events:
    """A stream of events, labelled by the shape of its first one."""

    def __init__(
        self,
        labeler: Callable[[Notice | None], Labeler],
        label: Label,
        notice: Notice | None,
        markup: Any,
        begins: str,
    ) -> None:
        self._labeler = labeler
        self._label = label
        self._notice = notice
        self._markup = markup
        # Where no words are put in there is nothing to decide.
        self._begins = "" if notice is not None and notice.waived is not None else begins
        self._splitter = Splitter()
        self._gate = Gate()
        self._labels: Labels | None = None
        # Whether it was said already that the event is too long.
        self._told = False

    def push(self, data: bytes) -> Iterator[tuple[bytes, str | None]]:
        """What goes out, piece by piece, and why a piece can't be labelled."""
        for piece, long in self._splitter.push(data):
            if long:
                yield piece, None if self._told else "answer.event_too_long"
                self._told = True
            else:
                self._told = False
                yield self._judged(piece, self._push(piece))

    def finish(self) -> Iterator[tuple[bytes, str | None]]:
        """What goes out when the stream has ended."""
        left = self._splitter.finish()
        labels = self._labels or self._chat()
        out: bytes | None = left
        if isinstance(labels, Chat):
            out = (labels.push(left) if left else b"") + labels.finish()
        elif data_of(left) is not None:
            # Not every client waits for the line that ends an event.
            out = self._push(left)
        yield self._judged(left, out)

    def _push(self, piece: bytes) -> bytes | None:
        if self._labels is None:
            answer = data_of(piece)
            if answer is None or is_error(answer):
                # It says nothing of the shape: it may be the end, or no event at all.
                return piece
            self._labels = self._generate() if generated(answer) else self._chat()
        try:
            return self._labels.push(piece)
        except ValueError:
            return None

    def _judged(self, piece: bytes, out: bytes | None) -> tuple[bytes, str | None]:
        if out is None:
            return piece, "answer.events"
        if has_media(out):
            return out, "answer.media_in_events"
        if not self._gate.lets_pass(out):
            # What comes behind goes through too, if this may pass.
            self._gate.give_up()
            return out, "answer.events"
        return out, None

    def _numbered(self) -> Label:
        """The label with a number, the same in all events."""
        if self._label.produce_id is None:
            made = json.loads(self._label_json())
            self._label = dataclasses.replace(self._label, produce_id=made["ProduceID"])
        return self._label

    def _label_json(self) -> str:
        stream = self._labeler(None).event_stream(self._label, markup=self._markup)
        return json.dumps(data_of(stream.push(b'data: {"choices":[]}\n\n'))["AIGC"], ensure_ascii=False)

    def _chat(self) -> Chat:
        label = self._numbered()
        return Chat(
            lambda notice: self._labeler(notice).event_stream(label, markup=self._markup), self._notice, self._begins
        )

    def _generate(self) -> Generate:
        self._numbered()
        words = around(self._labeler(self._notice), self._label, self._notice, self._markup)
        return Generate(words, self._label_json(), self._begins)


def around(labeler: Labeler, label: Label, notice: Notice | None, markup: Any) -> tuple[str, str]:
    """What a stream of text puts before the words and behind them."""
    if notice is not None and notice.waived is not None:
        return "", ""
    stream = labeler.text_stream(label, markup=markup)
    before = stream.push("x").removesuffix("x")
    return before, stream.finish()
