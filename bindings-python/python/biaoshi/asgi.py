"""Labels on what a model server answers: a pure ASGI middleware.

It stands in front of FastAPI, Starlette or any other ASGI application, and in vLLM::

    BIAOSHI_PRODUCER=001191110102MACQD9K64010000 \\
        vllm serve MODEL --middleware biaoshi.asgi.LabelMiddleware

Every successful answer on the paths of :data:`ENDPOINTS` (or your own) goes out labelled, or not at
all:

=====================================  ===========================================================
answer                                 what happens
=====================================  ===========================================================
JSON (``application/json``, ``+json``)  AIGC object at the top; the notice in each message; pictures,
                                       sounds and films in base64 labelled one by one
``text/event-stream``                  :class:`biaoshi.EventStream`, event by event as they come
``text/plain`` in pieces               :class:`biaoshi.TextStream`, piece by piece
everything else                        collected up to ``max_body`` bytes, then :func:`biaoshi.label`
=====================================  ===========================================================

Answers with a status other than 2xx, without a body, to ``HEAD``, on other paths, and WebSockets
pass as they are. An application in front of whose answers this middleware stands is asked for whole
and uncompressed content: ``Accept-Encoding``, ``Range`` and ``If-Range`` don't reach it, and
``Content-Length``, ``ETag``, digests and ``Accept-Ranges`` of the unlabelled content don't reach the
client. Put compression outside, that is, add it after this middleware. Add what
``app.middleware("http")`` makes before it: outside, Starlette's would end a stream that was cut as if it
were whole.

SGLang has no option for middleware. Where its server is started from Python, add the class to its
application before (``sglang.srt.entrypoints.http_server.app.add_middleware(LabelMiddleware)``; not tried
here, it needs a GPU), or put an ASGI proxy with this middleware in front of it. The same goes for
servers that are no ASGI applications. Answers of its ``/generate`` get label and notice one by one, in
lists too; in its streams every event has the label, and the notice stands in each event that repeats
the text so far, or in the first one where events hold pieces.

Streams of which the request asks for JSON (``response_format``, ``structured_outputs``, ``guided_json``,
SGLang's ``json_schema``) get no words as long as they are JSON. Not every server heeds what it was asked
for, so the answer itself decides: what does not begin as JSON gets the notice before its first word, and
what began so and is no whole JSON when it ends gets it at its end (GB 45438-2025 5.1 allows both), also
where it was cut by its length. A stream that breaks off without saying so can't get it.

What can't be labelled here: compressed answers, parts of a file (206), files that a proxy sends
(``X-Accel-Redirect``, ``X-Sendfile``), raw samples (``audio/pcm``), lines of JSON, streams of the
Responses and Messages interfaces, events of more than 4 MiB, pictures and sound within events, pictures
that an answer names by a URL alone. All but the last are errors. Sound comes in events as pieces of bare
samples or of a coded file: neither has a place for a label before the client has put it together, and
what is to be heard first would have to be coded as the pieces are, which they don't say.
"""

from __future__ import annotations

import asyncio
import codecs
import itertools
import json
import logging
import mimetypes
import os
import weakref
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal

import biaoshi
from biaoshi import Label, Labeler, Notice, TextStream
from biaoshi._asgi_events import Events, around
from biaoshi._asgi_http import (
    BY_PROXY,
    PAST_US,
    STALE,
    Headers,
    Scope,
    asked_plainly,
    header,
    is_json,
    without,
)
from biaoshi._asgi_json import asks_for_data, media_in, with_media
from biaoshi._environment import Environment, one_of, positive, some
from biaoshi._generate import answers_in, with_words

