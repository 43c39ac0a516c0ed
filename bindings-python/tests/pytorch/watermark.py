"""Marks in the text that models of transformers generate, with real models of a few thousand random weights.

Apart from the other tests because of the size of torch; see README.md beside this file.
"""

from __future__ import annotations

import json
from typing import Any, cast

import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LogitsProcessor,
    LogitsProcessorList,
    SynthIDTextWatermarkingConfig,
    SynthIDTextWatermarkLogitsProcessor,
)

from biaoshi.watermark.text import TextDetector, TextKey, TextWatermark

KEYS = [654, 400, 836, 123, 340, 443, 597, 160, 57, 29, 590, 639, 13, 715, 468]
KEYS += [990, 966, 226, 324, 585, 118, 504, 421, 521, 129, 669, 732, 225, 90, 960]


def mark(**more: Any) -> TextWatermark:
    return TextWatermark(TextKey.from_text(json.dumps({"keys": KEYS, "ngram_len": 5, **more})))


def model() -> Any:
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    made = LlamaForCausalLM(LlamaConfig(vocab_size=512, bos_token_id=1, eos_token_id=511, **cast(Any, sizes)))
    # Random weights leave all tokens about as likely: sharper, as a model that was trained.
    made.lm_head.weight.data *= 20
    return made.eval()


def generated(config: Any, **more: Any) -> Any:
    torch.manual_seed(5)
    asked: dict[str, Any] = {"do_sample": True, "max_new_tokens": 120, "top_k": 50, "temperature": 0.8, **more}
    prompt = torch.tensor([[1, 5, 9], [1, 7, 7]])
    with torch.no_grad():
        return model().generate(prompt, watermarking_config=config, pad_token_id=0, **asked)[:, 3:]


def test_texts_are_the_references() -> None:
    """The same keys and the same seed give the same tokens as transformers' own processor."""
    theirs = generated(SynthIDTextWatermarkingConfig(keys=KEYS, ngram_len=5))
    ours = generated(mark().config())
    assert torch.equal(theirs, ours)
    assert not torch.equal(ours, generated(None))
    for row in ours:
        found = TextDetector(mark()).detect(row, end=511)
        assert found.answer == "found", found


def test_calls_are_the_references() -> None:
    """All odds are those of the reference when it computes in 64 bits; in 32 bits it loses the unlikely ones.

    Where one candidate takes nearly all odds, 1 less their sum rounds to nothing or to far too much in 32 bits.
    """
    lowest = torch.finfo(torch.float32).min
    for skip in (False, True):
        config: dict[str, Any] = {"context_history_size": 3, "skip_first_ngram_calls": skip}
        config |= {"sampling_table_size": 65536, "sampling_table_seed": 0, "ngram_len": 5}
        made: list[Any] = [
            SynthIDTextWatermarkLogitsProcessor(keys=KEYS, device=torch.device("cpu"), **config) for _ in range(2)
        ]
        ours = mark(**config).processor()
        assert isinstance(ours, LogitsProcessor)
        random = torch.Generator().manual_seed(1)
        tokens = torch.zeros((3, 1), dtype=torch.long)
        single, double = 0.0, 0.0
        for step in range(40):
            scores = torch.randn(3, 200, generator=random) * 2
            scores[scores < 0] = -torch.inf
            before = scores.clone()
            one, exact = made[0](tokens, scores), made[1](tokens, scores.double())
            two = ours(tokens, scores)
            assert torch.equal(scores, before) and two.dtype == torch.float32
            # 32 bits hold odds of at least e^-103.97.
            held = torch.isfinite(scores) & (exact > -103.9)
            gone = torch.isfinite(scores) & (exact < -104)
            assert (two[held] > lowest).all() and (two[gone] == lowest).all()
            double = max(double, float(((two.double() - exact).abs() / exact.abs().clamp(min=1))[held].max()))
            # What can be drawn at all is the same in 32 bits, too.
            alike = torch.isfinite(scores) & (exact > -25)
            assert torch.isfinite(one[alike]).all() and (one[alike] > lowest).all()
            single = max(single, float((one - two)[torch.isfinite(scores) & (exact > -13.8)].abs().max()))
            last = torch.randint(0, 2 if step < 25 else 200, (3, 1), generator=random)
            tokens = torch.cat([tokens, last], 1)
        print(f"largest difference: {double:.1e} of the reference in 64 bits; in 32 bits {single:.1e} above 1e-6")
        assert double < 2e-6 and single < 1e-3, (double, single)


def test_as_the_last_of_the_processors() -> None:
    """With temperature and cuts of `generate` at rest, a processor given as such does what a configuration does."""
    at_rest = {"temperature": 1.0, "top_k": 0}
    by_config = generated(mark().config(), **at_rest)
    by_processor = generated(None, logits_processor=LogitsProcessorList([mark().processor()]), **at_rest)
    assert torch.equal(by_config, by_processor)


def test_half_precision_and_nothing_of_the_key() -> None:
    config = mark().config()
    for kind in (torch.bfloat16, torch.float16):
        scores = torch.randn(1, 50).to(kind)
        made = config.construct_processor(512, torch.device("cpu"))(torch.tensor([[1]]), scores)
        assert made.dtype == kind and torch.allclose(made.float().exp().sum(), torch.tensor(1.0), atol=0.05)
    for shown in (repr(config), str(dict(config)), config.to_json_string(), str(config.to_dict())):
        assert "654" not in shown
