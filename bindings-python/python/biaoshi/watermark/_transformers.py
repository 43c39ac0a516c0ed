"""What transformers is given; imports it, and torch."""

from __future__ import annotations

from typing import Any

import torch
from transformers import LogitsProcessor
from transformers.generation.configuration_utils import BaseWatermarkingConfig

from .text import TextSequence, TextWatermark


class _Processor(LogitsProcessor):  # type: ignore[misc]
    """Marks one generation: as many texts as the first call has rows."""

    def __init__(self, mark: TextWatermark) -> None:
        self._mark = mark
        self._sequences: list[TextSequence] | None = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if self._sequences is None:
            self._sequences = [self._mark.sequence() for _ in range(len(scores))]
        elif len(self._sequences) != len(scores):
            raise ValueError("the number of texts changed: a processor is for one generation, without beams")
        else:
            for sequence, token in zip(self._sequences, input_ids[:, -1].tolist(), strict=True):
                sequence.push(token)
        marked = scores.detach().to(torch.float32)
        if marked.device.type != "cpu":
            # What top-k left goes to the CPU and back, not the vocabulary.
            count = max(1, int((marked > -torch.inf).sum(dim=-1).max()))
            kept, ids = marked.topk(count, dim=-1)
            held = kept.cpu()
            steps = self._mark.reweight(self._sequences, held.numpy(), ids.cpu())
            done = torch.tensor([step == "marked" for step in steps], device=marked.device)
            lowest = torch.full_like(marked, torch.finfo(torch.float32).min)
            marked = torch.where(done[:, None], lowest.scatter(-1, ids, held.to(marked.device)), marked)
        else:
            if marked.data_ptr() == scores.data_ptr():
                marked = marked.clone()
            self._mark.reweight(self._sequences, marked.numpy())
        return marked.to(scores.dtype)


class _Config(BaseWatermarkingConfig):  # type: ignore[misc]
    def __init__(self, mark: TextWatermark) -> None:
        self._mark = mark

    def validate(self) -> None:
        """Nothing to refuse: the key was checked when it was read."""

    def construct_processor(self, vocab_size: int = 0, device: Any = None) -> Any:
        return _Processor(self._mark)

    def to_dict(self) -> dict[str, Any]:
        return {"watermark": "biaoshi", "ngram_len": self._mark.ngram_len}

    def to_json_string(self) -> str:
        import json

        return json.dumps(self.to_dict()) + "\n"

    def __iter__(self) -> Any:
        yield from self.to_dict().items()


def processor(mark: TextWatermark) -> Any:
    """A processor."""
    return _Processor(mark)


def config(mark: TextWatermark) -> Any:
    """A configuration that makes one for each generation."""
    return _Config(mark)
