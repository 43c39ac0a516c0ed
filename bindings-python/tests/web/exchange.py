"""Raw ASGI applications behind the middleware, and one request against them."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
from typing import Any

from biaoshi import Label
from biaoshi.asgi import LabelMiddleware
from PIL import Image

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
