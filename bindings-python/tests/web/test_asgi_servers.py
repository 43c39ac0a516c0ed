"""The middleware in front of FastAPI, served by uvicorn, asked by the client of OpenAI and by httpx."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import socket
import threading
import time
import wave
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import httpx
import openai
import pytest
import uvicorn
from fastapi import BackgroundTasks, FastAPI, Request, WebSocket
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from PIL import Image
from starlette.middleware.gzip import GZipMiddleware

import biaoshi
from biaoshi import Label
from biaoshi.asgi import ENDPOINTS, LabelMiddleware

NOTICE = "AI生成"
PRODUCER = "001191110102MACQD9K64010000"


def png(red: int = 90) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (red, 120, 30)).save(out, "PNG")
    return out.getvalue()


def wav(seconds: int = 3) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as to:
        to.setparams((1, 2, 16000, 0, "NONE", ""))
        to.writeframes(b"\x10\x00" * 16000 * seconds)
    return out.getvalue()


def event(index: int = 0, reason: str | None = None, **delta: Any) -> str:
    choices = [{"index": index, "delta": delta, "finish_reason": reason, "logprobs": None}]
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps({**head, 'choices': choices})}\n\n"


TOOL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Tianjin"}'}}
done: list[str] = []


def whole(asked: dict[str, Any]) -> dict[str, Any]:
    def message(n: int) -> dict[str, Any]:
        if asked.get("tools"):
            return {"role": "assistant", "content": None, "tool_calls": [TOOL]}
        return {"role": "assistant", "content": f"Answer {n}"}

    choices = [
        {"index": n, "message": message(n), "finish_reason": "tool_calls" if asked.get("tools") else "stop"}
        for n in range(asked.get("n") or 1)
    ]
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": choices,
        "usage": usage,
    }


async def pieces(asked: dict[str, Any]) -> AsyncIterator[bytes]:
    count = asked.get("n") or 1
    if asked["model"] == "odd":
        yield b'event: response.created\ndata: {"type": "response.created"}\n\n'
        return
    if asked["model"] == "cut":
        yield b": ping\n\n"
        yield b'data: {"no": "label fits"}\n\n'
        yield event(content="secret").encode()
        return
    yield "".join(event(n, role="assistant", content="") for n in range(count)).encode()
    if asked.get("tools"):
        yield event(tool_calls=[{"index": 0, **TOOL}]).encode()
        yield event(reason="tool_calls").encode()
    else:
        for word in ('{"a"', ": 1}") if asked["model"] == "json" else ("Wor", "ds ", "标识"):
            for n in range(count):
                text = event(n, content=word).encode()
                # Cut within the event, as networks do.
                for part in (text[:7], text[7:-1], text[-1:]):
                    yield part
                    await asyncio.sleep(0)
            if asked["model"] == "slow":
                await asyncio.sleep(0.4)
        if asked["model"] == "fails":
            raise RuntimeError("the model broke")
        for n in range(count):
            yield event(n, reason="stop").encode()
    yield b"data: [DONE]\n\n"


def make_app(**options: Any) -> FastAPI:
    app = FastAPI()
    app.add_middleware(
        LabelMiddleware, label=Label(PRODUCER), paths=[*ENDPOINTS, "/pictures/*", "/broken", "/gone"], **options
    )
    # Added last, so it stands outside.
    app.add_middleware(GZipMiddleware, minimum_size=100)

    @app.post("/v1/chat/completions")
    async def chat(request: Request, background: BackgroundTasks) -> Any:
        asked = await request.json()
        background.add_task(done.append, "background")
        if asked.get("stream"):
            return StreamingResponse(pieces(asked), media_type="text/event-stream")
        return whole(asked)

    @app.post("/v1/completions")
    async def completions(request: Request) -> Any:
        await request.json()
        choices = [{"index": 0, "text": "Words", "finish_reason": "stop", "logprobs": None}]
        return {"id": "c", "object": "text_completion", "created": 1, "model": "m", "choices": choices}

    @app.post("/v1/images/generations")
    async def images() -> Any:
        made = [png(), png(200)]
        return {"created": 1, "data": [{"b64_json": base64.b64encode(one).decode()} for one in made]}

    @app.post("/v1/audio/speech")
    async def speech() -> Any:
        async def parts() -> AsyncIterator[bytes]:
            sound = wav()
            for at in range(0, len(sound), 1000):
                yield sound[at : at + 1000]

        return StreamingResponse(parts(), media_type="audio/wav")

    @app.get("/v1/models")
    async def models() -> Any:
        return {"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "x"}]}

    @app.get("/pictures/{name}")
    async def picture(name: str, request: Request) -> Any:
        path = request.app.state.folder / name
        return FileResponse(path, media_type="image/png")

    @app.get("/broken")
    async def broken() -> Any:
        return Response(b"\x89PNG\r\n\x1a\nbroken", media_type="image/png")

    @app.get("/gone")
    async def gone() -> Any:
        return JSONResponse({"detail": "gone"}, 404, headers={"etag": '"x"'})

    @app.websocket("/v1/chat/completions")
    async def socket_chat(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    return app


@contextlib.contextmanager
def served(app: FastAPI) -> Iterator[str]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    app = make_app()
    app.state.folder = tmp_path_factory.mktemp("pictures")
    (app.state.folder / "a.png").write_bytes(png())
    with served(app) as url:
        yield url


@pytest.fixture
def client(base: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=base + "/v1", api_key="none", max_retries=0) as made:
        yield made


ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


def test_chat(client: openai.OpenAI) -> None:
    done.clear()
    answer = client.chat.completions.create(**ASK, n=3)
    assert [c.message.content and c.message.content.rpartition("\n")[2] for c in answer.choices] == [
        "Answer 0",
        "Answer 1",
        "Answer 2",
    ]
    assert all(NOTICE in (c.message.content or "") for c in answer.choices)
    assert answer.model_extra is not None and answer.model_extra["AIGC"]["ContentProducer"] == PRODUCER
    assert answer.usage is not None and answer.usage.total_tokens == 3
    # It runs after the answer has gone out.
    for _ in range(100):
        if done:
            break
        time.sleep(0.05)
    assert done == ["background"]


def test_chat_with_tools(client: openai.OpenAI) -> None:
    tools: Any = [{"type": "function", "function": {"name": "weather"}}]
    answer = client.chat.completions.create(**ASK, tools=tools)
    call: Any = (answer.choices[0].message.tool_calls or [])[0]
    assert json.loads(call.function.arguments) == {"city": "Tianjin"} and answer.choices[0].message.content is None
    assert answer.model_extra is not None and answer.model_extra["AIGC"]["Label"] == "1"
    chunks = list(client.chat.completions.create(**ASK, tools=tools, stream=True))
    arguments = [
        t.function.arguments
        for c in chunks
        for choice in c.choices
        for t in choice.delta.tool_calls or []
        if t.function
    ]
    assert arguments == [TOOL["function"]["arguments"]]  # type: ignore[index]
    assert not any(choice.delta.content for c in chunks for choice in c.choices)


@pytest.mark.parametrize("count", [1, 3])
def test_chat_in_a_stream(client: openai.OpenAI, count: int) -> None:
    chunks = list(client.chat.completions.create(**ASK, n=count, stream=True))
    for index in range(count):
        said = "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices if c.index == index)
        head, _, text = said.partition("\n\n")
        assert head.endswith(NOTICE) and text == "Words 标识"
    labels = [chunk.model_extra["AIGC"] for chunk in chunks if chunk.model_extra and "AIGC" in chunk.model_extra]
    assert (
        labels
        and all(label["ContentProducer"] == PRODUCER for label in labels)
        and len({json.dumps(x) for x in labels}) == 1
    )
    assert [chunk.model_extra is not None and "AIGC" in chunk.model_extra for chunk in (chunks[0], chunks[-1])] == [
        True,
        True,
    ]


def test_chat_by_the_accumulating_stream(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(**ASK) as stream:
        for _ in stream:
            pass
        answer = stream.get_final_completion()
    content = answer.choices[0].message.content or ""
    assert content.endswith("Words 标识") and NOTICE in content and answer.choices[0].finish_reason == "stop"


def test_answers_for_programs_in_a_stream(client: openai.OpenAI) -> None:
    form: Any = {"type": "json_object"}
    for model, said in (("json", '{"a": 1}'), ("m", None)):
        asked = {**ASK, "model": model}
        chunks = list(client.chat.completions.create(**asked, stream=True, response_format=form))
        words = "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices)
        # A server that does not heed what was asked for answers in words: they get the notice.
        assert words == said if said else NOTICE in words and words.endswith("Words 标识")
        assert chunks[0].model_extra is not None and "AIGC" in chunks[0].model_extra


def test_words_come_as_they_are_made(client: openai.OpenAI) -> None:
    began = time.monotonic()
    at = [
        time.monotonic() - began
        for chunk in client.chat.completions.create(**{**ASK, "model": "slow"}, stream=True)
        if chunk.choices and chunk.choices[0].delta.content
    ]
    # Three words, 0.4 s apart.
    assert at[-1] - at[0] > 0.6


def test_completions(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="m", prompt="x")
    assert NOTICE in answer.choices[0].text and answer.choices[0].text.endswith("Words")
    assert answer.model_extra is not None and "AIGC" in answer.model_extra


def test_pictures_in_json(client: openai.OpenAI) -> None:
    answer = client.images.generate(model="m", prompt="x")
    numbers: set[str] = set()
    for one in answer.data or []:
        report = biaoshi.verify(base64.b64decode(one.b64_json or ""), profile="cn-gb45438")
        assert report.verdicts[0].outcome == "compliant" and report.format == "png"
        numbers.update(e.label.produce_id for e in report.evidence if e.label)
    assert len(numbers) == 2


def test_speech(client: openai.OpenAI) -> None:
    answer = client.audio.speech.create(model="m", voice="alloy", input="x", response_format="wav")
    report = biaoshi.verify(answer.content, profile="cn-gb45438")
    assert report.status == "confirmed" and report.format == "wav"
    assert answer.response.headers["content-length"] == str(len(answer.content)) and len(answer.content) > len(wav())


def test_streams_of_other_shapes(client: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError, match="could not be labelled"):
        list(client.chat.completions.create(**{**ASK, "model": "odd"}, stream=True))


def test_a_refused_answer_is_not_asked_again(base: str) -> None:
    with openai.OpenAI(base_url=base + "/v1", api_key="none", max_retries=5) as client:
        began = time.monotonic()
        with pytest.raises(openai.InternalServerError):
            list(client.chat.completions.create(**{**ASK, "model": "odd"}, stream=True))
        # The client waits at least half a second before each further try.
        assert time.monotonic() - began < 0.5


@pytest.mark.parametrize("model", ["cut", "fails"])
def test_streams_that_break_off(base: str, model: str) -> None:
    """A client must see that the answer is not whole."""
    got = b""
    with pytest.raises(httpx.RemoteProtocolError):
        with httpx.stream(
            "POST", base + "/v1/chat/completions", json={**ASK, "model": model, "stream": True}
        ) as answer:
            assert answer.status_code == 200
            for part in answer.iter_raw():
                got += part
    assert (
        (b"Wor" in got) == (model == "fails") and b"no" not in got.partition(b"data")[2][:12] and b"secret" not in got
    )


def test_others_are_left_alone(client: openai.OpenAI, base: str) -> None:
    assert "AIGC" not in (client.models.list().model_extra or {})
    gone = httpx.get(base + "/gone")
    assert (gone.status_code, gone.json(), gone.headers["etag"]) == (404, {"detail": "gone"}, '"x"')


def test_files(base: str) -> None:
    with httpx.Client(base_url=base) as web:
        first = web.get("/pictures/a.png", headers={"range": "bytes=0-9", "accept-encoding": "gzip"})
        assert first.status_code == 200 and not {"etag", "accept-ranges"} & set(first.headers)
        assert biaoshi.verify(first.content, profile="cn-gb45438").verdicts[0].outcome == "compliant"
        head = web.head("/pictures/a.png")
        assert head.status_code in (200, 405) and "etag" not in head.headers
        assert web.get("/broken").status_code == 500


def test_compression_outside(base: str) -> None:
    answer = httpx.post(base + "/v1/chat/completions", json={**ASK, "n": 4}, headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip" and answer.json()["AIGC"]["Label"] == "1"


def test_compression_inside() -> None:
    app = FastAPI()
    app.add_middleware(GZipMiddleware, minimum_size=10)
    app.add_middleware(LabelMiddleware, label=Label("x"))

    @app.post("/v1/chat/completions")
    async def chat() -> Any:
        return whole(ASK)

    with served(app) as url:
        answer = httpx.post(url + "/v1/chat/completions", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers and "AIGC" in answer.json()


def test_behind_a_middleware_of_starlette() -> None:
    """What `app.middleware("http")` makes runs the application in a group of tasks."""
    app = make_app()

    @app.middleware("http")
    async def outside(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    inner = FastAPI()

    @inner.middleware("http")
    async def inside(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    @inner.post("/v1/chat/completions")
    async def chat(request: Request) -> Any:
        return StreamingResponse(pieces(await request.json()), media_type="text/event-stream")

    inner.add_middleware(LabelMiddleware, label=Label("x"))
    for made in (app, inner):
        with served(made) as url, httpx.Client(base_url=url, timeout=60) as web:
            answer = web.post("/v1/chat/completions", json={**ASK, "stream": True})
            assert answer.status_code == 200 and "AIGC" in answer.text and "data: [DONE]" in answer.text
            refused = web.post("/v1/chat/completions", json={**ASK, "model": "odd", "stream": True})
            assert refused.status_code == 500 and refused.json()["error"]["code"] == "answer.events"
            cut = {**ASK, "model": "cut", "stream": True}
            if made is inner:
                with pytest.raises(httpx.RemoteProtocolError):
                    web.post("/v1/chat/completions", json=cut)
            else:
                # Such a middleware ends every answer that breaks off within it as if it were whole.
                assert web.post("/v1/chat/completions", json=cut).text == ": ping\n\n"


def test_a_client_that_leaves(base: str) -> None:
    """The server goes on with others."""
    for _ in range(3):
        with httpx.stream(
            "POST", base + "/v1/chat/completions", json={**ASK, "model": "slow", "stream": True}
        ) as answer:
            next(answer.iter_raw())
    assert httpx.post(base + "/v1/completions", json={}).status_code == 200


def test_many_at_once(base: str) -> None:
    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=base, timeout=60) as web:
            return await asyncio.gather(
                *(web.post("/v1/images/generations", json={}) for _ in range(8)),
                *(web.post("/v1/chat/completions", json={**ASK, "stream": True}) for _ in range(8)),
            )

    for n, answer in enumerate(asyncio.run(run())):
        assert answer.status_code == 200
        if n < 8:
            assert len(answer.json()["data"]) == 2 and "AIGC" in answer.json()
        else:
            assert answer.text.count("data: [DONE]") == 1 and "AIGC" in answer.text


def test_as_vllm_adds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`vllm serve --middleware` imports the path, and adds a class without arguments."""
    import importlib

    monkeypatch.setenv("BIAOSHI_PRODUCER", PRODUCER)
    module, name = "biaoshi.asgi.LabelMiddleware".rsplit(".", 1)
    found: Any = getattr(importlib.import_module(module), name)
    assert isinstance(found, type)
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def chat() -> Any:
        return whole(ASK)

    app.add_middleware(cast(Any, found))
    with served(app) as url:
        assert httpx.post(url + "/v1/chat/completions").json()["AIGC"]["ContentProducer"] == PRODUCER
