"""Image scores per model and alignment variant. The float maps lie in files, not here."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.core.evaluation import Expected, ImageResult
from inspector.core.samples import Truth
from inspector.project.database import Database
from inspector.project.paths import from_stored
from inspector.project.settings import get_setting, set_setting

UNKNOWN_ROW = -1
"""In columns of numbers: there is no such run or row."""


_PORTION = 1000
_PAUSE_SECONDS = 0.005
_INSERT = """
    INSERT INTO score (model_id, snapshot_id, run_id, map_row, image_id, variant, raw_score,
        u, gamma, score)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_FACTS = 5  # columns of `_by_image` before those of the variants


@dataclass(frozen=True, slots=True)
class StoredScore:
    """What a model said of an image, and where that comes from.

    Attributes:
        result: The scores; class and truth are those of today.
        run_id: The run that made them. None for those of a project of Inspector's first version.
        map_row: The image's row in the arrays of that run's folder (`maps.npy`, where it was
            written, and `descriptors.npy`). None where `run_id` is.
        snapshot_id: The images among which it was scored.
    """

    result: ImageResult
    run_id: int | None
    map_row: int | None
    snapshot_id: int


@dataclass(frozen=True, slots=True)
class ScoreColumns:
    """What a model said of N images, as columns in the order of their ids, for plots and lists.

    Attributes:
        image_ids: (N,) int64, ascending.
        raw: (N,) float64, raw scores.
        scores: Per variant, (N,) float64; NaN where an image was scored without that variant.
        u: Per variant, û, (N,) float64; NaN where there is none, as everywhere under "none".
        gamma: Likewise γ̂.
        run_ids: (N,) int64, the run that scored the image; `UNKNOWN_ROW` where not known.
        map_rows: (N,) int64, its row in the arrays of that run; `UNKNOWN_ROW` where not known.
    """

    image_ids: NDArray[np.int64]
    raw: NDArray[np.float64]
    scores: dict[str, NDArray[np.float64]]
    u: dict[str, NDArray[np.float64]]
    gamma: dict[str, NDArray[np.float64]]
    run_ids: NDArray[np.int64]
    map_rows: NDArray[np.int64]


def save_scores(
    database: Database,
    model_id: int,
    snapshot_id: int,
    results: Sequence[ImageResult],
    run_id: int,
) -> None:
    """Store what a model says of some images, in place of what it said of them before.

    `results` are in the order of the rows of the run's `maps.npy`: all of its scored images. They
    are written in portions: a verdict that somebody gives meanwhile must not wait for all of them.
    The mark that `newest_scoring` reads comes last; what was torn is stored again.
    """
    for start in range(0, len(results), _PORTION):
        portion = results[start : start + _PORTION]
        rows = [
            (
                model_id,
                snapshot_id,
                run_id,
                row,
                result.image_id,
                variant,
                result.raw_score,
                expected.u if expected else None,
                expected.gamma if expected else None,
                score,
            )
            for row, result in enumerate(portion, start)
            for variant, score in result.scores.items()
            for expected in (result.statistics.get(variant),)
        ]
        with database.transaction():
            database.run_many(
                "DELETE FROM score WHERE model_id = ? AND image_id = ?",
                [(model_id, result.image_id) for result in portion],
            )
            database.run_many(_INSERT, rows)
        if start + _PORTION < len(results):
            time.sleep(_PAUSE_SECONDS)  # else we would have the lock again before anybody else
    set_setting(database, _scored_key(model_id), run_id)


def delete_scores_of(database: Database, image_id: int) -> None:
    """Forget what every model said of an image; inside the caller's transaction."""
    database.run("DELETE FROM score WHERE image_id = ?", (image_id,))


