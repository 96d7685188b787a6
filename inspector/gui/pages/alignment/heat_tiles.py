"""Small heat maps of chosen images, on one fixed scale, made in the background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from inspector.core.aligned_maps import aligned_map
from inspector.core.evaluation import Expected
from inspector.gui.background import Task
from inspector.gui.canvas.pictures import heat_picture
from inspector.gui.heat_scale import heat_scale
from inspector.gui.library import Scores
from inspector.gui.session import Session
from inspector.jobs.minimum_spread import minimum_spread
from inspector.project.project import Project
from inspector.project.results import open_maps

_SIDE = 192  # pixels of a small heat map


@dataclass(frozen=True, slots=True, eq=False)
class _Colours:
    """On what scale the maps are shown, the same for all images.

    Attributes:
        model_folder: Where ε of the variant lies.
        variant: The alignment variant.
        low, high: Ends of the colours.
    """

    model_folder: Path
    variant: str
    low: float
    high: float


def make_heat_tiles(
    session: Session,
    variant: str,
    image_ids: Sequence[int],
    done: Callable[[dict[int, QImage]], object],
) -> None:
    """Makes the heat maps of some images; hands over those whose maps are still on disk."""
    project, model, ends = session.project, session.scale.model, heat_scale(session, variant)
    scores = session.library.scores
    rows = session.library.images.rows_of(np.array(image_ids, np.int64))
    if project is None or model is None or ends is None:
        return
    scale = _Colours(model.folder, variant, *ends)

    def work(task: Task) -> dict[int, QImage]:
        with project.reopened() as own:
            return _tiles(own, scale, scores, dict(zip(image_ids, rows.tolist(), strict=True)))

    session.background.run(work, done, key="alignment.heat")


def _tiles(
    project: Project, scale: _Colours, scores: Scores, rows: dict[int, int]
) -> dict[int, QImage]:
    epsilon = minimum_spread(scale.model_folder, scale.variant)
    made = {}
    for run_id in {int(scores.run_ids[row]) for row in rows.values()}:
        if run_id < 0:
            continue
        try:
            maps = open_maps(project.find_run(run_id).folder)
        except (OSError, ValueError):
            continue  # the run's files may be deleted to save room
        for image_id, row in rows.items():
            place = int(scores.map_rows[row])
            if scores.run_ids[row] != run_id or not 0 <= place < len(maps):
                continue
            expected = Expected(
                float(scores.u[scale.variant][row]), float(scores.gamma[scale.variant][row])
            )
            shown = aligned_map(maps[place], expected, epsilon)
            picture = heat_picture(shown, scale.low, scale.high)
            made[image_id] = picture.scaled(
                QSize(_SIDE, _SIDE),
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
    return made
