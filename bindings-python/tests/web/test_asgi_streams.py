"""The middleware alone: raw ASGI applications, answers that come in pieces."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import pytest
from biaoshi import Label, Notice
from biaoshi._asgi_events import Splitter
from biaoshi.asgi import LabelMiddleware, LabelRefused
from hypothesis import given, settings
from hypothesis import strategies as st

from .exchange import LABEL, NOTICE, STREAM, Exchange, app, chunk, cut, events, said, sse

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


ASKED: list[dict[str, Any]] = [
    {"response_format": {"type": "json_object"}},
    {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}},
    {"guided_json": {}},
    {"sampling_params": [{"json_schema": "{}"}]},
]


def answered(asked: dict[str, Any], *own: Any, **options: Any) -> bytes:
    stream = sse(*own, "[DONE]")
    out = Exchange(app([stream], "text/event-stream"), label=Label("example", produce_id="1"), **options)
    body = out.run(body=json.dumps(asked).encode()).body
    assert "AIGC" in events(body)[0] and "AIGC" in events(body)[-1]
    # However the network cuts it.
    for at in (1, 7, 30, len(stream) - 3):
        again = Exchange(app(cut(stream, [at, at + 1]), "text/event-stream"), label=Label("example", produce_id="1"), **options)
        assert again.run(body=json.dumps(asked).encode()).body == body
    return body


@pytest.mark.parametrize("asked", ASKED)
def test_a_server_that_does_not_heed_what_was_asked_for(asked: dict[str, Any]) -> None:
    prose = answered(asked, chunk(role="assistant", content=""), chunk(content="Hi"), chunk(content=" you"), chunk(reason="stop"))
    assert said(prose).split("\n")[0].endswith(NOTICE) and said(prose).endswith("Hi you")
    # What begins as JSON and is none gets it at its end.
    late = answered(asked, chunk(content="{"), chunk(content="name} is"), chunk(reason="stop"))
    assert said(late).startswith("{name} is\n\n") and said(late).endswith(NOTICE)
    together = answered(asked, chunk(content="{"), chunk(0, "stop", content="name} is"))
    assert said(together).startswith("{name} is\n\n") and said(together).endswith(NOTICE)
    blank = answered(asked, chunk(content=" \n"), chunk(content="Hi"), chunk(reason="length"))
    assert NOTICE in said(blank) and "Hi" in said(blank)
    # JSON that was cut is no JSON.
    short = answered(asked, chunk(content='{"a": '), chunk(reason="length"))
    assert said(short).startswith('{"a": \n\n') and said(short).endswith(NOTICE)
    data = answered(asked, chunk(content='\n{"a"'), chunk(content=": [1]}\n"), chunk(reason="stop"))
    assert json.loads(said(data)) == {"a": [1]}
    tools = answered(asked, chunk(content=None), chunk(reason="tool_calls"))
    assert said(tools) == ""


def test_each_answer_is_judged_by_itself() -> None:
    body = answered(
        ASKED[0],
        chunk(0, content='{"a"'), chunk(1, content="Sorry"), chunk(2, content="{"),
        chunk(0, content=":1}"), chunk(1, content=", no"), chunk(2, content="a}"),
        chunk(2, "stop"), chunk(0, "stop"), chunk(1, "stop"),
    )
    assert json.loads(said(body, 0)) == {"a": 1}
    assert said(body, 1).split("\n")[0].endswith(NOTICE) and said(body, 1).endswith("Sorry, no")
    assert said(body, 2).startswith("{a}\n\n") and said(body, 2).endswith(NOTICE)


@settings(max_examples=200, deadline=None)
@given(
    words=st.lists(st.text(max_size=5) | st.sampled_from(["{", "}", '"a"', ":", "1", "[", "]", " "]), min_size=1, max_size=8),
    reason=st.sampled_from(["stop", "length"]),
    asked=st.sampled_from(ASKED),
    last=st.booleans(),
)
def test_whatever_is_answered_is_json_or_has_a_notice(words: list[str], reason: str, asked: dict[str, Any], last: bool) -> None:
    own = [chunk(content=word) for word in words]
    own = [*own[:-1], chunk(0, reason, content=words[-1])] if last else [*own, chunk(reason=reason)]
    spoken = said(Exchange(app([sse(*own, "[DONE]")], "text/event-stream")).run(body=json.dumps(asked).encode()).body)
    text = "".join(words)
    if text.strip() and NOTICE not in spoken:
        json.loads(text)
        assert spoken == text
    assert spoken.replace(NOTICE + "\n\n", "").replace("\n\n" + NOTICE, "").replace("**", "") in (text, text.replace("**", ""))


def test_no_notice_stays_no_notice_whatever_was_asked() -> None:
    body = answered(ASKED[0], chunk(content="Hi"), chunk(reason="stop"), notice=Notice.none("agreed"))
    assert said(body) == "Hi"


def test_an_event_that_is_too_long() -> None:
    long = sse(chunk(content="x" * (4 << 20)))
    short = sse(chunk(content="Hi"))
    for pieces in ([long], cut(long, [9, 4 << 20, len(long) - 2, len(long) - 1])):
        out = Exchange(app(pieces, "text/event-stream")).run()
        assert out.status == 500 and json.loads(out.body)["error"]["code"] == "answer.event_too_long"
    # One that comes later, with a picture that nobody looked for.
    picture = sse(chunk(images=[{"url": "data:image/png;base64," + "A" * (5 << 20)}]))
    for pieces in ([short, long], [short + picture], [short, *cut(picture, [1000, 2 << 20, (4 << 20) + 7])]):
        broken = Exchange(app(pieces, "text/event-stream"))
        with contextlib.suppress(LabelRefused):
            broken.run()
        assert sum(len(m.get("body", b"")) for m in broken.sent) < 4000
    whole = short + long + short
    for at in ([], [len(short) + 5, len(short) + (4 << 20) + 30], list(range(len(short + long) - 4, len(short + long) + 4))):
        passed = Exchange(app(cut(whole, at), "text/event-stream"), on_error="pass").run().body
        assert said(passed).count(NOTICE) == 1 and said(passed).endswith("xHi") and long in passed
    # As long as may be.
    fits = sse(chunk(content="x" * ((4 << 20) - len(sse(chunk(content=""))))))
    assert len(fits) == 4 << 20 and NOTICE in said(Exchange(app([fits], "text/event-stream")).run().body)


LINES = [b"data: a", b"data: b\ndata: c", b": comment", b"event: x", b"", b"\xef\xbb\xbf"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from([b"\n", b"\r", b"\r\n"])), max_size=8), st.lists(st.integers(0, 90), max_size=6))
def test_events_are_cut_alike_wherever_the_network_cuts(lines: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    stream = b"".join(line + end for line, end in lines)
    whole, parts = Splitter(), Splitter()
    expected = [piece for piece, long in whole.push(stream) if not long] + [whole.finish()]
    found = [piece for part in cut(stream, cuts) for piece, _ in parts.push(part)] + [parts.finish()]
    assert b"".join(found) == b"".join(expected) == stream
    # A line feed that comes later than its carriage return is a piece of its own.
    assert [p.strip(b"\r\n") for p in found if p.strip(b"\r\n")] == [p.strip(b"\r\n") for p in expected if p.strip(b"\r\n")]


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
