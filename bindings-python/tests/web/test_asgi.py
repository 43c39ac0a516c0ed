"""The middleware alone: raw ASGI applications, every way an answer can come."""

from __future__ import annotations

import asyncio
import base64
import io
import itertools
import json
import logging
import wave
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import biaoshi
from biaoshi import Label, Notice
from biaoshi.asgi import LabelMiddleware, LabelRefused

LABEL = Label("example")
NOTICE = "AI生成"


def png(mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (320, 240), 90).save(out, "PNG")
    return out.getvalue()


class Answered(Exception):
    """What came out could not be read as an answer."""


class Exchange:
    """One request against an application behind the middleware."""

    def __init__(self, app: Any, **options: Any) -> None:
        options.setdefault("label", LABEL)
        options.setdefault("paths", ["*"])
        self.app = LabelMiddleware(app, **options)
        self.sent: list[dict[str, Any]] = []

    def run(
        self,
        path: str = "/x",
        *,
        method: str = "POST",
        headers: list[tuple[bytes, bytes]] | None = None,
        body: bytes = b"",
        **scope: Any,
    ) -> Exchange:
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "root_path": "",
            "headers": headers or [],
            "extensions": {"http.response.pathsend": {}, "http.response.debug": {}},
            **scope,
        }
        came = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return came.pop(0) if came else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            self.sent.append(dict(message))

        asyncio.run(self.app(scope, receive, send))
        return self

    @property
    def status(self) -> int:
        starts = [m for m in self.sent if m["type"] == "http.response.start"]
        if len(starts) != 1 or self.sent[0] is not starts[0]:
            raise Answered(self.sent)
        return int(starts[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        assert self.status
        return {bytes(k).decode().lower(): bytes(v).decode() for k, v in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        bodies = [m for m in self.sent if m["type"] == "http.response.body"]
        if not bodies or bodies[-1].get("more_body") or any(not m.get("more_body") for m in bodies[:-1]):
            raise Answered(self.sent)
        whole = b"".join(m.get("body", b"") for m in bodies)
        if "content-length" in self.headers and self.sent[0]["status"] != 304 and whole:
            assert int(self.headers["content-length"]) == len(whole)
        return whole


def app(
    pieces: list[bytes] | bytes,
    kind: str | None = "application/json",
    status: int = 200,
    more: list[tuple[bytes, bytes]] | None = None,
) -> Any:
    """An application that answers this."""
    parts = [pieces] if isinstance(pieces, bytes) else pieces

    async def run(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        headers = [(b"ETag", b'"1"'), *(more or [])]
        if kind is not None:
            headers.append((b"Content-Type", kind.encode()))
        if len(parts) == 1:
            headers.append((b"Content-Length", str(len(parts[0])).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for part in parts[:-1]:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": parts[-1], "more_body": False})

    return run


def cut(whole: bytes, at: list[int]) -> list[bytes]:
    places = sorted({min(place, len(whole)) for place in at} | {0, len(whole)})
    return [whole[a:b] for a, b in itertools.pairwise(places)] or [whole]


CHAT = {"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}}]}


def chunk(index: int = 0, reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": index, "delta": delta, "finish_reason": reason}]}


def sse(*events: Any) -> bytes:
    texts = [event if isinstance(event, str) else json.dumps(event) for event in events]
    return "".join(f"data: {text}\n\n" for text in texts).encode()


STREAM = b": hello\n\n" + sse(
    chunk(role="assistant", content=""), chunk(content="你"), chunk(content="好"), chunk(reason="stop"), "[DONE]"
)


def events(body: bytes) -> list[Any]:
    lines = [line[6:] for line in body.decode().split("\n") if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def said(body: bytes, index: int = 0) -> str:
    choices = [c for event in events(body) for c in event.get("choices", []) if c.get("index", 0) == index]
    return "".join((c.get("delta") or {}).get("content") or c.get("text") or "" for c in choices)


# JSON


def test_json_gets_label_and_notice() -> None:
    out = Exchange(app(json.dumps(CHAT).encode())).run()
    answer = json.loads(out.body)
    assert out.status == 200 and "etag" not in out.headers
    assert answer["AIGC"]["ContentProducer"] == "example" and answer["AIGC"]["Label"] == "1"
    words = answer["choices"][0]["message"]["content"]
    assert words.split("\n")[0].endswith(NOTICE) and words.endswith("Hi")
    report = biaoshi.verify(out.body, profile="cn-gb45438", name="a.json")
    verdict = report.verdict("cn-gb45438")
    assert verdict is not None and verdict.outcome == "compliant"


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "resp_1", "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}]},
        {"id": "msg_1", "type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
        {"choices": [{"index": 0, "text": "Hi", "finish_reason": "stop"}]},
    ],
)
def test_other_interfaces(answer: dict[str, Any]) -> None:
    out = Exchange(app(json.dumps(answer).encode())).run().body
    assert json.loads(out)["AIGC"]["Label"] == "1" and b"\\nHi" in out
    verdict = biaoshi.verify(out, profile="cn-gb45438").verdict("cn-gb45438")
    assert verdict is not None and verdict.outcome == "compliant"


def test_sound_in_a_chat() -> None:
    held = io.BytesIO()
    with wave.open(held, "wb") as to:
        to.setparams((1, 2, 16000, 0, "NONE", ""))
        to.writeframes(b"\x10\x00" * 48000)
    sound = {"id": "a", "data": base64.b64encode(held.getvalue()).decode(), "transcript": "Hi"}
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": None, "audio": sound}}]}
    answer = json.loads(Exchange(app(json.dumps(body).encode())).run().body)
    inner = base64.b64decode(answer["choices"][0]["message"]["audio"]["data"])
    assert biaoshi.verify(inner).status == "confirmed" and len(inner) > len(held.getvalue())


@pytest.mark.parametrize("words", [True, False])
def test_json_longer_than_metadata_may_be(words: bool) -> None:
    pad = "A" * (biaoshi.limits()["metadata_bytes"] + 1)
    out = Exchange(app(json.dumps({**(CHAT if words else {}), "pad": pad}).encode())).run()
    answer = json.loads(out.body)
    assert answer["AIGC"]["Label"] == "1" and answer["pad"] == pad
    if words:
        assert answer["choices"][0]["message"]["content"].endswith("\nHi")
    assert Exchange(app(json.dumps({"pad": pad}).encode()), limits={"metadata_bytes": 1 << 20}).run().status == 500


def test_large_pictures_in_json() -> None:
    noise = Image.effect_noise((1200, 900), 90).convert("RGB")
    held = io.BytesIO()
    noise.save(held, "PNG", compress_level=0)
    body = {"data": [{"b64_json": base64.b64encode(held.getvalue()).decode()} for _ in range(2)]}
    out = Exchange(app(json.dumps(body).encode())).run()
    answer = json.loads(out.body)
    assert "AIGC" in answer and len(out.body) > 3 << 20
    assert all(biaoshi.verify(base64.b64decode(one["b64_json"])).status == "confirmed" for one in answer["data"])


def test_json_without_words_gets_the_label_alone() -> None:
    call = {"choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}}]}
    for body in (call, {"choices": [{"index": 0, "message": {"role": "assistant", "content": '{"a": 1}'}}]}):
        answer = json.loads(Exchange(app(json.dumps(body).encode())).run().body)
        assert answer.pop("AIGC")["Label"] == "1" and answer == body


def test_every_message_of_several_gets_the_notice() -> None:
    body = {"choices": [{"index": n, "message": {"role": "assistant", "content": f"w{n}"}} for n in range(3)]}
    answer = json.loads(Exchange(app(json.dumps(body).encode(), "application/vnd.x+json; charset=utf-8")).run().body)
    assert all(c["message"]["content"].split("\n")[0].endswith(NOTICE) for c in answer["choices"])


@pytest.mark.parametrize("escaped", [False, True])
def test_media_in_json_are_labelled(escaped: bool) -> None:
    picture = base64.b64encode(png()).decode()
    body = {
        "data": [{"b64_json": picture}, {"url": "https://example.org/1.png"}],
        "output": [{"type": "image_generation_call", "result": picture}, {"type": "other", "result": "AAAA"}],
        "choices": [
            {
                "message": {
                    "role": "assistant",
                    "content": "Hi",
                    "images": [{"image_url": {"url": "data:image/png;base64," + picture}}],
                }
            }
        ],
        "n": 1.0,
    }
    raw = json.dumps(body)
    raw = raw.replace("/", "\\/") if escaped else raw
    answer = json.loads(Exchange(app(raw.encode())).run().body)
    prefix, _, inside = answer["choices"][0]["message"]["images"][0]["image_url"]["url"].partition(",")
    assert prefix == "data:image/png;base64"
    for one in (answer["data"][0]["b64_json"], answer["output"][0]["result"], inside):
        report = biaoshi.verify(base64.b64decode(one), profile="cn-gb45438")
        assert report.status == "confirmed" and report.verdicts[0].outcome == "compliant"
    assert answer["output"][1]["result"] == "AAAA" and answer["data"][1]["url"].startswith("https")


@pytest.mark.parametrize(
    "body",
    [
        b"[1, 2]",
        b'{"a": ',
        b'{"data": [{"b64_json": "no base64!"}]}',
        b'{"data": [{"b64_json": "AAAA"}]}',
        b"[" * 100_000,
    ],
)
def test_json_that_cannot_be_labelled_is_refused(body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        out = Exchange(app(body)).run()
    assert out.status == 500 and out.headers["x-should-retry"] == "false"
    assert json.loads(out.body)["error"]["type"] == "server_error"
    assert len(caplog.records) == 1 and "base64!" not in caplog.text
    passed = Exchange(app(body), on_error="pass").run()
    assert (passed.status, passed.body, passed.headers["etag"]) == (200, body, '"1"')


# Files


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", None])
def test_files_are_labelled(kind: str | None) -> None:
    for pieces in (png(), cut(png(), [1, 50, 51])):
        out = Exchange(app(pieces, kind)).run(method="GET")
        report = biaoshi.verify(out.body, profile="cn-gb45438")
        assert report.verdicts[0].outcome == "compliant" and report.format == "png"
        assert out.headers["content-length"] == str(len(out.body))


def test_the_largest_answer() -> None:
    body = png()
    assert Exchange(app(cut(body, [10]), "image/png"), max_body=len(body)).run().status == 200
    out = Exchange(app(cut(body, [10]), "image/png"), max_body=len(body) - 1).run()
    assert out.status == 500 and json.loads(out.body)["error"]["code"] == "answer.too_long"
    passed = Exchange(app(cut(body, [10, 20]), "image/png"), max_body=15, on_error="pass").run()
    assert passed.body == body


def test_an_endless_answer_is_stopped() -> None:
    seen: list[Any] = []

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"video/mp4")]})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
        except OSError as error:
            seen.append(error)
            seen.append(await receive())
            raise RuntimeError("gone") from error

    out = Exchange(endless, max_body=10_000).run()
    assert out.status == 500 and isinstance(seen[0], LabelRefused) and seen[1]["type"] == "http.disconnect"


# What passes


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (400, "application/json", b'{"error": 1}'),
        (500, "image/png", b"x"),
        (304, None, b""),
        (302, "text/html", b"moved"),
        (204, None, b""),
        (200, "application/json", b""),
    ],
)
def test_answers_that_pass(status: int, kind: str | None, body: bytes) -> None:
    out = Exchange(app(body, kind, status)).run()
    assert (out.status, out.body, out.headers["etag"]) == (status, body, '"1"')


def test_other_paths_types_and_requests_pass() -> None:
    body = json.dumps(CHAT).encode()
    for options, path in (
        ({"paths": ["/v1/*"]}, "/v2/x"),
        ({"paths": ["/v1"]}, "/V1"),
        ({"types": ["image/*"]}, "/x"),
        ({"when": lambda scope: scope["path"] != "/x"}, "/x"),
    ):
        assert Exchange(app(body), **options).run(path).body == body
    for path in ("/v1/models", "/v1/embeddings", "/health", "/v1/files"):
        assert Exchange(app(body), paths=None).run(path).body == body
    for path in ("/v1/chat/completions", "/v1/completions", "/sub/v1/responses", "/v1/images/edits"):
        assert b"AIGC" in Exchange(app(body), paths=None).run(path).body
    assert b"AIGC" in Exchange(app(body), paths=["/v1/*"]).run("/root/v1/x", root_path="/root").body


def test_head_has_no_length_of_the_unlabelled() -> None:
    out = Exchange(app(b"", "image/png", more=[(b"content-length", b"9"), (b"x", b"y")])).run(method="HEAD")
    assert out.status == 200 and out.body == b""
    assert not {"content-length", "etag"} & out.headers.keys() and out.headers["x"] == "y"


def test_other_scopes_pass() -> None:
    seen = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    for kind in ("websocket", "lifespan"):
        scope, receive, send = {"type": kind, "path": "/x"}, object(), object()
        asyncio.run(LabelMiddleware(inner, label=LABEL, paths=["*"])(scope, receive, send))  # type: ignore[arg-type]
        assert seen.pop() == (scope, receive, send)


# What can't be labelled


@pytest.mark.parametrize(
    ("status", "headers", "body", "code"),
    [
        (206, [(b"content-range", b"bytes 0-1/9")], b"xx", "answer.partial"),
        (200, [(b"content-encoding", b"gzip")], b"xx", "answer.compressed"),
        (200, [(b"content-encoding", b"br")], b"xx", "answer.compressed"),
        (200, [(b"x-accel-redirect", b"/p.png")], b"", "answer.by_proxy"),
        (200, [(b"x-sendfile", b"/p.png")], b"", "answer.by_proxy"),
    ],
)
def test_answers_of_which_we_see_a_part_are_refused(
    status: int, headers: list[tuple[bytes, bytes]], body: bytes, code: str
) -> None:
    out = Exchange(app(body, "image/png", status, headers)).run()
    assert out.status == 500 and json.loads(out.body)["error"]["code"] == code
    assert not {name.decode() for name, _ in headers} & out.headers.keys()
    passed = Exchange(app(body, "image/png", status, headers), on_error="pass").run()
    assert (passed.status, passed.body, passed.headers["etag"]) == (status, body, '"1"')


@pytest.mark.parametrize("kind", ["audio/pcm", "application/x-ndjson", "video/mp4"])
def test_unknown_content_is_refused(kind: str) -> None:
    assert Exchange(app(b"\x01\x02" * 100, kind)).run().status == 500


def test_the_application_is_asked_for_the_whole() -> None:
    seen: dict[str, Any] = {}

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)
        await app(png(), "image/png")(scope, receive, send)

    asked = [(b"Accept-Encoding", b"gzip"), (b"Range", b"bytes=0-1"), (b"If-Range", b"x"), (b"Accept", b"*/*")]
    assert Exchange(inner).run(headers=asked).status == 200
    assert seen["headers"] == [(b"accept", b"*/*")]
    assert seen["extensions"] == {"http.response.debug": {}}


def test_a_path_sent_anyway_is_refused() -> None:
    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": "/p.png"})

    assert Exchange(inner).run().status == 500


def test_errors_of_the_application_are_its_own() -> None:
    async def early(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("early")

    async def late(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"image/png")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("late")

    for inner in (early, late):
        out = Exchange(inner)
        with pytest.raises(RuntimeError):
            out.run()
        # Whoever stands outside can still answer 500.
        assert out.sent == []


def test_messages_around_the_body() -> None:
    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.debug", "info": {}})
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
        await send({"type": "http.response.body", "body": png()})
        await send({"type": "http.response.trailers", "headers": [(b"a", b"b")]})

    out = Exchange(inner).run()
    assert [m["type"].rpartition(".")[2] for m in out.sent] == ["debug", "start", "body", "trailers"]


def test_work_does_not_block_the_loop() -> None:
    body = png()

    async def run() -> int:
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        turning = asyncio.create_task(turn())

        async def send(message: Any) -> None: ...
        async def receive() -> Any:
            return {"type": "http.request"}

        scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}
        made = LabelMiddleware(app(body, "image/png"), label=LABEL, paths=["*"], jobs=2)
        await asyncio.gather(*(made(dict(scope), receive, send) for _ in range(8)))
        turning.cancel()
        return turns

    assert asyncio.run(run()) > 50


# Streams


def test_a_stream_is_labelled() -> None:
    out = Exchange(app([STREAM], "text/event-stream; charset=utf-8")).run()
    found = events(out.body)
    assert said(out.body).split("\n")[0].endswith(NOTICE) and said(out.body).endswith("你好")
    assert found[0]["AIGC"]["ContentProducer"] == "example" and "AIGC" in found[-1]
    assert out.body.startswith(b": hello\n\n") and out.body.endswith(b"data: [DONE]\n\n")
    assert not {"content-length", "etag"} & out.headers.keys()


def test_a_stream_cut_at_every_byte_is_the_same() -> None:
    label = Label("example", produce_id="1")
    whole = Exchange(app([STREAM], "text/event-stream"), label=label).run().body
    single = [STREAM[n : n + 1] for n in range(len(STREAM))]
    assert Exchange(app(single, "text/event-stream"), label=label).run().body == whole
    for at in range(len(STREAM) + 1):
        assert Exchange(app(cut(STREAM, [at]), "text/event-stream"), label=label).run().body == whole


@settings(max_examples=200, deadline=None)
@given(
    words=st.lists(st.text(max_size=6), min_size=1, max_size=6),
    cuts=st.lists(st.integers(0, 900), max_size=12),
    br=st.sampled_from(["\n", "\r\n", "\r"]),
    choices=st.integers(1, 3),
)
def test_any_stream_cut_anywhere(words: list[str], cuts: list[int], br: str, choices: int) -> None:
    own = [chunk(index, content=word) for word in words for index in range(choices)]
    own += [chunk(index, "stop") for index in range(choices)]
    stream = sse(*own, "[DONE]").replace(b"\n", br.encode())
    label = Label("example", produce_id="1")
    out = Exchange(app(cut(stream, cuts), "text/event-stream"), label=label).run()
    assert out.status == 200
    body = out.body.replace(br.encode(), b"\n")
    for index in range(choices):
        text = "".join(words)
        spoken = said(body, index)
        assert spoken.endswith(text) and (not text or spoken.split("\n")[0].endswith(NOTICE))
    labelled = [event for event in events(body) if "AIGC" in event]
    assert labelled and labelled[0] is not None and events(body)[0]["AIGC"]["Label"] == "1"
    assert out.body == Exchange(app([stream], "text/event-stream"), label=label).run().body


PIECES = [
    sse(chunk(content="a")),
    sse(chunk(1, content="标识", role="assistant")),
    sse(chunk(reason="stop")),
    sse({"choices": [], "usage": {}}),
    sse({"error": {"message": "x"}}),
    sse({"type": "response.created"}),
    sse("[DONE]"),
    sse("not JSON"),
    b": ping\n",
    b"event: a\n",
    b"id: 1\n",
    b"data\n",
    b"data: {",
    b"\n",
    b"\r\n",
    b"\r",
    b"\xef\xbb\xbf",
    b"\xff",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8), st.lists(st.integers(0, 800), max_size=8))
def test_whatever_is_streamed_goes_out_labelled_or_not_at_all(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    made = Exchange(app(cut(stream, cuts), "text/event-stream"))
    try:
        made.run()
    except LabelRefused:
        out = b"".join(m.get("body", b"") for m in made.sent)
    else:
        if made.status == 500:
            assert json.loads(made.body)["error"]["code"] == "answer.events"
            return
        out = made.body
        # All that came in went out, in order.
        left = iter(out)
        assert all(byte in left for byte in stream)
    for event in out.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        lines = [
            line.partition(":")[2].strip() for line in event.split("\n") if line.lstrip("\ufeff").startswith("data:")
        ]
        try:
            data = json.loads("\n".join(lines))
        except ValueError:
            assert (
                not lines or lines in (["[DONE]"], [""]) or "AIGC" in out.decode("utf-8", "replace").partition(event)[0]
            )
            continue
        if isinstance(data, dict) and "AIGC" in data:
            return
        assert isinstance(data, dict) and "error" in data and "choices" not in data


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.text(max_size=8) | st.sampled_from(["id", "data", "AIGC", "error"]), JSON, max_size=4),
    st.booleans(),
)
def test_any_json_goes_out_labelled_or_not_at_all(body: dict[str, Any], ascii_only: bool) -> None:
    out = Exchange(app(json.dumps(body, ensure_ascii=ascii_only).encode())).run()
    if out.status == 500:
        # It says of itself that it carries another label, or something like one.
        assert "AIGC" in body
        return
    answer = json.loads(out.body)
    label = answer.pop("AIGC")
    assert label["ContentProducer"] == "example" and answer == {k: v for k, v in body.items() if k != "AIGC"}


def test_events_go_out_as_they_come() -> None:
    """Nothing waits for what comes later."""
    sent: list[bytes] = []
    waiting: list[int] = []

    async def run() -> None:
        async def send(message: Any) -> None:
            sent.append(message.get("body", b""))

        async def receive() -> Any:
            return {"type": "http.request"}

        async def inner(scope: Any, receive: Any, send: Any) -> None:
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}
            )
            for n in range(5):
                await send({"type": "http.response.body", "body": sse(chunk(content=f"w{n}")), "more_body": True})
                waiting.append(n)
                assert f"w{n}" in said(b"".join(sent))
            await send({"type": "http.response.body"})

        scope = {"type": "http", "method": "POST", "path": "/x", "headers": []}
        await LabelMiddleware(inner, label=LABEL, paths=["*"])(scope, receive, send)

    asyncio.run(run())
    assert waiting == [0, 1, 2, 3, 4]


