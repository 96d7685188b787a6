"""What tests of `training` share: a backbone, images, runs that remember their events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inspector.core.files import sha256_of
from inspector.core.samples import Split, Truth
from inspector.engine.backbones import Backbone, load_backbone
from inspector.engine.device import Device
from inspector.jobs.events import Event
from inspector.project.snapshots import SnapshotEntry
from training.commands import Interrupted
from training.run import Run

SIZE = 64


@pytest.fixture(autouse=True)
def no_leftover_settings() -> Iterator[None]:
    """Jobs make torch repeatable for their whole process; the next test starts as before."""
    deterministic = torch.are_deterministic_algorithms_enabled()
    yield
    torch.use_deterministic_algorithms(deterministic)


@pytest.fixture(scope="session")
def backbone() -> Backbone:
    """The backbone that comes with the install."""
    loaded = load_backbone("tf_efficientnet_lite0")
    Device("cpu").place(loaded)
    return loaded


@pytest.fixture
def make_entry(tmp_path: Path) -> Callable[..., SnapshotEntry]:
    """Writes one image of blobs, different for each seed, and gives the snapshot's entry for it."""

    def make(seed: int, class_name: str = "part", sixteen_bits: bool = False) -> SnapshotEntry:
        rng = np.random.default_rng(seed)
        coarse = rng.integers(0, 256, (6, 6)).astype(np.uint8)
        image = Image.fromarray(coarse).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
        if sixteen_bits:
            image = Image.fromarray(np.asarray(image).astype(np.uint16) * 200)
        path = tmp_path / "images" / f"{seed:04d}.png"
        path.parent.mkdir(exist_ok=True)
        image.save(path)
        return SnapshotEntry(
            image_id=seed,
            path=str(path),
            sha256=sha256_of(path),
            class_name=class_name,
            split=Split.TRAIN,
            truth=Truth.GOOD,
            defect_kind="",
            masks=(),
            window=None,
        )

    return make


class StagedCommands:
    """Commands that come at an exact moment: "finish" or an exception, once a stage has begun."""

    def __init__(self, stage: str, wish: str | type[Exception], after: int = 0) -> None:
        self._stage, self._wish, self._wait = stage, wish, after
        self._reached = False

    def see(self, name: str) -> None:
        self._reached = self._reached or name == self._stage

    def check(self) -> None:
        if self._reached and not isinstance(self._wish, str):
            self._wait -= 1
            if self._wait < 0:
                raise self._wish

    def take_finish_early(self) -> bool:
        if not self._reached or self._wish != "finish":
            return False
        self._wait -= 1
        return self._wait == -1


class RecordedRun(Run):
    """A run that keeps its events, and may be commanded at an exact moment."""

    def __init__(
        self,
        folder: Path,
        commands: StagedCommands | None = None,
        checkpoint_seconds: float = 3600.0,
    ) -> None:
        self.events: list[Event] = []
        super().__init__(folder, self.events.append, commands, checkpoint_seconds)  # type: ignore[arg-type]
        self._staged = commands

    def begin(self, stage: str, title: str) -> None:
        super().begin(stage, title)
        if self._staged is not None:
            self._staged.see(stage)

    def of(self, kind: type[Event]) -> list[Event]:
        """Its events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def new_run(tmp_path: Path) -> Callable[..., RecordedRun]:
    """A run in `tmp_path/run`; made again, it is resumed.

    Arguments: `stage` and `wish` ("finish", or the exception to raise) say what is commanded, and
    `after` how many checks later; `checkpoint_seconds` as for `Run`.
    """

    def make(
        stage: str = "",
        wish: str | type[Exception] = Interrupted,
        after: int = 0,
        checkpoint_seconds: float = 3600.0,
        name: str = "run",
    ) -> RecordedRun:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        commands = StagedCommands(stage, wish, after) if stage else None
        return RecordedRun(folder, commands, checkpoint_seconds)

    return make
