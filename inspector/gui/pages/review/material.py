"""What the page needs to know of an image, gathered from library, scale and project."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.core.evaluation import RAW, Expected
from inspector.core.review_order import band_of, share_at_most
from inspector.core.samples import Truth
from inspector.core.windows import IntensityWindow
from inspector.errors import InspectorError
from inspector.gui.heat_scale import heat_scale
from inspector.gui.pages.review.facts_panel import Facts
from inspector.gui.pages.review.prefetch import Wanted
from inspector.gui.pages.review.strip_plot import ClassScores
from inspector.gui.pages.review.words import ReviewWords
from inspector.gui.session import Session
from inspector.gui.thumbnails import PictureFile, picture_file
from inspector.jobs.minimum_spread import minimum_spread
from inspector.project.columns import TRUTHS
from inspector.project.records import StoredImage

Floats = NDArray[np.float64]


class Material:
    """Answers for the scores and thresholds of now; `refresh` after they have changed."""

    def __init__(self, session: Session, words: ReviewWords) -> None:
        self._session, self._words = session, words
        self._epsilon = 0.0
        self._epsilon_of: tuple[Path, str] | None = None
        self._folders: dict[int, Path | None] = {}
        self._windows: dict[str, IntensityWindow] = {}
        # Asked for at every step and every paint: kept until something changes.
        self._wanted: dict[int, Wanted] = {}
        self._pictures: dict[int, PictureFile] = {}
        self._by_class: dict[int, tuple[Floats, Floats, Floats]] = {}
        self._class_names: dict[int, str] = {}
        self._class_names_of: object = None
        self.threshold, self.lower = 0.0, 0.0
        self.scale: tuple[float, float] = (0.0, 1.0)

    def refresh(self) -> None:
        """Reads what belongs to model and variant; says so where it cannot be read."""
        scale, project = self._session.scale, self._session.project
        self._folders, self._wanted, self._pictures, self._by_class = {}, {}, {}, {}
        self.threshold, self.lower = scale.threshold, scale.lower_threshold
        if project is None or scale.model is None or scale.card is None:
            return
        self.scale = heat_scale(self._session, scale.variant) or self.scale
        try:
            self._windows = project.class_windows()
            # Not by the model's number: every project begins to count at 1.
            wanted = (scale.model.folder, scale.variant)
            if scale.variant != RAW and wanted != self._epsilon_of:
                self._epsilon = minimum_spread(scale.model.folder, scale.variant)
                self._epsilon_of = wanted
        except InspectorError as error:
            self._session.notices.error(error)

    def image(self, image_id: int) -> StoredImage | None:
        """The image itself; None where it is not in the project any more."""
        row = self._row(image_id)
        return self._session.library.images.images[row] if row >= 0 else None

    def picture(self, image_id: int) -> PictureFile | None:
        """Its file, for a small picture."""
        if image_id not in self._pictures:
            image = self.image(image_id)
            if image is None:
                return None
            self._pictures[image_id] = picture_file(image, self._windows)
        return self._pictures[image_id]

    def wanted(self, image_id: int) -> Wanted | None:
        """What has to be made ready to show it."""
        if image_id in self._wanted:
            return self._wanted[image_id]
        image, row = self.image(image_id), self._row(image_id)
        if image is None:
            return None
        scores = self._session.library.scores
        record = image.record
        run = int(scores.run_ids[row])
        self._wanted[image_id] = wanted = Wanted(
            image_id,
            image.path,
            self._windows.get(record.class_name) if record.bit_depth == 16 else None,
            image.mask_paths if record.truth is Truth.DEFECTIVE else (),
            self._folder_of(run),
            int(scores.map_rows[row]),
            self._expected(row),
            self._epsilon,
            self.threshold,
            record.sha256 or "",
        )
        return wanted

    def facts(self, image_id: int) -> Facts | None:
        """What the panel shows of it."""
        image, row = self.image(image_id), self._row(image_id)
        if image is None:
            return None
        library, scale, words = self._session.library, self._session.scale, self._words
        values = library.scores.of(scale.variant)
        score = float(values[row])
        expected = self._expected(row)
        band = band_of(score, self.threshold, self.lower)
        place = self._place(row, values)
        record = image.record
        rows = [
            (words.file, image.path.name),
            (words.product_class, words.class_name(record.class_name)),
            (words.split, words.splits[record.split]),
        ]
        if record.truth is not Truth.UNKNOWN:
            rows.append((words.ground_truth, words.truth(record.truth, record.defect_kind)))
        return Facts(
            decision=words.decisions[band] if band is not None else words.no_decision,
            aligned=score,
            raw=float(library.scores.raw[row]),
            u=expected.u if expected is not None else np.nan,
            gamma=expected.gamma if expected is not None else np.nan,
            share=share_at_most(place.normal, score),
            place=place,
            rows=tuple(rows),
        )

    def kinds(self, image_id: int) -> list[str]:
        """Kinds of defect to choose from: those given most often, then those of its class."""
        library = self._session.library
        given = Counter(v.defect_kind for v in library.verdicts.values() if v.defect_kind)
        columns, row = library.images, self._row(image_id)
        kinds = [kind for kind, _ in given.most_common()]
        if row >= 0:
            same = np.unique(columns.kinds[columns.classes == columns.classes[row]])
            kinds += [columns.defect_kinds[kind] for kind in same if columns.defect_kinds[kind]]
        return list(dict.fromkeys(kinds))

    def class_names(self) -> dict[int, str]:
        """Class of each image by its id; made once for the images at hand."""
        columns = self._session.library.images
        if self._class_names_of is not columns:
            names = columns.class_names
            each = zip(columns.ids.tolist(), columns.classes.tolist(), strict=True)
            self._class_names = {image_id: names[code] for image_id, code in each}
            self._class_names_of = columns
        return self._class_names

    def _row(self, image_id: int) -> int:
        (row,) = self._session.library.images.rows_of(np.array([image_id], np.int64))
        return int(row)

    def _expected(self, row: int) -> Expected | None:
        scores, variant = self._session.library.scores, self._session.scale.variant
        if variant == RAW or variant not in scores.u:
            return None
        u, gamma = float(scores.u[variant][row]), float(scores.gamma[variant][row])
        return Expected(u, gamma) if np.isfinite(u) and np.isfinite(gamma) else None

    def _folder_of(self, run: int) -> Path | None:
        project = self._session.project
        if run not in self._folders:
            folder = None
            if run >= 0 and project is not None:
                try:
                    folder = project.find_run(run).folder
                except InspectorError:  # no such run any more: there is no map to show
                    folder = None
            self._folders[run] = folder
        return self._folders[run]

    def _place(self, row: int, values: Floats) -> ClassScores:
        images = self._session.library.images
        code = int(images.classes[row])
        if code not in self._by_class:
            same = images.classes == code
            good, defective, unknown = (
                values[same & (images.truths == TRUTHS.index(truth))]
                for truth in (Truth.GOOD, Truth.DEFECTIVE, Truth.UNKNOWN)
            )
            self._by_class[code] = good, defective, unknown
        groups = self._by_class[code]
        return ClassScores(*groups, float(values[row]), self.threshold, self.lower)
