"""Pipelines of diffusers and generation by transformers, with real models of a few thousand random weights.

Apart from the other tests because of the size of torch; see README.md beside this file.
"""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from diffusers import (
    AudioPipelineOutput,
    AutoencoderKL,
    DDIMScheduler,
    DDPMPipeline,
    DDPMScheduler,
    DiffusionPipeline,
    StableDiffusionPipeline,
    UNet2DConditionModel,
    UNet2DModel,
)
from diffusers.utils import BaseOutput
from diffusers.video_processor import VideoProcessor
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    SpeechT5HifiGan,
    SpeechT5HifiGanConfig,
    TextIteratorStreamer,
)

import biaoshi
import biaoshi.comfyui
import biaoshi.diffusers
import biaoshi.pil
import biaoshi.transformers
from biaoshi import Label, Notice

LABEL = Label("example", produce_id="42")


def ddpm() -> Any:
    torch.manual_seed(0)
    unet = UNet2DModel(
        sample_size=(192, 256),
        in_channels=3,
        out_channels=3,
        layers_per_block=1,
        block_out_channels=(8, 8),
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    )
    made = DDPMPipeline(unet, DDPMScheduler())
    made.set_progress_bar_config(disable=True)
    return made


def stable_diffusion() -> Any:
    torch.manual_seed(0)
    blocks: dict[str, Any] = {"block_out_channels": (8, 8), "layers_per_block": 1, "norm_num_groups": 4}
    unet = UNet2DConditionModel(
        sample_size=24,
        in_channels=4,
        out_channels=4,
        cross_attention_dim=8,
        attention_head_dim=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **blocks,
    )
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        **{**blocks, "block_out_channels": (4, 4, 4, 4)},
    )
    made = StableDiffusionPipeline(vae, None, None, unet, DDIMScheduler(), None, None, requires_safety_checker=False)
    made.set_progress_bar_config(disable=True)
    return made


SD: dict[str, Any] = {"prompt_embeds": torch.zeros(2, 3, 8), "guidance_scale": 0.0, "num_inference_steps": 1}


def ask(pipe: Any, **options: Any) -> Any:
    return pipe(**SD, generator=torch.Generator().manual_seed(1), height=192, width=192, **options)


def changed_in_the_corner(before: Any, after: Any) -> bool:
    """Whether pictures (…, height, width, channels) differ at the bottom right, and there alone."""
    different = np.argwhere((np.asarray(before) != np.asarray(after)).any(-1))
    height, width = before.shape[-3:-1]
    return len(different) > 0 and different[:, -2].min() > height // 2 and different[:, -1].min() > width // 4


@pytest.mark.parametrize("count", [1, 3])
def test_pictures_of_pillow(count: int, tmp_path: Path) -> None:
    def run(pipe: Any) -> list[Image.Image]:
        out = pipe(batch_size=count, num_inference_steps=1, generator=torch.Generator().manual_seed(1))
        images: list[Image.Image] = out.images
        return images

    plain = run(ddpm())
    pipe = ddpm()
    labelled = biaoshi.diffusers.label_pipeline(pipe, label=LABEL)
    assert labelled is pipe and isinstance(pipe, DDPMPipeline)
    assert type(pipe).__name__ == "DDPMPipeline" and set(pipe.components) == {"unet", "scheduler"}
    images = run(pipe)
    assert len(images) == count
    for before, after in zip(plain, images, strict=True):
        assert changed_in_the_corner(np.asarray(before), np.asarray(after))
        out = io.BytesIO()
        biaoshi.pil.save(after, out, "JPEG")
        report = biaoshi.verify(out.getvalue(), profile="cn-gb45438", look="everything")
        assert report.verdicts[0].outcome == "compliant"
        assert {e.label.produce_id for e in report.evidence if e.label} == {"42"}
    biaoshi.pil.install()
    try:
        images[0].save(tmp_path / "a.webp")
    finally:
        biaoshi.pil.uninstall()
    assert biaoshi.verify(tmp_path / "a.webp").status == "confirmed"


def test_the_pipeline_stays_what_it_was(tmp_path: Path) -> None:
    pipe = biaoshi.diffusers.label_pipeline(ddpm(), label=LABEL)
    assert pipe.to("cpu") is pipe
    pipe.save_pretrained(tmp_path)
    again = DiffusionPipeline.from_pretrained(tmp_path)
    assert type(again) is DDPMPipeline
    with pytest.raises(TypeError, match="already"):
        biaoshi.diffusers.label_pipeline(pipe, label=LABEL)


@pytest.mark.parametrize("kind", ["np", "pt"])
@pytest.mark.parametrize("by_dictionary", [True, False])
def test_arrays_and_tensors(kind: str, by_dictionary: bool) -> None:
    def run(pipe: Any) -> Any:
        out = ask(pipe, output_type=kind, return_dict=by_dictionary)
        return out.images if by_dictionary else out[0]

    before = run(stable_diffusion())
    after = run(biaoshi.diffusers.label_pipeline(stable_diffusion(), label=LABEL))
    assert type(before) is type(after) and before.dtype == after.dtype and before.shape == after.shape
    if kind == "pt":
        before, after = (x.permute(0, 2, 3, 1).numpy() for x in (before, after))
    # Outside of the notice every number is the same.
    assert all(changed_in_the_corner(a, b) for a, b in zip(before, after, strict=True))
    assert after.min() >= 0 and after.max() <= 1


