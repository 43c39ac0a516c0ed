"""SGLang's own `/generate`: a server that answers in its shape, behind the middleware."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from biaoshi import Label, Notice
from biaoshi._asgi_events import Splitter
from biaoshi._generate import answers_in, insertions, items, members
from biaoshi.asgi import LabelMiddleware, LabelRefused
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from .exchange import LABEL, NOTICE, Exchange, app, cut, sse
from .test_asgi_servers import served

PIECES = ["", " Paris", " is", " the capital.\n", "标识 \"x\""]


def answer(text: str | None, reason: str | None = "stop", number: int | None = None, tokens: int = 5) -> dict[str, Any]:
    """One answer, as SGLang makes it."""
    meta = {
        "id": f"rid-{number or 0}",
        "finish_reason": None if reason is None else {"type": reason, "matched": 151645},
        "prompt_tokens": 4,
        "completion_tokens": tokens,
        "cached_tokens": 0,
        "e2e_latency": 0.1234567890123,
    }
    out: dict[str, Any] = {"text": text, "output_ids": list(range(tokens)), "meta_info": meta}
    if text is None:
        del out["text"]
    if number is not None:
        out["index"] = number
    return out


def streamed(pieces: list[str], whole: bool, numbers: int = 1) -> list[dict[str, Any]]:
    """The events of a stream: each with the text so far, or with its next piece."""
    out = []
    for n in range(len(pieces)):
        for number in range(numbers):
            text = "".join(pieces[: n + 1]) if whole else pieces[n]
            reason = "stop" if n + 1 == len(pieces) else None
            out.append(answer(text, reason, number if numbers > 1 else None, n + 1))
    return out


def make_app() -> FastAPI:
    made = FastAPI()
    made.add_middleware(LabelMiddleware, label=LABEL)

    @made.api_route("/generate", methods=["POST", "PUT"])
    async def generate(request: Request) -> Any:
        asked = await request.json()
        if asked.get("stream"):

            async def results() -> AsyncIterator[bytes]:
                for one in streamed(PIECES, not asked.get("incremental"), asked.get("n", 1)):
                    yield b"data: " + json.dumps(one, ensure_ascii=False).encode() + b"\n\n"
                yield b"data: [DONE]\n\n"

            return StreamingResponse(results(), media_type="text/event-stream")
        if isinstance(asked["text"], list):
            return [answer("".join(PIECES)) for _ in asked["text"]]
        return answer("".join(PIECES))

    return made


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served(make_app()) as url:
        yield url


def told(one: dict[str, Any]) -> str:
    """The words of an answer behind its notice."""
    assert one["AIGC"]["ContentProducer"] == "example"
    head, _, rest = str(one["text"]).partition("\n\n")
    assert head.endswith(NOTICE)
    return rest


def test_one_answer_and_many(base: str) -> None:
    one = httpx.post(base + "/generate", json={"text": "Q"}).json()
    assert told(one) == "".join(PIECES)
    del one["AIGC"], one["text"]
    expected = answer("")
    del expected["text"]
    assert one == expected
    many = httpx.put(base + "/generate", json={"text": ["Q", "R", "S"]}).json()
    assert [told(one) for one in many] == ["".join(PIECES)] * 3
    assert len({one["AIGC"]["ProduceID"] for one in many}) == 3


@pytest.mark.parametrize("numbers", [1, 3])
@pytest.mark.parametrize("incremental", [False, True])
def test_streams_as_their_clients_read_them(base: str, incremental: bool, numbers: int) -> None:
    asked = {"text": "Q", "stream": True, "incremental": incremental, "n": numbers}
    texts: dict[int, str] = {}
    labels = set()
    with httpx.stream("POST", base + "/generate", json=asked) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if not line or line == "data: [DONE]":
                continue
            one = json.loads(line.removeprefix("data: "))
            number = one.get("index", 0)
            texts[number] = texts.get(number, "") + one["text"] if incremental else one["text"]
            if not incremental and one["text"]:
                # Each of these takes the place of the one before it.
                assert told(one) == "".join(PIECES)[: len(told(one))]
            labels.add(json.dumps(one["AIGC"]))
    assert len(texts) == numbers and len(labels) == 1
    for text in texts.values():
        assert text.count(NOTICE) == 1 and text.split("\n")[0].endswith(NOTICE) and text.endswith("".join(PIECES))


def run(*own: Any, asked: Any = None, cuts: tuple[int, ...] = (), **options: Any) -> bytes:
    stream = sse(*own, "[DONE]")
    body = json.dumps(asked or {}).encode()
    return Exchange(app(cut(stream, list(cuts)), "text/event-stream"), **options).run(body=body).body


def lines(body: bytes) -> list[Any]:
    return [json.loads(line[6:]) for line in body.decode().split("\n") if line.startswith("data: {")]


@settings(max_examples=150, deadline=None)
@given(
    pieces=st.lists(st.text(max_size=5), min_size=1, max_size=6),
    cuts=st.lists(st.integers(0, 1500), max_size=8),
    whole=st.booleans(),
    numbers=st.integers(1, 3),
    end=st.booleans(),
)
def test_any_stream_cut_anywhere(pieces: list[str], cuts: list[int], whole: bool, numbers: int, end: bool) -> None:
    own = streamed(pieces, whole, numbers)
    at: Any = ("start", "end") if end else ()
    options = {"label": Label("example", produce_id="1"), "notice": Notice(at=at)}
    body = run(*own, cuts=tuple(cuts), **options)
    assert body == run(*own, **options)
    found = lines(body)
    assert len(found) == len(own) and all(one["AIGC"]["ProduceID"] == "1" for one in found)
    for one, came in zip(found, own, strict=True):
        assert {k: v for k, v in one.items() if k not in ("AIGC", "text")} == {k: v for k, v in came.items() if k != "text"}
        assert came["text"] in one["text"] and (not came["text"] or whole is False or NOTICE in one["text"])
    for number in range(numbers):
        said = [one["text"] for one in found if one.get("index", 0) == number]
        text = said[-1] if whole else "".join(said)
        if "".join(pieces):
            assert text.split("\n")[0].endswith(NOTICE)
            assert not end or text.endswith(NOTICE)


def test_a_stream_that_ends_within_an_event() -> None:
    whole = sse(answer("Hi", None), answer("Hi you", "stop"))
    for end in range(len(sse(answer("Hi", None))), len(whole)):
        body = Exchange(app([whole[:end]], "text/event-stream")).run().body
        for one in body.decode().split("\n"):
            try:
                found = json.loads(one.removeprefix("data: "))
            except ValueError:
                continue
            # Whatever a client can read has label and notice.
            assert NOTICE in found["text"] and "AIGC" in found


def test_pieces_that_look_like_the_whole() -> None:
    # The second could be either: then the notice stands twice rather than never.
    found = lines(run(*streamed(["ha", "ha", "!", "ha"], False)))
    assert [NOTICE in one["text"] for one in found] == [True, True, False, False]


def test_answers_without_words_and_errors() -> None:
    found = lines(run(answer(None, None), answer(None, "stop")))
    assert all("AIGC" in one and "text" not in one for one in found)
    error = {"error": {"message": "aborted"}}
    assert lines(run(error)) == [error]
    assert lines(run(answer("a", None), error))[1] == error
    text = Exchange(app(json.dumps(answer("Hi")).encode()), notice=Notice.none("agreed")).run().body
    assert json.loads(text)["text"] == "Hi" and "AIGC" in json.loads(text)
    assert [one["text"] for one in lines(run(answer("Hi"), notice=Notice.none("agreed")))] == ["Hi"]


def test_a_key_that_says_that_there_was_no_error_is_none() -> None:
    chunk = {"index": 0, "delta": {"content": "prose"}, "finish_reason": None}
    body = Exchange(app([sse({"error": None, "choices": [chunk]}, "[DONE]")], "text/event-stream")).run().body
    assert NOTICE.encode() in body and b"AIGC" in body
    found = lines(run({**answer("prose", None), "error": None}))
    assert NOTICE in found[0]["text"] and "AIGC" in found[0]
    events = [sse({"error": None, "text": "prose"}) * 3, b"data: [DONE]\n\n"]
    assert Exchange(app(events, "text/event-stream")).run().status == 500


@pytest.mark.parametrize("text", [["a", "b"], {"a": 1}, 5])
def test_words_of_another_form_are_refused(text: Any) -> None:
    assert Exchange(app([sse({**answer("", None), "text": text})], "text/event-stream")).run().status == 500


def test_a_number_that_is_none_is_the_first() -> None:
    found = lines(run({**answer("Hi", None), "index": None}, {**answer("Hi you"), "index": None}))
    assert all(NOTICE in one["text"] and "AIGC" in one for one in found)


def test_its_path_is_that_of_posts_alone() -> None:
    page = b"<html><head></head><body>A form</body></html>"
    for method, touched in (("GET", False), ("POST", True)):
        given = Exchange(app(page, "text/html"), paths=None).run("/generate", method=method)
        assert (b"AIGC" in given.body) is touched


def test_breaks_that_are_cut_in_two() -> None:
    splitter = Splitter()
    pushes = [b"data: 1\r\n\r", b"\n", b"data: 2\n", b"\n", b"data: 3\r", b"\n", b"\n", b"data: 4\n\n"]
    pieces = [piece for push in pushes for piece, _ in splitter.push(push)]
    assert b"".join(pieces) == b"".join(pushes)
    assert sum(b"data" in piece for piece in pieces) == 4
    assert not any(piece.count(b"data") > 1 for piece in pieces)


@pytest.mark.parametrize("whole", [True, False])
def test_json_that_was_asked_for(whole: bool) -> None:
    asked = {"sampling_params": {"json_schema": '{"type": "object"}'}}
    for pieces, data in ((['{"a"', ": 1}"], True), (["Sorry", ", no"], False), (["{", "a}"], False), ([" ", "\nHi"], False)):
        said = [one["text"] for one in lines(run(*streamed(pieces, whole), asked=asked))]
        text = said[-1] if whole else "".join(said)
        if data:
            assert json.loads(text) == {"a": 1}
        else:
            assert text.count(NOTICE) == 1 and "".join(pieces).strip() in text
    one = json.loads(Exchange(app(json.dumps(answer('{"a": 1}')).encode())).run().body)
    assert one["text"] == '{"a": 1}' and "AIGC" in one


@pytest.mark.parametrize(
    "event",
    [
        {"choices": []},
        {"text": "a"},
        {"text": "a", "meta_info": 1},
        [1],
        '{"text": "a", "text": "b", "meta_info": {}}',
        '{"meta_info": {}}\ndata: {}',
    ],
)
def test_other_events_in_such_a_stream_are_refused(event: Any) -> None:
    with pytest.raises(LabelRefused):
        Exchange(app([sse(answer("Hi", None)), sse(event)], "text/event-stream")).run()
    passed = run(answer("Hi", None), event, on_error="pass")
    assert sse(event) in passed and NOTICE in lines(passed)[0]["text"]


@pytest.mark.parametrize("body", [b"[]", b'[{"text": "a"}]', b'[{"text": "a", "meta_info": {}}, 1]'])
def test_other_lists_are_refused(body: bytes) -> None:
    assert Exchange(app(body)).run().status == 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4), st.text(max_size=8), st.text(max_size=4), st.sampled_from([None, 1]), st.booleans())
def test_only_the_words_change(rest: dict[str, Any], words: str, notice: str, indent: int | None, ascii_only: bool) -> None:
    rest = {key: value for key, value in rest.items() if key != "AIGC"}
    text = json.dumps({**rest, "text": words}, indent=indent, ensure_ascii=ascii_only)
    for at, piece in reversed(insertions(text, notice, notice, '{"Label":"1"}')):
        text = text[:at] + piece + text[at:]
    assert json.loads(text) == {"AIGC": {"Label": "1"}, **rest, "text": notice + words + notice}
    listed = json.dumps([rest, 1, words], indent=indent)
    assert [json.loads(listed[a:b]) for a, b in items(listed)] == [rest, 1, words]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='{}[]",:a1 \n\\', max_size=30))
def test_any_text_is_read_without_harm(text: str) -> None:
    for read in (items, members):
        try:
            read(text)
        except ValueError:
            continue
    try:
        answers_in(text.encode())
    except ValueError:
        return