__all__ = ["ENDPOINTS", "LabelMiddleware", "LabelRefused"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Paths whose answers are generated content, as the OpenAI-compatible servers have them. ``*`` stands
#: for any characters, ``/`` too.
ENDPOINTS: tuple[str, ...] = (
    "*/v1/chat/completions",
    "*/v1/chat/completions/*",
    "*/v1/completions",
    "*/v1/responses",
    "*/v1/responses/*",
    "*/v1/messages",
    "*/v1/images/generations",
    "*/v1/images/edits",
    "*/v1/images/variations",
    "*/v1/audio/speech",
    "*/v1/videos/*/content",
    # The same, as SageMaker calls it; vLLM and SGLang answer there too.
    "*/invocations",
    # SGLang's own, to POST and PUT.
    "/generate",
)
_GENERATE = "/generate"

#: Most bytes of an answer that is collected.
MAX_BODY = 64 << 20
#: Most bytes of a request that are kept to see whether it asks for JSON.
MAX_REQUEST = 16 << 20

_JSON = "answer.json"
_SEEN_OR_HEARD = frozenset(("image", "audio", "video"))
_NOT_WHAT_IT_SAYS = (("a text is declared as a picture, sound or film", ""), ("文本被声明为图片、音频或视频", ""))
_NO_WORDS = "the JSON has no words that people see"
_IN_WORDS = "the notice stands in the words"

_log = logging.getLogger("biaoshi.asgi")


class LabelRefused(OSError):
    """An answer that had begun could not be labelled further, or was refused. It is raised out of
    ``send`` into the application, as a connection that was cut would be."""


class LabelMiddleware:
    """Labels the answers of an ASGI application (see the module).

    Without ``label`` the configuration comes from the environment, which is all that ``vllm serve
    --middleware`` allows; the other arguments then replace what stands there:

    ========================  ================================================================
    ``BIAOSHI_PRODUCER``      producer in the label: a provider code or a name. Required.
    ``BIAOSHI_PROFILE``       rule sets, separated by commas; ``cn-gb45438`` by default
    ``BIAOSHI_IDENTITY``      folder of the identity that signs; no signature by default
    ``BIAOSHI_PATHS``         patterns of paths, separated by commas; :data:`ENDPOINTS` by default
    ``BIAOSHI_TYPES``         patterns of media types, separated by commas; ``*/*`` by default
    ``BIAOSHI_ON_ERROR``      ``raise`` (default) or ``pass``
    ``BIAOSHI_MAX_BODY``      most bytes of an answer that is collected; 67108864 by default
    ``BIAOSHI_JOBS``          most answers that are labelled at once; one per processor by default
    ``BIAOSHI_NO_NOTICE``     reason for which no notice is shown (Measures, Article 9)
    ``BIAOSHI_MARKUP``        how clients show streams: ``markdown`` (default) or ``plain``
    ``BIAOSHI_PROGRAMS``      ``1``: installed programs may be started, which notices in films and
                              in coded sound (MP3, AAC, Opus) need
    ========================  ================================================================

    Args:
        app: the application.
        label: what the labels state, or a function that makes it from the scope of a request.
        profile: one rule set or several.
        notice: the notice that people perceive; None for that of the rule set.
        sign: who signs, as for :func:`biaoshi.label`. Streams are not signed.
        paths: patterns of paths (``fnmatch``, upper and lower case differ) whose answers are
            generated content. ``root_path`` is not part of the path.
        types: patterns of media types that are labelled; others pass as they are.
        when: asked for each request on these paths with its scope; False lets the answer pass.
        on_error: ``"raise"`` answers 500 in place of what can't be labelled, and cuts a stream
            that had begun; ``"pass"`` lets it pass unlabelled. Both are logged at ``biaoshi.asgi``,
            without content.
        max_body: most bytes of an answer that is collected.
        jobs: most answers that are labelled at once, each in a thread.
        markup: how clients show streams.
        limits: bounds of the work, as for :func:`biaoshi.label`.
        programs: whether installed programs may be started.

    Raises:
        ValueError: for a value that can't be, and without ``label`` and ``BIAOSHI_PRODUCER``.

    Runs under asyncio. Memory: an answer that is collected is held about three times.

    >>> from fastapi import FastAPI
    >>> app = FastAPI()
    >>> app.add_middleware(LabelMiddleware, label=Label("example"), paths=["/draw"])
    """

    def __init__(
        self,
        app: App,
        *,
        label: Label | Callable[[Scope], Label] | None = None,
        profile: str | Sequence[str] | None = None,
        notice: Notice | None = None,
        sign: Any = None,
        paths: Sequence[str] | None = None,
        types: Sequence[str] | None = None,
        when: Callable[[Scope], bool] | None = None,
        on_error: Literal["raise", "pass"] | None = None,
        max_body: int | None = None,
        jobs: int | None = None,
        markup: Literal["plain", "markdown"] | None = None,
        limits: Mapping[str, int] | None = None,
        programs: bool | None = None,
    ) -> None:
        env = Environment({} if label is not None else os.environ)
        self.app = app
        self._label = label if label is not None else Label(env.required("PRODUCER"))
        self._profile = some(profile, env.words("PROFILE"), ("cn-gb45438",))
        self._notice = notice if notice is not None else env.notice()
        self._sign = sign if sign is not None else env.identity()
        self._paths = some(paths, env.words("PATHS"), ENDPOINTS)
        self._types = some(types, env.words("TYPES"), ("*/*",))
        self._when = when
        self._on_error = one_of("on_error", on_error or env.text("ON_ERROR") or "raise", ("raise", "pass"))
        self._max_body = positive("max_body", max_body, env.text("MAX_BODY"), MAX_BODY)
        self._jobs = positive("jobs", jobs, env.text("JOBS"), os.cpu_count() or 1)
        markup_name = markup or env.text("MARKUP") or "markdown"
        self._markup: Any = one_of("markup", markup_name, ("plain", "markdown"))
        self._limits = limits
        self._programs = programs if programs is not None else env.text("PROGRAMS") == "1"
        # One for each event loop, because tests and some servers have several.
        self._slots: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]
        self._slots = weakref.WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request.

        Raises:
            Exception: whatever the application raises.
            LabelRefused: if a stream had begun and could not be labelled further.
        """
        pattern = self._pattern(scope)
        if pattern is None:
            await self.app(scope, receive, send)
            return
        answer = _Answer(self, scope, pattern, receive, send)
        try:
            await self.app(asked_plainly(scope), answer.receive, answer.send)
        except Exception as error:
            # A client that has its answer needs nothing more: what we threw into the application ends
            # here. A stream that was cut ends with the connection, which is the server's to close.
            if not (answer.answered and _is_ours(error)):
                raise

    def _pattern(self, scope: Scope) -> str | None:
        """The pattern that a request's path matches, if its answer is to be labelled."""
        if scope["type"] != "http":
            return None
        path: str = scope["path"]
        root = (scope.get("root_path") or "").rstrip("/")
        if root and path.startswith(root + "/"):
            path = path[len(root) :]
        # The `$` of a router stands for the place before a last line break too: with one, it finds the
        # same endpoint.
        path = path.removesuffix("\n")
        found = next((pattern for pattern in self._paths if fnmatchcase(path, pattern)), None)
        if found == _GENERATE and scope["method"] not in ("POST", "PUT"):
            # The name is a common one; SGLang answers to these alone.
            return None
        if found is not None and self._when is not None and not self._when(scope):
            return None
        return found

    def _made_label(self, scope: Scope) -> Label:
        return self._label if isinstance(self._label, Label) else self._label(scope)

    async def _labelled(self, content: bytes, label: Label, notice: Notice | None, name: str) -> bytes:
        limits = self._limits
        if name == _JSON:
            # All of it is read as text, media too, before and after; `max_body` is what bounds it here.
            room = max(biaoshi.limits()["metadata_bytes"], 2 * len(content))
            limits = {"metadata_bytes": room, **(limits or {})}
        out = await biaoshi.label_async(
            content,
            label=label,
            profile=self._profile,
            notice=notice,
            sign=self._sign,
            name=name,
            limits=limits,
            programs=self._programs,
        )
        return bytes(out)

    def _labeler(self, notice: Notice | None) -> Labeler:
        return Labeler(self._profile, notice=notice, limits=self._limits)

    def _slot(self) -> asyncio.Semaphore:
        return self._slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._jobs))