def test_tool_calls_get_no_words() -> None:
    call: dict[str, Any] = {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "f", "arguments": "{}"}}]}
    stream = sse(chunk(role="assistant", content=None), chunk(**call), chunk(reason="tool_calls"), "[DONE]")
    out = Exchange(app([stream], "text/event-stream")).run()
    assert said(out.body) == "" and all(
        NOTICE not in json.dumps(e["choices"], ensure_ascii=False) for e in events(out.body)
    )
    assert "AIGC" in events(out.body)[0]


@pytest.mark.parametrize(
    "asked",
    [
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema", "json_schema": {}}},
        {"structured_outputs": {"json": {}}},
        {"guided_json": {}},
    ],
)
def test_streams_of_json_for_programs_get_no_words(asked: dict[str, Any]) -> None:
    stream = sse(chunk(content='{"a"'), chunk(content=": 1}"), chunk(reason="stop"), "[DONE]")
    out = Exchange(app([stream], "text/event-stream")).run(body=json.dumps(asked).encode())
    assert json.loads(said(out.body)) == {"a": 1} and "AIGC" in events(out.body)[0]
    # The same words within a prompt ask for nothing.
    out = Exchange(app([stream], "text/event-stream")).run(
        body=json.dumps({"messages": [{"content": json.dumps(asked)}]}).encode()
    )
    assert said(out.body).split("\n")[0].endswith(NOTICE)


