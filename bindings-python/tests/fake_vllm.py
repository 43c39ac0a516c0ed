"""vLLM's interface for logits processors, and tensors, in as much as `biaoshi.watermark.vllm` uses them."""

from __future__ import annotations

import abc
import enum
import sys
import types
from typing import Any, NamedTuple

import numpy


class MoveDirectionality(enum.Enum):
    UNIDIRECTIONAL = 0
    SWAP = 1


class BatchUpdate(NamedTuple):
    batch_size: int
    removed: list[int] = []
    added: list[tuple[int, Any, list[int] | None, list[int]]] = []
    moved: list[tuple[int, int, MoveDirectionality]] = []


class LogitsProcessor(abc.ABC):
    """With the abstract methods that vLLM 0.10 to 0.29 asks for."""

    @classmethod
    def validate_params(cls, sampling_params: Any) -> None:
        return None

    @abc.abstractmethod
    def __init__(self, vllm_config: Any, device: Any, is_pin_memory: bool) -> None: ...

    @abc.abstractmethod
    def apply(self, logits: Any) -> Any: ...

    @abc.abstractmethod
    def is_argmax_invariant(self) -> bool: ...

    @abc.abstractmethod
    def update_state(self, batch_update: Any) -> None: ...


class Params:
    """Those of `SamplingParams` that matter, with its defaults."""

    def __init__(self, **more: Any) -> None:
        self.temperature, self.top_k, self.top_p, self.min_p, self.extra_args = 1.0, 0, 1.0, 0.0, None
        self.__dict__.update(more)


class Tensor:
    """An array that answers as a tensor of torch does."""

    def __init__(self, held: Any) -> None:
        self.held = numpy.asarray(held)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.held.shape

    def float(self) -> Tensor:
        return Tensor(self.held.astype(numpy.float32))

    def long(self) -> Tensor:
        return Tensor(self.held.astype(numpy.int64))

    def topk(self, count: int) -> tuple[Tensor, Tensor]:
        ids = numpy.argsort(-self.held, axis=-1, kind="stable")[..., :count]
        return Tensor(numpy.take_along_axis(self.held, ids, -1)), Tensor(ids)

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> Any:
        return self.held

    def new_tensor(self, values: Any) -> Tensor:
        return Tensor(numpy.array(values, self.held.dtype))

    def __getitem__(self, at: Any) -> Tensor:
        return Tensor(self.held[at])

    def __setitem__(self, at: Any, values: Any) -> None:
        bare = lambda x: x.held if isinstance(x, Tensor) else x  # noqa: E731
        self.held[tuple(bare(x) for x in at) if isinstance(at, tuple) else at] = bare(values)


def install() -> None:
    """Puts the fakes where the real ones are imported from."""
    names = ["vllm", "vllm.v1", "vllm.v1.sample", "vllm.v1.sample.logits_processor"]
    modules = {name: types.ModuleType(name) for name in names}
    last = modules[names[-1]]
    last.LogitsProcessor = LogitsProcessor  # type: ignore[attr-defined]
    last.MoveDirectionality = MoveDirectionality  # type: ignore[attr-defined]
    sys.modules.update(modules)
