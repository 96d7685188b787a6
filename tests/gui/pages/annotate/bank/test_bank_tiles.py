"""The bank of a model that looks at tiles: places are those of the whole canvas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QPixmap
from pytestqt.qtbot import QtBot

from inspector.core.patch_grid import mask_on_grid
from inspector.core.tiling import Tiling
from inspector.gui.pages.annotate.bank.facts import State
from inspector.gui.pages.annotate.bank.pictures import PatchPictures
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.thumbnails import PictureFile
from inspector.project.models import ModelRow
from inspector.project.project import Project

from .hand import enter, rows
from .painted import SIZE, Painted, mask, tensors

CANVAS = Tiling(SIZE, 2, 16).canvas
GRID = (CANVAS // 8, CANVAS // 8)


def test_masks_lie_on_the_grid_of_the_canvas(
    folder: Path,
    add_model: Callable[..., ModelRow],
    opened: Callable[[], AnnotatePage],
    qtbot: QtBot,
) -> None:
    with Project.open(folder) as project:
        painted = Painted(project)
        add_model(project, "dmad", tensors(painted), tiles=2, tile_overlap=16)
    room = enter(opened(), qtbot)
    assert room.patches.grid == GRID
    by_id = {row.mask.annotation.annotation_id: row.mask for row in rows(room)}
    waiting = by_id[painted.ids[3]]
    assert waiting.state is State.WAITING
    wanted = mask_on_grid(mask(40, 40, 8, 8), (CANVAS, CANVAS))
    assert [patch.place[1:] for patch in waiting.patches] == [
        (int(row), int(column)) for row, column in np.argwhere(wanted.patches)
    ]
    assert waiting.area == wanted.area
    assert by_id[painted.ids[2]].is_small == (
        mask_on_grid(mask(8, 8, 2, 2), (CANVAS, CANVAS)).area < 1
    )


class FakeThumbnails(QObject):
    """Has one picture; knows how large ones it was asked for."""

    arrived = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []
        self.size = 512

    def get(self, file: PictureFile, side: int) -> QPixmap:
        self.asked.append(side)
        made = QPixmap(self.size, self.size)
        made.fill(QColor("red"))
        return made


def test_patches_of_fine_grids_are_cut_from_larger_pictures(themed: Any) -> None:
    thumbnails = FakeThumbnails()
    image = SimpleNamespace(record=SimpleNamespace(width=4000, height=3000))
    files = SimpleNamespace(picture=lambda number: PictureFile(Path("a")), image=lambda n: image)
    pictures = PatchPictures(cast(Any, files), cast(Any, thumbnails))
    for grid, wanted in ((28, 512), (104, 1024), (392, 2048)):
        pictures.grid = (grid, grid)
        assert pictures.get(1, 3, 4, 60) is not None
        assert min(size for size in (512, 1024, 2048) if size >= thumbnails.asked[-1]) == wanted
    assert pictures.get(1, -1, -1, 60) is not None  # the image as a whole
    assert thumbnails.asked.pop() == 512
    # A coarser picture is shown meanwhile but not kept; the one that was wanted is.
    n_asked = len(thumbnails.asked)
    pictures.get(1, 3, 4, 60)
    thumbnails.size = 2048
    kept = pictures.get(1, 3, 4, 60)
    assert len(thumbnails.asked) == n_asked + 2
    assert pictures.get(1, 3, 4, 60) is kept
    assert len(thumbnails.asked) == n_asked + 2