def load_scores(
    database: Database, model_id: int, variant: str | None = None
) -> tuple[StoredScore, ...]:
    """What a model said of each image that it scored, in the order of image ids.

    Class and truth are those of today: a corrected label needs no new scoring. The variants come in
    the order in which they were first saved.

    Args:
        database: The project's.
        model_id: The model.
        variant: Only this alignment variant; all of them if None.
    """
    variants = _variants(database, model_id) if variant is None else [variant]
    roots = {
        number: str(from_stored(database.folder, path))
        for number, path in database.rows("SELECT id, path FROM source")
    }
    truths = {truth.value: truth for truth in Truth}
    places = [(_FACTS + 3 * i, name) for i, name in enumerate(variants)]
    stored = []
    for image, row in zip(
        _images(database, model_id, variant), _by_image(database, model_id, variants), strict=True
    ):
        image_id, source_id, path, class_name, truth, defect_kind = image
        scores = {name: row[at] for at, name in places if row[at] is not None}
        statistics = {
            name: Expected(row[at + 1], row[at + 2])
            for at, name in places
            if row[at + 1] is not None
        }
        # What `from_stored` gives, at a tenth of its time, which is long for 100 000 images.
        path = os.path.normpath(os.path.join(roots[source_id], path))  # noqa: PTH118
        result = ImageResult(
            image_id, path, class_name, truths[truth], defect_kind, row[1], scores, statistics
        )
        stored.append(StoredScore(result, row[2], row[3], row[4]))
    return tuple(stored)


def load_score_columns(database: Database, model_id: int) -> ScoreColumns:
    """What a model said of all images that it scored, as columns."""
    variants = _variants(database, model_id)
    rows = _by_image(database, model_id, variants)
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * _FACTS

    def numbers(column: int) -> NDArray[np.float64]:
        return np.array(columns[column], dtype=np.float64)  # None becomes NaN

    def whole(column: int) -> NDArray[np.int64]:
        return np.array(
            [UNKNOWN_ROW if value is None else value for value in columns[column]], dtype=np.int64
        )

    return ScoreColumns(
        image_ids=whole(0),
        raw=numbers(1),
        run_ids=whole(2),
        map_rows=whole(3),
        scores={name: numbers(_FACTS + 3 * i) for i, name in enumerate(variants)},
        u={name: numbers(_FACTS + 3 * i + 1) for i, name in enumerate(variants)},
        gamma={name: numbers(_FACTS + 3 * i + 2) for i, name in enumerate(variants)},
    )


def count_scored(database: Database) -> dict[int, int]:
    """Model id -> number of images that it scored; a model that scored none is missing."""
    rows = database.rows(
        "SELECT model_id, count(DISTINCT image_id) AS n FROM score GROUP BY model_id"
    )
    return {row["model_id"]: row["n"] for row in rows}


def _variants(database: Database, model_id: int) -> list[str]:
    """The alignment variants of a model's scores, in the order in which they were first saved."""
    rows = database.rows(
        "SELECT variant FROM score WHERE model_id = ? GROUP BY variant ORDER BY min(rowid)",
        (model_id,),
    )
    return [row["variant"] for row in rows]


def _by_image(database: Database, model_id: int, variants: Sequence[str]) -> list[sqlite3.Row]:
    """One row an image that has any of these variants, in the order of image ids.

    (image_id, raw_score, run_id, map_row, snapshot_id), then (score, u, gamma) of each variant.
    """
    of_variant = "".join(
        f", max(CASE WHEN variant = ? THEN {column} END)"
        for _ in variants
        for column in ("score", "u", "gamma")
    )
    return database.rows(
        f"""
        SELECT image_id, raw_score, run_id, map_row, snapshot_id {of_variant}
        FROM score
        WHERE model_id = ? AND variant IN ({", ".join("?" for _ in variants)})
        GROUP BY image_id ORDER BY image_id
        """,
        (*(name for name in variants for _ in range(3)), model_id, *variants),
    )


def _images(database: Database, model_id: int, variant: str | None) -> list[sqlite3.Row]:
    """(id, source_id, path, class_name, truth, defect_kind) of each scored image, by id."""
    return database.rows(
        """
        SELECT id, source_id, path, class_name, truth, defect_kind
        FROM image
        WHERE id IN (
            SELECT image_id FROM score WHERE model_id = ?1 AND (?2 IS NULL OR variant = ?2)
        )
        ORDER BY id
        """,
        (model_id, variant),
    )


def newest_scoring(database: Database, model_id: int) -> int:
    """The number of the run whose scores of a model were stored last; 0 where there is none."""
    return get_setting(database, _scored_key(model_id), int, 0)


def _scored_key(model_id: int) -> str:
    return f"scored/{model_id}"
