"""The middleware alone: raw ASGI applications, every way an answer can come."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import logging
import wave
from typing import Any

import biaoshi
import pytest
from biaoshi import Label, Notice
from biaoshi.asgi import ENDPOINTS, LabelMiddleware, LabelRefused
from PIL import Image

from .exchange import CHAT, LABEL, NOTICE, STREAM, Exchange, app, chunk, cut, events, png, said, sse

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


@pytest.mark.parametrize("kind", ["audio/wav", "image/png", "video/mp4"])
def test_a_text_declared_as_something_else_is_refused(kind: str) -> None:
    out = Exchange(app([b"xx"], kind)).run()
    assert out.status == 500 and b"xx" not in out.body


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


def test_a_line_break_behind_a_path_changes_nothing() -> None:
    """The `$` of a router fits in front of it too."""
    paths = list(ENDPOINTS)
    out = Exchange(app(json.dumps(CHAT).encode()), paths=paths).run("/v1/chat/completions\n")
    assert json.loads(out.body)["AIGC"]["Label"] == "1"


@pytest.mark.parametrize("text", [b"Hello world\n\nand more", b'{"text": "Hello"}\n', b"\nHello", b"Hello"])
def test_a_text_that_goes_by_the_type_of_events_is_refused(text: bytes) -> None:
    for pieces in ([text], [text[:1], text[1:], b""]):
        out = Exchange(app(pieces, "text/event-stream"))
        with contextlib.suppress(LabelRefused):
            out.run()
        assert not any(b"Hello" in message.get("body", b"") for message in out.sent)


@pytest.mark.parametrize(
    "delta",
    [
        {"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,UElYRUxT"}}]},
        {"audio": {"id": "a", "data": "UElYRUxT"}},
    ],
)
def test_media_within_events_are_refused(delta: dict[str, Any]) -> None:
    out = Exchange(app([sse(chunk(content="Hi")), sse(chunk(**delta)), sse("[DONE]")], "text/event-stream"))
    with pytest.raises(LabelRefused):
        out.run()
    assert not any(b"UElYRUxT" in message.get("body", b"") for message in out.sent)
    passed = Exchange(app([sse(chunk(content="Hi"), chunk(**delta), "[DONE]")], "text/event-stream"), on_error="pass")
    assert b"UElYRUxT" in passed.run().body


def test_a_stream_goes_without_notice_only_for_a_schema() -> None:
    stream = [sse(chunk(content="1"), chunk(reason="stop"), "[DONE]")]
    for schema, shown in ((0, True), (True, True), ({"enum": [1, 2]}, False), ({"type": "object"}, True)):
        out = Exchange(app(stream, "text/event-stream")).run(body=json.dumps({"guided_json": schema}).encode()).body
        assert (NOTICE in said(out)) is shown
