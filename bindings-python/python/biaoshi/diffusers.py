"""Labels on what the pipelines of diffusers make.

::

    import biaoshi, biaoshi.diffusers, biaoshi.pil

    pipe = DiffusionPipeline.from_pretrained(…)
    pipe = biaoshi.diffusers.label_pipeline(pipe, label=biaoshi.Label("001191110102MACQD9K64010000"))
    biaoshi.pil.install()                                  # save() keeps the label
    pipe("a harbour").images[0].save("harbour.png")

Neither diffusers nor torch is imported here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import biaoshi
from biaoshi import Label, Notice

__all__ = ["label_pipeline"]

P = TypeVar("P", bound=Callable[..., Any])

# Members of the outputs of pipelines that hold content, by modality.
_PICTURES = ("images", "image")
_FILMS = ("frames",)
_SOUNDS = ("audios",)


def label_pipeline(
    pipe: P,
    *,
    label: Label,
    profile: str | Sequence[str] = "cn-gb45438",
    notice: Notice | None = None,
    rate: int | None = None,
    limits: Mapping[str, int] | None = None,
) -> P:
    """Makes a pipeline label what it gives out.

    Pictures of Pillow get the notice and the label in ``info``, which :mod:`biaoshi.pil` writes when they
    are saved. Arrays and tensors, and the frames of films, get the notice: they have no place for a
    label, so give what you make of them to :func:`biaoshi.label`. Samples that the notice does not
    change stay as they are, exactly. Latents (``output_type="latent"``) pass: nobody sees them yet.

    The pipeline itself is changed and returned, so that ``to()``, offloading and the like go on with it.
    Its class becomes one of the same name that is derived from its own.

    Args:
        pipe: the pipeline.
        label: what is stated.
        profile: rule set or rule sets to satisfy.
        notice: the notice that people see or hear; None for that of the rule set.
        rate: samples per second of the sounds it makes, in Hz. By default it is asked of the
            pipeline's vocoder or decoder.
        limits: bounds of the work, as for :func:`biaoshi.label`.

    Raises:
        TypeError: if the pipeline is labelled already, or, when it is called, if what it gives out holds
            neither images, frames nor audios.
        ValueError: when it is called, if a sound's rate is not known.
        biaoshi.BiaoshiError: when it is called, if something can't be labelled.
    """
    own = type(pipe)
    if hasattr(own, "_biaoshi"):
        raise TypeError("the pipeline is labelled already")
    work = _Work(label, {"profile": profile, "notice": notice, "limits": limits}, rate)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        out = own.__call__(self, *args, **kwargs)
        return out if _gives_latents(self, own, args, kwargs) else work.on_output(self, out)

    call.__doc__ = own.__call__.__doc__
    call.__signature__ = inspect.signature(own.__call__)  # type: ignore[attr-defined]
    members = {"__call__": call, "_biaoshi": True, "__module__": own.__module__, "__doc__": own.__doc__}
    derived = type(own.__name__, (own,), members)
    derived.__qualname__ = own.__qualname__
    pipe.__class__ = derived
    return pipe


def _gives_latents(pipe: Any, own: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    try:
        given = inspect.signature(own.__call__).bind(pipe, *args, **kwargs)  # type: ignore[operator,unused-ignore]
    except (TypeError, ValueError):
        return kwargs.get("output_type") == "latent"
    given.apply_defaults()
    return given.arguments.get("output_type", kwargs.get("output_type")) == "latent"


class _Work:
    """What is done to the output of a pipeline."""

    def __init__(self, label: Label, options: Mapping[str, Any], rate: int | None) -> None:
        self._label = label
        self._options = options
        self._rate = rate

    def on_output(self, pipe: Any, out: Any) -> Any:
        if isinstance(out, tuple):
            # return_dict=False: content stands first.
            if not out:
                raise TypeError("the pipeline gave nothing out")
            return (self._by_kind(pipe, out[0]), *out[1:])
        found = False
        for name, way in self._ways(pipe).items():
            content = getattr(out, name, None)
            if content is not None:
                setattr(out, name, way(content))
                found = True
        if not found:
            raise TypeError(f"{type(out).__name__} holds neither images, frames nor audios")
        return out

    def _ways(self, pipe: Any) -> dict[str, Callable[[Any], Any]]:
        ways: dict[str, Callable[[Any], Any]] = dict.fromkeys((*_PICTURES, *_FILMS), self._pictures)
        ways.update(dict.fromkeys(_SOUNDS, lambda content: self._sounds(pipe, content)))
        return ways

    def _by_kind(self, pipe: Any, content: Any) -> Any:
        return self._sounds(pipe, content) if self._is_sound(pipe, content) else self._pictures(content)

    def _is_sound(self, pipe: Any, content: Any) -> bool:
        return getattr(content, "ndim", 0) in (1, 2, 3) and (self._rate or _rate_of(pipe)) is not None

    def _pictures(self, content: Any) -> Any:
        """The same nest of lists with every picture labelled."""
        if isinstance(content, (list, tuple)):
            return type(content)(self._pictures(one) for one in content)
        if _is_pillow(content):
            return biaoshi.label(content, label=self._label, **self._options)
        if hasattr(content, "detach"):
            return _through_numpy(content, lambda array: self._stack(array, channels_first=True))
        if hasattr(content, "__array_interface__"):
            return self._stack(content, channels_first=False)
        raise TypeError(f"{type(content).__name__} is no picture that can be labelled")

    def _stack(self, array: Any, *, channels_first: bool) -> Any:
        """Pictures in the last three dimensions, each labelled."""
        import numpy as np

        if array.ndim < 3:
            raise TypeError("a picture has at least three dimensions")
        out = np.moveaxis(array, -3, -1).copy() if channels_first else array.copy()
        flat = out.reshape(-1, *out.shape[-3:])
        for one in flat:
            self._draw(one)
        return np.ascontiguousarray(np.moveaxis(out, -1, -3)) if channels_first else out

    def _draw(self, picture: Any) -> None:
        """Draws the notice into one picture, whole numbers of 8 bits or numbers from 0 to 1."""
        import numpy as np

        whole = picture.dtype == np.uint8
        seen = picture if whole else (np.clip(np.nan_to_num(picture.astype(np.float32)), 0, 1) * 255).round()
        seen = np.ascontiguousarray(seen.astype(np.uint8))
        drawn = biaoshi.label(seen, label=self._label, **self._options)
        changed = drawn != seen
        picture[changed] = drawn[changed] if whole else (drawn[changed] / np.float32(255)).astype(picture.dtype)

    def _sounds(self, pipe: Any, content: Any) -> Any:
        """Sounds of a batch, each (samples,) or (channels, samples)."""
        rate = self._rate or _rate_of(pipe)
        if rate is None:
            raise ValueError("give `rate`: how many samples a second the pipeline makes is not known")
        if isinstance(content, (list, tuple)):
            return type(content)(self._sound(one, rate) for one in content)
        if hasattr(content, "detach"):
            return _through_numpy(content, lambda array: self._sounds(pipe, array))
        import numpy as np

        if content.ndim == 1:
            return self._sound(content, rate)
        made = [self._sound(one, rate) for one in content]
        # The notice makes sounds longer, each by the same time.
        return np.stack(made)

    def _sound(self, sound: Any, rate: int) -> Any:
        import numpy as np

        if hasattr(sound, "detach"):
            return _through_numpy(sound, lambda array: self._sound(array, rate))
        kind = sound.dtype
        # Pipelines have channels first, few of them.
        turned = sound.ndim == 2 and sound.shape[0] < sound.shape[1]
        given = np.ascontiguousarray((sound.T if turned else sound).astype(np.float32))
        out = biaoshi.label(given, label=self._label, rate=rate, **self._options)
        return np.ascontiguousarray(out.T if turned else out).astype(kind)


def _rate_of(pipe: Any) -> int | None:
    for part in ("vocoder", "vae", "unet", "transformer"):
        config = getattr(getattr(pipe, part, None), "config", None)
        for name in ("sampling_rate", "sample_rate"):
            rate = getattr(config, name, None) if config is not None else None
            if isinstance(rate, int) and rate > 0:
                return rate
    return None


def _is_pillow(content: Any) -> bool:
    return any(kind.__module__ == "PIL.Image" and kind.__name__ == "Image" for kind in type(content).__mro__)


def _through_numpy(tensor: Any, way: Callable[[Any], Any]) -> Any:
    """Does to a tensor what is done to an array; type and device stay."""
    own = tensor.detach().to("cpu")
    # bfloat16 has no array of its own.
    array = own.float().numpy() if own.is_floating_point() else own.numpy()
    import torch  # type: ignore[import-not-found,unused-ignore]

    return torch.from_numpy(way(array)).to(dtype=tensor.dtype, device=tensor.device)
