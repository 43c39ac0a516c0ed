"""Labelled values through real Gradio applications, as their client gets them."""

from __future__ import annotations

import asyncio
import gc
import io
import warnings
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client  # type: ignore[import-untyped,unused-ignore]
from PIL import Image

import biaoshi
import biaoshi.gradio
from biaoshi import Label, Notice

LABEL = Label("example", produce_id="42")
SAMPLES = np.dstack([np.tile(np.arange(320, dtype=np.uint16) % 256, (240, 1)).astype(np.uint8)] * 3)
SOUND = (np.sin(np.arange(48000) / 20) * 8000).astype(np.int16)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    return tmp_path


def number(path: str | Path) -> str | None:
    report = biaoshi.verify(path)
    found = {e.label.produce_id for e in report.evidence if e.label and e.carrier == "aigc_metadata"}
    return found.pop() if report.status == "confirmed" and len(found) == 1 else None


def compliant(path: str | Path) -> bool:
    verdict = biaoshi.verify(path, profile="cn-gb45438", look="everything").verdict("cn-gb45438")
    assert verdict is not None
    return verdict.outcome == "compliant"


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as to:
        to.setparams((1, 2, 16000, 0, "NONE", ""))
        to.writeframes(SOUND.tobytes())
    return out.getvalue()


@pytest.mark.parametrize("kind", ["pillow", "array", "path", "bytes"])
@pytest.mark.parametrize("format", [None, "png", "webp", "jpg"])
def test_pictures(kind: str, format: str | None, tmp_path: Path) -> None:
    image = Image.fromarray(SAMPLES)
    path = tmp_path / f"a.{format or 'png'}"
    image.save(path)
    value = {"pillow": image, "array": SAMPLES, "path": path, "bytes": path.read_bytes()}[kind]
    out = biaoshi.gradio.file(value, label=LABEL, format=format)
    assert out.endswith("." + (format or "png")) and out.startswith(str(tmp_path / "gradio"))
    assert number(out) == "42" and compliant(out)


@pytest.mark.parametrize(
    "samples", [SOUND, SOUND[:, None].repeat(2, 1), (SOUND / 32768).astype(np.float32), SOUND.astype(np.int32) << 16]
)
def test_sounds(samples: Any) -> None:
    out = biaoshi.gradio.file((16000, samples), label=LABEL)
    assert number(out) == "42" and out.endswith(".wav") and compliant(out)
    with wave.open(out) as file:
        assert file.getframerate() == 16000 and file.getnframes() > len(samples)
        assert file.getnchannels() == (1 if samples.ndim == 1 else 2)
        heard = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    # The sound itself is in there, sample by sample.
    own = SOUND if samples.ndim == 1 else SOUND[:, None].repeat(2, 1).reshape(-1)
    assert np.abs(heard[-len(own) :].astype(int) - own).max() <= 1


def test_wrong_values() -> None:
    with pytest.raises(TypeError):
        biaoshi.gradio.file(object(), label=LABEL)
    with pytest.raises(TypeError):
        biaoshi.gradio.file((8000, np.array([1 + 2j])), label=LABEL)
    with pytest.raises(ValueError, match="wav"):
        biaoshi.gradio.file((8000, SOUND), label=LABEL, format="mp3")
    with pytest.raises(ValueError, match="no ending"):
        biaoshi.gradio.file(SAMPLES, label=LABEL, format="../png")
    with pytest.raises(ValueError, match="shape"):
        biaoshi.gradio.file((8000, np.zeros((0,), np.int16)), label=LABEL)


def test_a_file_without_an_ending(tmp_path: Path) -> None:
    Image.fromarray(SAMPLES).save(tmp_path / "bare", "JPEG")
    out = biaoshi.gradio.file(tmp_path / "bare", label=LABEL)
    assert out.endswith(".jpg") and number(out) == "42"


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    first, second = (biaoshi.gradio.file(SAMPLES, label=LABEL, folder=tmp_path / "mine") for _ in range(2))
    assert first != second and {Path(first).parent, Path(second).parent} == {tmp_path / "mine"}