@pytest.mark.parametrize(
    "stream",
    [
        b'event: response.created\ndata: {"type":"response.created"}\n\n',
        b'event: message_start\ndata: {"type":"message_start"}\n\n',
        sse("hello"),
        sse([1]),
        sse({"choices": 1}),
        b'data: {"choices": [\ndata: ]}\n\n',
        b': ping\n\ndata: {"choices": [{"delta": {"content": "a"}}]}',
        b"data: " + b"x" * (5 << 20) + b"\n\n",
        b"data: [" + b"[" * 100_000 + b"\n\n",
        b'data: {"choices": [], "choices": [{"delta": {"content": "a"}}]}\n\n',
    ],
)
def test_streams_of_other_shapes_are_refused(stream: bytes) -> None:
    for pieces in ([stream], cut(stream, [3, 9, 40])):
        try:
            out = Exchange(app(pieces, "text/event-stream"))
            out.run()
            assert out.status == 500 and json.loads(out.body)["error"]["code"] == "answer.events"
        except LabelRefused:
            # A comment had gone out before: then the stream is cut.
            assert stream.startswith(b":") and out.sent[-1].get("more_body") is True
            assert b"".join(m.get("body", b"") for m in out.sent) == b": ping\n\n"
    passed = Exchange(app(cut(stream, [3, 9, 40]), "text/event-stream"), on_error="pass").run()
    assert passed.body == stream


