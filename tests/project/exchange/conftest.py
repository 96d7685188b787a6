"""A project with images of two classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from .documents import IMAGES, SIZE, new_project


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of two classes."""
    root = tmp_path_factory.mktemp("exchange") / "parts"
    rng = np.random.default_rng(0)
    for name in (*IMAGES, "bolt/train/good/000.png", "nut/train/good/007.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, SIZE, dtype=np.uint8)).save(root / name)
    return root


@pytest.fixture
def mine(tmp_path: Path, folder: Path) -> Any:
    """A project with the images."""
    with new_project(tmp_path / "mine", folder) as project:
        yield project
