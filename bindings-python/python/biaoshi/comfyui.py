"""A node of ComfyUI that saves labelled pictures.

Make a folder ``custom_nodes/biaoshi`` with one file, ``__init__.py``::

    from biaoshi.comfyui import comfy_entrypoint

or, for a ComfyUI without the interface V3::

    from biaoshi.comfyui import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS

The node "Save Image (AI label)" stands where "Save Image" does. A label belongs to a file, so it is
written by the node that writes the file, and previews carry none. The producer may be given in the node
or, for all of them, in the environment (``BIAOSHI_PRODUCER``); the identity that signs comes from the
environment alone (``BIAOSHI_IDENTITY``, a folder), because a workflow is shared with others.

The workflow goes into the file as "Save Image" does it, before the label is written, unless ComfyUI was
started with ``--disable-metadata``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from biaoshi import Label, Notice
from biaoshi._environment import Environment

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS", "SaveLabelledImage", "comfy_entrypoint", "save_images"]

NODE_ID = "BiaoshiSaveImage"
DISPLAY_NAME = "Save Image (AI label)"
CATEGORY = "image/save"
DESCRIPTION = "Saves pictures with the notice and the label that the rules on AI-generated content ask for."
FORMATS = ("png", "webp", "jpg")
CORNERS = ("bottom-right", "bottom-left", "top-right", "top-left")
# PNG's level of compression, as ComfyUI's own node has it.
COMPRESS_LEVEL = 4


def save_images(
    images: Any,
    folder: str,
    filename: str,
    counter: int,
    *,
    label: Label,
    format: str = "png",
    quality: int = 90,
    profile: str | Sequence[str] = "cn-gb45438",
    notice: Notice | None = None,
    sign: Any = None,
    metadata: Mapping[str, Any] | None = None,
) -> list[str]:
    """Saves a batch of pictures, each labelled.

    Args:
        images: floating point numbers from 0 to 1 in the shape (batch, height, width, channels), as
            ComfyUI has them; a tensor or an array.
        folder: where the files go. It must exist.
        filename: begin of the names; ``%batch_num%`` stands for the place in the batch.
        counter: number in the first name.
        label: what is stated.
        format: ``"png"``, ``"webp"`` or ``"jpg"``.
        quality: of WebP and JPEG, from 1 to 100.
        profile, notice, sign: as for :func:`biaoshi.label`.
        metadata: values that go into the file as JSON: text chunks of PNG, Exif of WebP and JPEG.

    Returns:
        Names of the files.

    Raises:
        ValueError: for another format or shape.
        biaoshi.BiaoshiError: if a picture can't be labelled.
    """
    from biaoshi import pil

    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}")
    names = []
    for place, picture in enumerate(_pictures(images)):
        name = f"{filename.replace('%batch_num%', str(place))}_{counter + place:05}_.{format}"
        if format == "jpg" and picture.mode == "RGBA":
            picture = picture.convert("RGB")
        params = _with_metadata(picture, format, metadata or {})
        params |= {"compress_level": COMPRESS_LEVEL} if format == "png" else {"quality": quality}
        path = os.path.join(folder, name)
        pil.save(picture, path, label=label, profile=profile, notice=notice, sign=sign, **params)
        names.append(name)
    return names


def _pictures(images: Any) -> list[Any]:
    import numpy as np
    from PIL import Image

    array = images.detach().cpu().numpy() if hasattr(images, "detach") else np.asarray(images)
    if array.ndim != 4 or array.shape[-1] not in (1, 3, 4):
        raise ValueError("pictures have the shape (batch, height, width, 1, 3 or 4 channels)")
    whole = np.clip(255.0 * array, 0, 255).astype(np.uint8)
    return [Image.fromarray(one[..., 0] if one.shape[-1] == 1 else one) for one in whole]


def _with_metadata(picture: Any, format: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    if not metadata:
        return {}
    if format == "png":
        from PIL.PngImagePlugin import PngInfo

        chunks = PngInfo()
        for key, value in metadata.items():
            chunks.add_text(key, json.dumps(value))
        return {"pnginfo": chunks}
    exif = picture.getexif()
    # Where ComfyUI reads them back: the prompt in Model, what else there is in Make and the tags below.
    tag = 0x010F
    for key, value in metadata.items():
        if key == "prompt":
            exif[0x0110] = f"prompt:{json.dumps(value)}"
        else:
            exif[tag] = f"{key}:{json.dumps(value)}"
            tag -= 1
    return {"exif": exif}


def _label(producer: str) -> Label:
    found = producer.strip() or Environment(os.environ).text("PRODUCER")
    if not found:
        raise ValueError("give a producer in the node, or set BIAOSHI_PRODUCER in the environment")
    return Label(found)


def _metadata(prompt: Any, extra: Any) -> dict[str, Any]:
    from comfy.cli_args import args  # type: ignore[import-not-found,unused-ignore]

    if args.disable_metadata:
        return {}
    return ({"prompt": prompt} if prompt is not None else {}) | dict(extra or {})


def _saved(
    images: Any, producer: str, filename_prefix: str, format: str, quality: int, corner: str, prompt: Any, extra: Any
) -> list[dict[str, str]]:
    """Saves a batch into ComfyUI's folder for results, and says where."""
    import folder_paths  # type: ignore[import-not-found,unused-ignore]

    height, width = images.shape[1], images.shape[2]
    folder, filename, counter, subfolder, _ = folder_paths.get_save_image_path(
        filename_prefix, folder_paths.get_output_directory(), width, height
    )
    names = save_images(
        images,
        folder,
        filename,
        counter,
        label=_label(producer),
        format=format,
        quality=quality,
        notice=Notice(corner=corner),  # type: ignore[arg-type,unused-ignore]
        sign=Environment(os.environ).identity(),
        metadata=_metadata(prompt, extra),
    )
    return [{"filename": name, "subfolder": subfolder, "type": "output"} for name in names]


