"""Backbones, an empty place for weights, and a hub that never leaves this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
import torch

from inspector.engine.backbones import Backbone, load_backbone, random_backbone


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """The inputs here are tiny: threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def lite0() -> Backbone:
    """The embedded backbone with its real weights."""
    return load_backbone("tf_efficientnet_lite0")


@pytest.fixture(scope="session")
def random_lite0() -> Backbone:
    return random_backbone("tf_efficientnet_lite0")


@pytest.fixture(scope="session")
def random_wrn() -> Backbone:
    """The papers' backbone, with random weights."""
    return random_backbone("wide_resnet50_2.tv_in1k")


@pytest.fixture
def weights_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty weights folder of the user, and an empty cache of the hub."""
    home = tmp_path / "home"
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: home)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    # A port that nothing listens on: who tries to download without a server of its own fails fast.
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = home / "weights"
    folder.mkdir(parents=True)
    return folder
