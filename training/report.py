"""The evaluation report of a scored data set, from the files of its run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.core.evaluation import Evaluation, ImageResult
from inspector.core.images import read_image, read_mask
from inspector.core.thresholds import threshold_for_false_positive_rate
from inspector.core.windows import IntensityWindow
from inspector.engine.pipeline import Pipeline
from inspector.jobs.catalogue import find_method
from inspector.jobs.model_card import ModelCard
from inspector.project.report import ReportContent, write_report
from inspector.project.report.facts import card_facts
from inspector.project.results import MAPS_FILE, REPORT_FILE, Results, open_maps
from inspector.project.snapshots import SnapshotEntry

_REASONS = 5
_PICTURE_SIDE = 640  # the gallery shows at most half of that; the rest would be thrown away


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What metrics do not count.

    Attributes:
        without_mask: By image id, why the mask of an image is not believed.
        painted: Ids of test images that a model learned painted defects from.
    """

    without_mask: Mapping[int, str]
    painted: frozenset[int] = frozenset()


def write_evaluation_report(
    run_folder: Path,
    card: ModelCard,
    pipeline: Pipeline,
    evaluation: Evaluation,
    results: Results,
    entries: Sequence[SnapshotEntry],
    judged: Sequence[ImageResult],
    left_out: LeftOut,
) -> None:
    """Writes `report.html` on the judged images into the run folder; needs `maps.npy` there."""
    by_id = {entry.image_id: entry for entry in entries}
    rows = {result.image_id: row for row, result in enumerate(results.scored)}
    maps = open_maps(run_folder) if (run_folder / MAPS_FILE).exists() else None

    def picture(image_id: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        entry = by_id[image_id]
        image = _displayable(read_image(Path(entry.path)), entry.window)
        if maps is None:
            return image, np.zeros((1, 1), np.float32)
        return image, np.asarray(maps[rows[image_id]], np.float32)

    def mask(image_id: int) -> NDArray[np.bool_] | None:
        masks = () if image_id in left_out.without_mask else by_id[image_id].masks
        return read_mask([Path(path) for path in masks]) if masks else None

    default = card.default_alignment
    chosen = card.thresholds[default]
    content = ReportContent(
        title=f"{find_method(card.method).title}, {len(card.class_names)} classes",
        facts=card_facts(card) | _left_out(left_out),
        evaluation=evaluation,
        results=judged,
        default_variant=default,
        picture=picture,
        mask=mask,
        threshold=threshold_for_false_positive_rate(
            chosen.calibration_scores, chosen.target_false_positive_rate
        ),
        held_out_scores=chosen.calibration_scores if chosen.held_out else (),
        minimum_spread=float(pipeline.aligners[default].minimum_spread),
        n_painted=len(left_out.painted),
    )
    write_report(run_folder / REPORT_FILE, content)


def _left_out(left_out: LeftOut) -> dict[str, str]:
    facts: dict[str, str] = {}
    if left_out.painted:
        count = len(left_out.painted)
        facts["Left out of the metrics"] = (
            f"{count} test images: a model learned from the defects painted on them."
        )
    reasons = list(left_out.without_mask.values())
    if reasons:
        shown = [*reasons[:_REASONS], *(["…"] if len(reasons) > _REASONS else [])]
        facts["Left out of the pixel metrics"] = f"{len(reasons)} images. " + " ".join(shown)
    return facts


def _displayable(
    image: NDArray[np.uint8] | NDArray[np.uint16], window: IntensityWindow | None
) -> NDArray[np.uint8]:
    """8-bit RGB, no larger than a report needs; 16 bits through their class's window."""
    scale = _PICTURE_SIDE / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if image.dtype == np.uint16:
        window = window or IntensityWindow(0.0, 65535.0)
        return (window.apply(image.astype(np.uint16)) * 255).round().astype(np.uint8)
    return image.astype(np.uint8)