def test_errors_and_ends_before_the_first_word_pass() -> None:
    for stream in (sse({"error": {"message": "x"}}, "[DONE]"), sse("[DONE]"), b": ping\n\n", b"retry: 3\n\n"):
        out = Exchange(app([stream], "text/event-stream")).run()
        assert out.status == 200 and out.body == stream


def test_text_in_pieces() -> None:
    words = "你好, harbour".encode()
    for kind in ("text/plain", "text/plain; charset=UTF-8"):
        out = Exchange(app([words[n : n + 1] for n in range(len(words))], kind)).run()
        assert out.body.decode().split("\n")[0].endswith(NOTICE) and out.body.endswith(words)
        assert "content-length" not in out.headers
    whole = Exchange(app(words, "text/plain")).run()
    assert whole.body.decode().split("\n")[0].endswith(NOTICE) and whole.headers["content-length"] == str(
        len(whole.body)
    )
    broken = [b"ok ", b"\xff", b"!"]
    with pytest.raises(LabelRefused):
        Exchange(app(broken, "text/plain")).run()
    assert Exchange(app(broken, "text/plain"), on_error="pass").run().body.endswith(b"ok \xff!")


# Settings


def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    made = app(json.dumps(CHAT).encode())
    with pytest.raises(ValueError, match="BIAOSHI_PRODUCER"):
        LabelMiddleware(made)
    monkeypatch.setenv("BIAOSHI_PRODUCER", "from-env")
    monkeypatch.setenv("BIAOSHI_NO_NOTICE", "agreed")
    monkeypatch.setenv("BIAOSHI_PATHS", "/a, /b")
    out = Exchange(made, label=None, paths=None).run("/b")
    answer = json.loads(out.body)
    assert answer["AIGC"]["ContentProducer"] == "from-env" and answer["choices"] == CHAT["choices"]
    assert b"AIGC" not in Exchange(made, label=None, paths=None).run("/v1/chat/completions").body
    # With a label given, the environment is not read.
    assert b"AIGC" in Exchange(made, paths=None).run("/v1/chat/completions").body
    for name, value in (("ON_ERROR", "x"), ("MAX_BODY", "0"), ("MAX_BODY", "x"), ("JOBS", "-1"), ("MARKUP", "x")):
        with monkeypatch.context() as patch, pytest.raises(ValueError, match=name.lower()):
            patch.setenv("BIAOSHI_" + name, value)
            LabelMiddleware(made)