def test_text() -> None:
    out = biaoshi.gradio.text("*Hi*", label=LABEL)
    assert out.endswith("\n\n*Hi*") and "AI生成" in out
    assert biaoshi.gradio.text("", label=LABEL) == ""
    notice = Notice(at=("start", "end"), languages=("en",))
    english = biaoshi.gradio.text("Hi", label=LABEL, markup="plain", notice=notice, profile="eu-ai-act-50")
    assert english.count("AI-generated") == 2
    so_far = list(biaoshi.gradio.stream(["Hel", "lo"], label=LABEL))
    assert len(so_far) == 2 and so_far[1].startswith(so_far[0]) and so_far[1].endswith("\n\nHello")
    ends = list(biaoshi.gradio.stream(["a"], label=LABEL, notice=Notice(at=("end",))))
    assert ends[0] == "a" and "AI生成" in ends[-1]
    assert list(biaoshi.gradio.stream([], label=LABEL)) == []

    async def pieces() -> AsyncIterator[str]:
        yield "Hel"
        yield "lo"

    async def run() -> list[str]:
        return [text async for text in biaoshi.gradio.astream(pieces(), label=LABEL)]

    assert asyncio.run(run()) == so_far


def test_messages(tmp_path: Path) -> None:
    Image.fromarray(SAMPLES).save(tmp_path / "a.png")
    given: list[dict[str, Any]] = [
        {"role": "user", "content": "Draw"},
        {"role": "assistant", "content": "thinking", "metadata": {"title": "Thought"}},
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "Here"}, {"path": str(tmp_path / "a.png"), "alt_text": "x"}],
        },
    ]
    user, thought, answer = biaoshi.gradio.messages(given, label=LABEL)
    assert (user, thought) == (given[0], given[1])
    words, file = answer["content"]
    assert words["text"].endswith("Here") and "AI生成" in words["text"] and words["type"] == "text"
    assert number(file["path"]) == "42" and file["alt_text"] == "x"
    assert number(tmp_path / "a.png") is None
    (one,) = biaoshi.gradio.messages("Hi", label=LABEL)
    assert one["role"] == "assistant" and "AI生成" in one["content"]
    with pytest.raises(TypeError):
        biaoshi.gradio.messages({"role": "assistant", "content": object()}, label=LABEL)


def page() -> Any:
    def draw() -> str:
        return biaoshi.gradio.file(SAMPLES, label=LABEL)

    def several() -> list[str]:
        return [biaoshi.gradio.file(SAMPLES, label=LABEL, format="webp") for _ in range(2)]

    def speak() -> str:
        return biaoshi.gradio.file((16000, SOUND), label=LABEL)

    def film() -> str:
        return biaoshi.gradio.file(wav(), label=LABEL)

    def talk() -> Iterator[str]:
        yield from biaoshi.gradio.stream(["Hel", "lo"], label=LABEL)

    def chat() -> list[dict[str, Any]]:
        content = [{"text": "Here", "type": "text"}, {"path": biaoshi.gradio.file(SAMPLES, label=LABEL)}]
        words = biaoshi.gradio.messages("Here", label=LABEL)
        return [{"role": "user", "content": "Draw"}, *words, {"role": "assistant", "content": content[1]}]

    with gr.Blocks() as blocks:
        button = gr.Button()
        for handler, out in (
            (draw, gr.Image()),
            (several, gr.Gallery()),
            (speak, gr.Audio()),
            (film, gr.File()),
            (talk, gr.Markdown()),
            (chat, gr.Chatbot()),
        ):
            button.click(handler, None, out, api_name=handler.__name__)
    return blocks


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    blocks: Any = page()
    _, url, _ = blocks.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", share=False)
    made = Client(url, download_files=str(tmp_path / "downloads"), verbose=False)
    try:
        yield made
    finally:
        blocks.close()
        del blocks, made
        # Gradio leaves an event loop in this thread, and sockets to the collector.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            asyncio.get_event_loop_policy().get_event_loop().close()
            asyncio.set_event_loop(None)
            gc.collect()


@pytest.mark.filterwarnings("default")
def test_what_a_client_gets(client: Client) -> None:
    def path(value: Any) -> str:
        return str(value["path"] if isinstance(value, dict) and "path" in value else value)

    assert number(path(client.predict(api_name="/draw"))) == "42"
    gallery = client.predict(api_name="/several")
    assert len(gallery) == 2 and all(number(path(one["image"])) == "42" for one in gallery)
    assert number(path(client.predict(api_name="/speak"))) == "42"
    assert number(path(client.predict(api_name="/film"))) == "42"
    said = list(client.submit(api_name="/talk"))
    assert said[-1].endswith("\n\nHello") and all("AI生成" in text for text in said)
    messages = client.predict(api_name="/chat")
    assert "AI生成" in str(messages[1]["content"]) and "AI生成" not in str(messages[0])
    file = messages[2]["content"]
    while not isinstance(file, str):
        file = file[0] if isinstance(file, list) else file.get("file") or file.get("path")
    assert number(file) == "42"
