"""Two models of a project compared on the scores and maps that are stored; needs no worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.core.aligned_maps import aligned_map
from inspector.core.class_pixels import ClassPixels
from inspector.core.evaluation import RAW, Expected
from inspector.core.files import sha256_of
from inspector.core.images import read_mask
from inspector.core.model_comparison import (
    NOTHING_SAID,
    SAID_NG,
    SAID_OK,
    ComparedImages,
    Comparison,
    Judge,
    compare,
    judged_rows,
)
from inspector.core.samples import Truth
from inspector.errors import InspectorError
from inspector.jobs.minimum_spread import minimum_spread
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.project.columns import TRUTHS, ImageColumns
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.records import StoredImage
from inspector.project.results import open_maps
from inspector.project.verdicts import Verdict

_LARGEST = 512  # side in pixels, of the maps of tiled images
_SAID = {Verdict.OK: SAID_OK, Verdict.NG: SAID_NG}

Report = Callable[[int, int], None]


def compare_models(
    project: Project, old: ModelRow, new: ModelRow, report: Report = lambda done, total: None
) -> Comparison:
    """Compares two models on all images that both have scored, each by its default alignment.

    Pixel metrics come from the stored maps, which are coarser than those of an evaluation: they
    differ a little from its numbers, and are left out where the maps of one model are not there.
    Reads files: not for a GUI thread.

    Args:
        project: The project.
        old: The model in use.
        new: The one that may replace it.
        report: Told how many images are done and of how many; what it raises ends the work.

    Raises:
        InspectorError: A model cannot be read.
    """
    columns = project.image_columns()
    images = _images(project, columns)
    sides = [_Side(project, model, columns) for model in (old, new)]
    judges = [side.judge for side in sides]
    judged = np.flatnonzero(judged_rows(images, judges[0], judges[1]))
    pixels = [ClassPixels(), ClassPixels()]
    if all(side.has_maps(judged) for side in sides):
        size = min(max(side.card.tiling.canvas for side in sides), _LARGEST)
        by_class = sorted(judged.tolist(), key=lambda row: images.class_names[row])
        for number, row in enumerate(by_class):
            report(number, len(judged))
            mask = _mask(columns.images[row], size)
            if mask is not None:
                name = images.class_names[row]
                for side, gathered in zip(sides, pixels, strict=True):
                    gathered.update(name, side.map(row, size), mask)
    return compare(images, judges[0], judges[1], pixels[0].result(), pixels[1].result())


class _Side:
    """What is stored of one model, row by row as the columns."""

    def __init__(self, project: Project, model: ModelRow, columns: ImageColumns) -> None:
        self.card: ModelCard = read_model_card(model.folder)
        self._variant = self.card.default_alignment
        stored = project.score_columns(model.model_id)
        rows = columns.rows_of(stored.image_ids)
        there = rows >= 0

        def placed(values: NDArray[np.float64] | None) -> NDArray[np.float64]:
            column = np.full(len(columns), np.nan)
            if values is not None:
                column[rows[there]] = values[there]
            return column

        self._u = placed(stored.u.get(self._variant))
        self._gamma = placed(stored.gamma.get(self._variant))
        self._places = np.full((len(columns), 2), -1, np.int64)  # run, row in its maps
        both = np.stack([stored.run_ids, stored.map_rows], axis=1)
        self._places[rows[there]] = both[there]
        card = self.card.thresholds.get(self._variant)
        if card is None:
            raise InspectorError(
                f"The model '{model.name}' has no threshold.", "Train it again to compare it."
            )
        self.judge = Judge(
            threshold=card.value,
            calibration=np.asarray(card.calibration_scores, np.float64),
            scores=placed(stored.scores.get(self._variant)),
            learned=columns.images.has_hash(self.card.annotated_images),
        )
        self._epsilon = self._epsilon_of(model.folder)
        self._maps = self._open_maps(project)

    def _epsilon_of(self, folder: Path) -> float | None:
        """ε of the alignment; None where the model does not tell, and no map can be aligned."""
        if self._variant == RAW:
            return 0.0
        try:
            return minimum_spread(folder, self._variant)
        except InspectorError:
            return None

    def _open_maps(self, project: Project) -> Mapping[int, NDArray[np.float16]]:
        """run -> its maps; runs whose maps are gone are missing."""
        wanted = {int(run) for run in np.unique(self._places[:, 0]) if run >= 0}
        found = {}
        for run in project.runs():
            if run.run_id in wanted:
                try:
                    found[run.run_id] = open_maps(run.folder)
                except (OSError, ValueError):
                    continue  # deleted to save room, or torn
        return found

    def has_maps(self, rows: NDArray[np.intp]) -> bool:
        """Whether the maps of all these images are there and can be aligned."""
        if self._epsilon is None:
            return False
        return all(
            run in self._maps and 0 <= place < len(self._maps[run])
            for run, place in self._places[rows].tolist()
        )

    def map(self, row: int, size: int) -> NDArray[np.float32]:
        """(size, size) float32, the aligned map of an image."""
        run, place = self._places[row].tolist()
        expected = Expected(float(self._u[row]), float(self._gamma[row]))
        is_aligned = np.isfinite(self._u[row])
        found = aligned_map(
            np.asarray(self._maps[run][place]),
            expected if is_aligned else None,
            self._epsilon or 0.0,
        )
        larger: NDArray[np.float32] = np.asarray(
            cv2.resize(found, (size, size), interpolation=cv2.INTER_LINEAR), np.float32
        )
        return larger


def _images(project: Project, columns: ImageColumns) -> ComparedImages:
    said = np.full(len(columns), NOTHING_SAID, np.int8)
    verdicts = project.latest_verdicts()
    rows = columns.rows_of(np.fromiter(verdicts, np.int64, len(verdicts)))
    for row, verdict in zip(rows.tolist(), verdicts.values(), strict=True):
        if row >= 0:
            said[row] = _SAID.get(verdict.verdict, NOTHING_SAID)
    names: Sequence[str] = [columns.class_names[code] for code in columns.classes.tolist()]
    truths = [TRUTHS[code] for code in columns.truths.tolist()]
    return ComparedImages(columns.ids, names, truths, columns.is_test, said)


def _mask(image: StoredImage, size: int) -> NDArray[np.bool_] | None:
    """(size, size) bool, the true defect; None where its pixels are not known."""
    if image.record.truth is Truth.GOOD:
        return np.zeros((size, size), np.bool_)
    masks = image.mask_paths
    if not masks:
        return None
    try:
        hashes = (mask.sha256 for mask in image.record.masks)
        if any(sha256_of(path) != known for path, known in zip(masks, hashes, strict=True)):
            return None
        mask = read_mask(masks, (size, size))
        return mask if mask.any() else None  # a defect too small for the map is none of its pixels
    except (InspectorError, OSError):
        return None  # gone or changed since it was imported: not believed