def test_signed_answers(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    biaoshi.keygen(tmp_path / "identity", organization="Example")
    monkeypatch.setenv("BIAOSHI_PRODUCER", "example")
    monkeypatch.setenv("BIAOSHI_IDENTITY", str(tmp_path / "identity"))
    trust = biaoshi.TrustStore(tmp_path / "identity" / "root.pem")
    # A manifest in the picture; a signature with its key in the label of JSON, which has no place for one.
    for body, kind, key in (
        (png(), "image/png", "trusted"),
        (json.dumps(CHAT).encode(), "application/json", "embedded"),
    ):
        out = Exchange(app(body, kind), label=None).run()
        report = biaoshi.verify(out.body, trust=trust)
        assert any(e.integrity == "intact" and e.key == key for e in report.evidence)


def test_labels_of_requests() -> None:
    made = Exchange(app(json.dumps(CHAT).encode()), label=lambda scope: Label("example", produce_id=scope["path"][1:]))
    assert json.loads(made.run("/42").body)["AIGC"]["ProduceID"] == "42"


def test_no_notice_in_streams() -> None:
    out = Exchange(app([STREAM], "text/event-stream"), notice=Notice.none("shown by the page")).run()
    assert said(out.body) == "你好" and "AIGC" in events(out.body)[0]
