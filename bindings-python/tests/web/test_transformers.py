"""The streamers of transformers, with a tokenizer made here and without torch."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from transformers.generation.streamers import (
    AsyncTextIteratorStreamer,
    BaseStreamer,
    TextIteratorStreamer,
    TextStreamer,
)

from biaoshi import Label, Notice
from biaoshi.transformers import labelled

LABEL = Label("example")


def tokenizer() -> Any:
    """One token for each byte, so that a character is cut into several."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return cast(Any, PreTrainedTokenizerFast)(tokenizer_object=made, clean_up_tokenization_spaces=False)


TOKENS = tokenizer()


def generate(streamer: Any, text: str, prompt: str = "Say: ") -> None:
    """Feeds a streamer as `generate` does: the prompt, then token by token, then the end."""
    streamer.put(np.array([TOKENS(prompt)["input_ids"]]))
    for token in TOKENS(text)["input_ids"]:
        streamer.put(np.array([token]))
    streamer.end()


def test_a_stream_that_is_iterated() -> None:
    streamer = labelled(TextIteratorStreamer(TOKENS, skip_prompt=True, timeout=10), label=LABEL)
    for _ in range(2):
        thread = threading.Thread(target=generate, args=(streamer, "你好, wide world"))
        thread.start()
        got = list(streamer)
        thread.join()
        text = "".join(got)
        assert text.split("\n\n")[0].endswith("AI生成") and text.endswith("\n\n你好, wide world")
        assert len(got) > 3


def test_notices_at_both_ends() -> None:
    notice = Notice(at=("start", "end"), languages=("en",))
    streamer = labelled(
        TextIteratorStreamer(TOKENS, skip_prompt=True),
        label=LABEL,
        notice=notice,
        markup="plain",
        profile="eu-ai-act-50",
    )
    generate(streamer, "Hi")
    assert "".join(streamer) == "AI-generated\n\nHi\n\nAI-generated"


def test_an_answer_without_words() -> None:
    streamer = labelled(TextIteratorStreamer(TOKENS, skip_prompt=True), label=LABEL)
    generate(streamer, "")
    assert "".join(streamer) == ""


def test_a_stream_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    generate(labelled(TextStreamer(TOKENS, skip_prompt=True), label=LABEL), "Hello there")
    out = capsys.readouterr().out
    assert "AI生成" in out.split("\n")[0] and out.endswith("Hello there\n")


def test_a_stream_that_is_awaited() -> None:
    async def run() -> str:
        streamer = labelled(AsyncTextIteratorStreamer(TOKENS, skip_prompt=True, timeout=10), label=LABEL)
        thread = threading.Thread(target=generate, args=(streamer, "Hello there"))
        thread.start()
        text = "".join([piece async for piece in streamer])
        thread.join()
        return text

    text = asyncio.run(run())
    assert "AI生成" in text and text.endswith("Hello there")


def test_a_streamer_derived_from_theirs() -> None:
    got: list[tuple[str, bool]] = []

    class Own(TextStreamer):
        def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
            got.append((text, stream_end))

    generate(labelled(Own(TOKENS, skip_prompt=True), label=LABEL), "a b")
    assert "AI生成" in "".join(text for text, _ in got).split("\n")[0]
    assert [end for _, end in got] == [False] * (len(got) - 1) + [True]


def test_what_can_not_be_labelled() -> None:
    with pytest.raises(TypeError, match="no text"):
        labelled(cast(Any, BaseStreamer()), label=LABEL)
    streamer = labelled(TextStreamer(TOKENS), label=LABEL)
    with pytest.raises(TypeError, match="already"):
        labelled(streamer, label=LABEL)


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_every_word_comes_through(text: str) -> None:
    plain, marked = (TextIteratorStreamer(TOKENS, skip_prompt=True) for _ in range(2))
    labelled(marked, label=LABEL, markup="plain")
    for streamer in (plain, marked):
        generate(streamer, text)
    own, out = "".join(plain), "".join(marked)
    assert out.endswith(own)
    assert not own or "AI生成" in out[: len(out) - len(own)]