class _Answer:
    """One answer on its way out."""

    def __init__(self, own: LabelMiddleware, scope: Scope, pattern: str, receive: Receive, send: Send) -> None:
        self._own = own
        self._scope = scope
        self._pattern = pattern
        self._receive = receive
        self._send = send
        self._request: bytearray | None = bytearray()
        self._asked_whole = False
        # The start of the answer is held until it is known what it says.
        self._start: Message | None = None
        self._headers: Headers = []
        self._type = ""
        self._mode: Literal["pass", "collect", "events", "text"] = "pass"
        self._fresh = True
        self._body = bytearray()
        self._events: Events | None = None
        self._text: TextStream | None = None
        self._decoder: codecs.IncrementalDecoder | None = None
        # Whether nothing more goes out, and whether a whole answer went out instead.
        self.refused = False
        self.answered = False

    async def receive(self) -> Message:
        if self.refused:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.request" and self._request is not None:
            self._request += message.get("body", b"")
            if len(self._request) > MAX_REQUEST:
                self._request = None
            self._asked_whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if self.refused:
            if kind == "http.response.body":
                raise LabelRefused("the answer could not be labelled and was refused")
        elif kind == "http.response.start":
            await self._begin(message)
        elif kind == "http.response.body":
            await self._go_on(message)
        elif kind in PAST_US:
            await self._fail("answer.by_server", message)
        else:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        self._headers = [(bytes(name).lower(), bytes(value)) for name, value in message.get("headers", ())]
        self._start = message
        self._type = header(self._headers, b"content-type").partition(";")[0].strip().lower()
        status: int = message["status"]
        generated = 200 <= status < 300 and status not in (204, 205) and self._is_wanted()
        if not generated:
            await self._flush_start()
        elif self._scope["method"] == "HEAD":
            self._start = {**message, "headers": without(self._headers, STALE)}
            await self._flush_start()
        elif self._type == "text/event-stream":
            self._mode = "events"
        else:
            self._mode = "collect"
        if self._mode != "events":
            self._request = None

    def _is_wanted(self) -> bool:
        kind = self._type or "application/octet-stream"
        return any(fnmatchcase(kind, pattern) for pattern in self._own._types)

    async def _go_on(self, message: Message) -> None:
        body: bytes = message.get("body", b"")
        more: bool = message.get("more_body", False)
        if self._fresh and self._mode != "pass" and (body or not more):
            self._fresh = False
            problem = self._problem(body)
            if problem is not None:
                await self._fail(problem, message)
                return
            if not body:
                # Nothing to label.
                self._mode = "pass"
            elif more and self._streams_text():
                self._mode = "text"
        if self._mode == "collect":
            await self._collect(body, more, message)
        elif self._mode == "events":
            await self._stream_events(body, more, message)
        elif self._mode == "text":
            await self._stream_text(body, more, message)
        else:
            await self._flush_start()
            await self._send(message)

    def _problem(self, body: bytes) -> str | None:
        """Why an answer with these headers can't be labelled."""
        names = {name for name, _ in self._headers}
        if names & BY_PROXY:
            return "answer.by_proxy"
        if not body:
            return None
        if (self._start is not None and self._start["status"] == 206) or b"content-range" in names:
            return "answer.partial"
        if header(self._headers, b"content-encoding").strip().lower() not in ("", "identity"):
            return "answer.compressed"
        return None

    # Collected answers.

    async def _collect(self, body: bytes, more: bool, message: Message) -> None:
        if len(self._body) + len(body) > self._own._max_body:
            await self._fail("answer.too_long", message)
            return
        self._body += body
        if more:
            return
        content = bytes(self._body)
        try:
            async with self._own._slot():
                content = await self._label_whole(content)
        except Exception as error:
            await self._fail(_code(error), {**message, "body": b""})
            return
        self._body.clear()
        kept = without(self._headers, STALE)
        kept.append((b"content-length", str(len(content)).encode()))
        await self._flush_start(kept)
        await self._send({**message, "body": content})

    async def _label_whole(self, content: bytes) -> bytes:
        own, label = self._own, self._own._made_label(self._scope)
        if not is_json(self._type):
            name = "content" + (mimetypes.guess_extension(self._type) or "")
            if self._type.partition("/")[0] in _SEEN_OR_HEARD:
                # A notice in words would make something else of it.
                found = await biaoshi.verify_async(content, look="nothing", name=name, limits=own._limits)
                if found.modality == "text":
                    raise biaoshi.UnsupportedError("answer.not_what_it_says", _NOT_WHAT_IT_SAYS)
            return await own._labelled(content, label, own._notice, name)
        # The library takes a text with a bare DELETE for no text. In JSON it can stand in strings alone.
        content = content.replace(b"\x7f", b"\\u007f")
        media = await asyncio.to_thread(media_in, content)
        if media:
            labelled = {}
            for text, inner in media.items():
                labelled[text] = await own._labelled(inner, label, own._notice, "content")
            content = await asyncio.to_thread(with_media, content, labelled)
        answers = await asyncio.to_thread(answers_in, content)
        if answers is not None:
            return await self._label_generated(answers, label)
        try:
            return await own._labelled(content, label, own._notice, _JSON)
        except biaoshi.BiaoshiError as error:
            if error.code != "notice.no_message":
                raise
        return await own._labelled(content, label, Notice.none(_NO_WORDS), _JSON)

    async def _label_generated(self, answers: list[str], label: Label) -> bytes:
        """Answers of SGLang's `/generate`, every second of `answers`, each with the label and the notice
        around its words."""
        own, out = self._own, []
        words = around(own._labeler(own._notice), label, own._notice, own._markup)
        for number, answer in enumerate(answers):
            if number % 2 == 0:
                out.append(answer.encode())
                continue
            made = await asyncio.to_thread(with_words, answer, *words)
            out.append(await own._labelled(made.encode(), label, Notice.none(_IN_WORDS), _JSON))
        return b"".join(out)

    # Streams.

    async def _stream_events(self, body: bytes, more: bool, message: Message) -> None:
        out = []
        try:
            if self._events is None:
                self._events = await self._event_stream()
            labelled = self._events.push(body)
            if not more:
                labelled = itertools.chain(labelled, self._events.finish())
            for piece, problem in labelled:
                if problem is not None:
                    await self._fail(problem, None)
                    if self.refused:
                        return
                out.append(piece)
        except LabelRefused:
            raise
        except Exception as error:
            await self._fail(_code(error), {**message, "body": b"".join(out) + body})
            return
        await self._pass_on(b"".join(out), more, message)

    async def _event_stream(self) -> Events:
        own, request = self._own, self._request
        begins = ""
        if request and self._asked_whole:
            begins = await asyncio.to_thread(asks_for_data, bytes(request))
        self._request = None
        return Events(own._labeler, own._made_label(self._scope), own._notice, own._markup, begins)

    def _streams_text(self) -> bool:
        if self._type != "text/plain" or (self._own._notice is not None and self._own._notice.waived):
            return False
        parameters = header(self._headers, b"content-type").lower().partition(";")[2]
        charset = parameters.partition("charset=")[2].partition(";")[0].strip(' "') or "utf-8"
        return charset in ("utf-8", "utf8", "us-ascii")

    async def _stream_text(self, body: bytes, more: bool, message: Message) -> None:
        held = b""
        try:
            if self._text is None or self._decoder is None:
                own = self._own
                self._text = own._labeler(own._notice).text_stream(own._made_label(self._scope), markup="plain")
                self._decoder = codecs.getincrementaldecoder("utf-8")()
            held = self._decoder.getstate()[0]
            out = self._text.push(self._decoder.decode(body, not more))
            if not more:
                out += self._text.finish()
        except Exception as error:
            await self._fail(_code(error), {**message, "body": held + body})
            return
        await self._pass_on(out.encode(), more, message)

    async def _pass_on(self, out: bytes, more: bool, message: Message) -> None:
        if out or not more:
            await self._flush_start(without(self._headers, STALE))
            await self._send({**message, "body": out})

    # The end.

    async def _flush_start(self, headers: Headers | None = None) -> None:
        start, self._start = self._start, None
        if start is not None:
            await self._send(start if headers is None else {**start, "headers": headers})

    async def _fail(self, code: str, message: Message | None) -> None:
        """Refuses the answer, or lets what was held and `message` pass if there is one."""
        method, begun = self._scope["method"], self._start is None
        passes = self._own._on_error == "pass"
        done = "passed unlabelled" if passes else "cut" if begun else "refused"
        _log.error("%s %s: an answer of type %r was %s: %s", method, self._pattern, self._type, done, code)
        if passes:
            if message is not None:
                await self._let_pass(message)
            return
        self.refused = True
        self._body.clear()
        if begun:
            raise LabelRefused(f"the answer could not be labelled further: {code}")
        self.answered = True
        await _answer_500(self._send, code)

    async def _let_pass(self, message: Message) -> None:
        self._mode = "pass"
        # What came in before, if it was collected.
        held = bytes(self._body)
        self._body.clear()
        await self._flush_start()
        if message["type"] == "http.response.body":
            message = {**message, "body": held + message.get("body", b"")}
        await self._send(message)


def _is_ours(error: BaseException | None) -> bool:
    """Whether this was raised because of what we raised."""
    if isinstance(error, BaseExceptionGroup):
        return all(_is_ours(one) for one in error.exceptions)
    seen = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, LabelRefused):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def _code(error: Exception) -> str:
    """A name for an error that holds no content."""
    return error.code if isinstance(error, biaoshi.BiaoshiError) else type(error).__name__


async def _answer_500(send: Send, code: str) -> None:
    error = {"message": "The answer could not be labelled as AI-generated.", "type": "server_error", "code": code}
    body = json.dumps({"error": error}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        # Another try would cost a generation and end the same way.
        (b"x-should-retry", b"false"),
    ]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
