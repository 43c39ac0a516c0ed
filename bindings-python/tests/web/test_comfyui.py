"""The node as a module: ComfyUI is no package that could be installed here, so its three modules that
the node asks are stood in for by the few names it uses."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import biaoshi
import biaoshi.comfyui
from biaoshi import Label

LABEL = Label("example")
BATCH = np.linspace(0, 1, 2 * 240 * 320 * 3, dtype=np.float32).reshape(2, 240, 320, 3)


@pytest.fixture
def comfy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    args = types.SimpleNamespace(disable_metadata=False)

    def get_save_image_path(prefix: str, folder: str, width: int, height: int) -> tuple[str, str, int, str, str]:
        assert (width, height) == (320, 240)
        sub, name = os.path.split(prefix)
        os.makedirs(os.path.join(folder, sub), exist_ok=True)
        return os.path.join(folder, sub), name, 7, sub, prefix

    paths: Any = types.ModuleType("folder_paths")
    paths.get_save_image_path = get_save_image_path
    paths.get_output_directory = lambda: str(tmp_path)
    cli: Any = types.ModuleType("comfy.cli_args")
    cli.args = args
    monkeypatch.setitem(sys.modules, "folder_paths", paths)
    monkeypatch.setitem(sys.modules, "comfy", types.ModuleType("comfy"))
    monkeypatch.setitem(sys.modules, "comfy.cli_args", cli)
    return args


def compliant(path: Path) -> bool:
    report = biaoshi.verify(path, profile="cn-gb45438", look="everything")
    verdict = report.verdict("cn-gb45438")
    return report.status == "confirmed" and verdict is not None and verdict.outcome == "compliant"


@pytest.mark.parametrize("format", biaoshi.comfyui.FORMATS)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_batch(format: str, channels: int, tmp_path: Path) -> None:
    batch = BATCH[..., :1] if channels == 1 else np.concatenate([BATCH, BATCH[..., :1]], -1)[..., :channels]
    names = biaoshi.comfyui.save_images(
        batch,
        str(tmp_path),
        "a%batch_num%",
        3,
        label=LABEL,
        format=format,
        metadata={"prompt": {"1": "x"}, "workflow": [1]},
    )
    assert names == [f"a0_00003_.{format}", f"a1_00004_.{format}"]
    assert all(compliant(tmp_path / name) for name in names)
    with Image.open(tmp_path / names[0]) as image:
        if format == "png":
            assert json.loads(image.info["prompt"]) == {"1": "x"} and json.loads(image.info["workflow"]) == [1]
        else:
            assert image.getexif()[0x0110] == 'prompt:{"1": "x"}' and image.getexif()[0x010F] == "workflow:[1]"


def test_wrong_batches(tmp_path: Path) -> None:
    for images in (BATCH[0], BATCH[..., :2]):
        with pytest.raises(ValueError, match="shape"):
            biaoshi.comfyui.save_images(images, str(tmp_path), "a", 1, label=LABEL)
    with pytest.raises(ValueError, match="format"):
        biaoshi.comfyui.save_images(BATCH, str(tmp_path), "a", 1, label=LABEL, format="bmp")
    assert list(tmp_path.iterdir()) == []


def test_the_older_node(comfy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = biaoshi.comfyui.NODE_CLASS_MAPPINGS["BiaoshiSaveImage"]
    taken = node.INPUT_TYPES()
    given = {name: (spec[1].get("default") if len(spec) > 1 else BATCH) for name, spec in taken["required"].items()}
    assert node.OUTPUT_NODE and set(biaoshi.comfyui.NODE_DISPLAY_NAME_MAPPINGS) == set(
        biaoshi.comfyui.NODE_CLASS_MAPPINGS
    )
    with pytest.raises(ValueError, match="BIAOSHI_PRODUCER"):
        getattr(node(), node.FUNCTION)(**given)
    monkeypatch.setenv("BIAOSHI_PRODUCER", "from-env")
    given |= {"filename_prefix": "sub/a"}
    out = getattr(node(), node.FUNCTION)(**given, prompt={"1": 2}, extra_pnginfo={"workflow": 3})
    saved = out["ui"]["images"]
    assert saved[0] == {"filename": "a_00007_.png", "subfolder": "sub", "type": "output"} and len(saved) == 2
    path = tmp_path / "sub" / "a_00007_.png"
    assert compliant(path)
    with Image.open(path) as image:
        assert json.loads(image.info["prompt"]) == {"1": 2} and json.loads(image.info["workflow"]) == 3
    comfy.disable_metadata = True
    getattr(node(), node.FUNCTION)(**{**given, "filename_prefix": "bare"}, prompt={"1": 2})
    with Image.open(tmp_path / "bare_00007_.png") as image:
        assert "prompt" not in image.info
    assert compliant(tmp_path / "bare_00007_.png")


def test_the_environment_signs(comfy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    biaoshi.keygen(tmp_path / "identity", organization="Example")
    monkeypatch.setenv("BIAOSHI_IDENTITY", str(tmp_path / "identity"))
    biaoshi.comfyui.SaveLabelledImage().save(BATCH, producer="example")
    report = biaoshi.verify(tmp_path / "ComfyUI_00007_.png", trust=tmp_path / "identity" / "root.pem")
    assert any(e.integrity == "intact" and e.key == "trusted" for e in report.evidence)


def test_the_node_of_the_present_interface(comfy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def kind(name: str) -> Any:
        return types.SimpleNamespace(Input=lambda id, **options: (name, id, options))

    class ComfyNode:
        hidden = types.SimpleNamespace(prompt={"1": 2}, extra_pnginfo=None)

    class Schema:
        def __init__(self, **options: Any) -> None:
            seen.update(options)

    class NodeOutput:
        def __init__(self, *args: Any, ui: Any) -> None:
            self.ui = ui

    io = types.SimpleNamespace(
        ComfyNode=ComfyNode,
        Schema=Schema,
        NodeOutput=NodeOutput,
        Hidden=types.SimpleNamespace(prompt="PROMPT", extra_pnginfo="EXTRA_PNGINFO"),
        FolderType=types.SimpleNamespace(output="output"),
        **{name: kind(name) for name in ("Image", "String", "Combo", "Int")},
    )
    ui = types.SimpleNamespace(SavedResult=lambda *args: args, SavedImages=lambda results: {"images": results})
    latest: Any = types.ModuleType("comfy_api.latest")
    latest.io, latest.ui, latest.ComfyExtension = io, ui, type("ComfyExtension", (), {})
    monkeypatch.setitem(sys.modules, "comfy_api", types.ModuleType("comfy_api"))
    monkeypatch.setitem(sys.modules, "comfy_api.latest", latest)

    async def load() -> Any:
        extension = await biaoshi.comfyui.comfy_entrypoint()
        return (await extension.get_node_list())[0]

    node = asyncio.run(load())
    node.define_schema()
    old = biaoshi.comfyui.SaveLabelledImage.INPUT_TYPES()
    assert [one[1] for one in seen["inputs"]] == list(old["required"]) and seen["is_output_node"]
    given = {id: options.get("default", BATCH) for _, id, options in seen["inputs"]}
    out = node.execute(**{**given, "producer": "example"})
    assert out.ui == {"images": [("ComfyUI_00007_.png", "", "output"), ("ComfyUI_00008_.png", "", "output")]}
    assert compliant(tmp_path / "ComfyUI_00007_.png")