class SaveLabelledImage:
    """The node for the older interface of ComfyUI (V1)."""

    CATEGORY = CATEGORY
    DESCRIPTION = DESCRIPTION
    FUNCTION = "save"
    OUTPUT_NODE = True
    RETURN_TYPES: tuple[str, ...] = ()

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, dict[str, Any]]:
        """What the node takes."""
        return {
            "required": {
                "images": ("IMAGE",),
                "filename_prefix": ("STRING", {"default": "ComfyUI"}),
                "producer": ("STRING", {"default": "", "tooltip": "provider code or name; BIAOSHI_PRODUCER if empty"}),
                "format": (list(FORMATS), {"default": FORMATS[0]}),
                "quality": ("INT", {"default": 90, "min": 1, "max": 100, "tooltip": "of WebP and JPEG"}),
                "corner": (list(CORNERS), {"default": CORNERS[0]}),
            },
            "hidden": {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
        }

    def save(
        self,
        images: Any,
        filename_prefix: str = "ComfyUI",
        producer: str = "",
        format: str = "png",
        quality: int = 90,
        corner: str = "bottom-right",
        prompt: Any = None,
        extra_pnginfo: Any = None,
    ) -> dict[str, Any]:
        """Saves the pictures and tells the page where they are."""
        saved = _saved(images, producer, filename_prefix, format, quality, corner, prompt, extra_pnginfo)
        return {"ui": {"images": saved}}


NODE_CLASS_MAPPINGS: dict[str, Any] = {NODE_ID: SaveLabelledImage}
NODE_DISPLAY_NAME_MAPPINGS: dict[str, str] = {NODE_ID: DISPLAY_NAME}


async def comfy_entrypoint() -> Any:
    """The extension for the interface V3 of ComfyUI, which calls this when it loads custom nodes."""
    from comfy_api.latest import ComfyExtension, io, ui  # type: ignore[import-not-found,unused-ignore]

    class SaveLabelledImageV3(io.ComfyNode):  # type: ignore[misc]
        """The node for the interface V3."""

        @classmethod
        def define_schema(cls) -> Any:
            return io.Schema(
                node_id=NODE_ID,
                display_name=DISPLAY_NAME,
                category=CATEGORY,
                description=DESCRIPTION,
                inputs=[
                    io.Image.Input("images"),
                    io.String.Input("filename_prefix", default="ComfyUI"),
                    io.String.Input("producer", default="", tooltip="provider code or name; BIAOSHI_PRODUCER if empty"),
                    io.Combo.Input("format", options=list(FORMATS), default=FORMATS[0]),
                    io.Int.Input("quality", default=90, min=1, max=100, tooltip="of WebP and JPEG"),
                    io.Combo.Input("corner", options=list(CORNERS), default=CORNERS[0]),
                ],
                hidden=[io.Hidden.prompt, io.Hidden.extra_pnginfo],
                is_output_node=True,
            )

        @classmethod
        def execute(
            cls, images: Any, filename_prefix: str, producer: str, format: str, quality: int, corner: str
        ) -> Any:
            hidden = cls.hidden
            saved = _saved(
                images, producer, filename_prefix, format, quality, corner, hidden.prompt, hidden.extra_pnginfo
            )
            results = [ui.SavedResult(one["filename"], one["subfolder"], io.FolderType.output) for one in saved]
            return io.NodeOutput(ui=ui.SavedImages(results))

    class Extension(ComfyExtension):  # type: ignore[misc]
        """The nodes of this module."""

        async def get_node_list(self) -> list[Any]:
            return [SaveLabelledImageV3]

    return Extension()