def test_latents_pass() -> None:
    before = ask(stable_diffusion(), output_type="latent").images
    after = ask(biaoshi.diffusers.label_pipeline(stable_diffusion(), label=LABEL), output_type="latent").images
    assert torch.equal(before, after)


def test_no_notice() -> None:
    pipe = biaoshi.diffusers.label_pipeline(stable_diffusion(), label=LABEL, notice=Notice.none("agreed"))
    assert np.array_equal(ask(pipe, output_type="np").images, ask(stable_diffusion(), output_type="np").images)
    assert biaoshi.pil.label_of(ask(pipe).images[0]) is not None


class Film(DiffusionPipeline):  # type: ignore[misc]
    """Films of noise by diffusers' own post-processing."""

    def __init__(self) -> None:
        super().__init__()
        self.video_processor = VideoProcessor()

    def __call__(self, output_type: str = "pil", name: str = "frames") -> Any:
        noise = torch.rand(2, 3, 4, 128, 192, generator=torch.Generator().manual_seed(1)) * 2 - 1
        return BaseOutput({name: self.video_processor.postprocess_video(noise, output_type)})


@pytest.mark.parametrize("kind", ["pil", "np", "pt"])
def test_films(kind: str) -> None:
    def frames(pipe: Any) -> Any:
        made = pipe(output_type=kind).frames
        if kind == "pt":
            return made.permute(0, 1, 3, 4, 2).numpy()
        return np.array([[np.asarray(one) for one in film] for film in made])

    before, after = frames(Film()), frames(biaoshi.diffusers.label_pipeline(Film(), label=LABEL))
    assert before.shape == after.shape == (2, 4, 128, 192, 3)
    assert all(
        changed_in_the_corner(a, b) for x, y in zip(before, after, strict=True) for a, b in zip(x, y, strict=True)
    )


def test_other_outputs_are_refused() -> None:
    pipe = biaoshi.diffusers.label_pipeline(Film(), label=LABEL)
    with pytest.raises(TypeError, match="neither images"):
        pipe(name="meshes")


class Tune(DiffusionPipeline):  # type: ignore[misc]
    """Sounds of noise by a vocoder, as pipelines for sound end."""

    def __init__(self, vocoder: Any) -> None:
        super().__init__()
        self.register_modules(vocoder=vocoder)

    def __call__(self, channels: int = 1, output_type: str = "np") -> Any:
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            waves = self.vocoder(torch.randn(2 * channels, 800, 8, generator=generator))
        waves = waves if channels == 1 else waves.reshape(2, channels, -1)
        return AudioPipelineOutput(audios=waves.numpy() if output_type == "np" else waves)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", ["np", "pt"])
def test_sounds(kind: str, channels: int) -> None:
    torch.manual_seed(0)
    rates = {"upsample_rates": [8, 8], "upsample_kernel_sizes": [16, 16], "sampling_rate": 16000}
    blocks = {"resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1]]}
    config = SpeechT5HifiGanConfig(model_in_dim=8, upsample_initial_channel=8, **cast(Any, rates), **cast(Any, blocks))
    vocoder = cast(Any, SpeechT5HifiGan)(config).eval()
    before = Tune(vocoder)(channels, kind).audios
    after = biaoshi.diffusers.label_pipeline(Tune(vocoder), label=LABEL)(channels, kind).audios
    assert type(before) is type(after) and before.dtype == after.dtype
    assert before.shape[:-1] == after.shape[:-1] and after.shape[-1] > before.shape[-1] > 48000
    # The notice stands in front; behind it every sample is the same.
    before, after = np.asarray(before), np.asarray(after)
    assert np.array_equal(after[..., -before.shape[-1] :], before)
    first = after[0] if channels == 1 else np.ascontiguousarray(after[0].T)
    assert any(e.notice for e in biaoshi.verify(first, rate=16000, look="everything").evidence)


def test_generation() -> None:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    tokenizer: Any = cast(Any, PreTrainedTokenizerFast)(tokenizer_object=made)
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
    }
    model = LlamaForCausalLM(LlamaConfig(vocab_size=256, **sizes))

    def run(label: bool) -> str:
        streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, timeout=60)
        if label:
            biaoshi.transformers.labelled(streamer, label=LABEL)
        asked = {**tokenizer("Say", return_tensors="pt", return_token_type_ids=False), "max_new_tokens": 40}
        thread = threading.Thread(target=model.generate, kwargs={**asked, "do_sample": False, "streamer": streamer})
        thread.start()
        text = "".join(streamer)
        thread.join()
        return text

    plain, labelled = run(False), run(True)
    assert plain and labelled.endswith(plain) and "AI生成" in labelled[: len(labelled) - len(plain)]


def test_a_tensor_of_comfyui(tmp_path: Path) -> None:
    names = biaoshi.comfyui.save_images(torch.rand(2, 192, 256, 3), str(tmp_path), "a", 1, label=LABEL)
    assert [biaoshi.verify(tmp_path / name).status for name in names] == ["confirmed", "confirmed"]
