"""Content and keys that many tests use."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy
import pytest
from PIL import Image

import biaoshi

ROOT = Path(os.environ.get("BIAOSHI_ROOT", Path(__file__).resolve().parents[2]))


@pytest.fixture(scope="session")
def picture() -> Image.Image:
    noise = numpy.random.default_rng(1).integers(0, 256, (240, 320, 3), numpy.uint8)
    return Image.fromarray(noise)


@pytest.fixture(scope="session")
def jpeg(picture: Image.Image) -> bytes:
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=90)
    return held.getvalue()


@pytest.fixture(scope="session")
def label() -> biaoshi.Label:
    return biaoshi.Label("001191110102MACQD9K64010000", produce_id="3f2c1e")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys") / "identity"
    biaoshi.keygen(folder, organization="Example", days=30)
    return folder
