"""Image scores per model and alignment variant. The float maps lie in files, not here."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.core.evaluation import ImageResult
from inspector.core.samples import Truth
from inspector.project.database import Database
from inspector.project.paths import from_stored


def save_scores(
    database: Database, model_id: int, snapshot_id: int, results: Sequence[ImageResult]
) -> None:
    """Store what a model says of some images, in place of what it said of them before."""
    with database.transaction():
        database.run_many(
            "DELETE FROM score WHERE model_id = ? AND image_id = ?",
            [(model_id, result.image_id) for result in results],
        )
        database.run_many(
            """
            INSERT INTO score (model_id, snapshot_id, image_id, variant, raw_score, u, gamma, score)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                (
                    model_id,
                    snapshot_id,
                    result.image_id,
                    variant,
                    result.raw_score,
                    result.u,
                    result.gamma,
                    score,
                )
                for result in results
                for variant, score in result.scores.items()
            ],
        )


def load_scores(
    database: Database, model_id: int, variant: str | None = None
) -> tuple[ImageResult, ...]:
    """What a model said of each image that it scored, in the order of image ids.

    Class and truth are those of today: a corrected label needs no new scoring. The variants come in
    the order in which they were saved.

    Args:
        database: The project's.
        model_id: The model.
        variant: Only this alignment variant; all of them if None.
    """
    chosen, values = ("AND variant = ?", (variant,)) if variant is not None else ("", ())
    rows = database.rows(
        f"""
        SELECT score.*, image.path AS path, source.path AS root, class_name, truth, defect_kind
        FROM score
        JOIN image ON image.id = image_id
        JOIN source ON source.id = source_id
        WHERE model_id = ? {chosen}
        ORDER BY image_id, score.rowid
        """,
        (model_id, *values),
    )
    results: dict[int, ImageResult] = {}
    for row in rows:
        if row["image_id"] not in results:
            root = from_stored(database.folder, row["root"])
            results[row["image_id"]] = ImageResult(
                image_id=row["image_id"],
                path=str(from_stored(root, row["path"])),
                class_name=row["class_name"],
                truth=Truth(row["truth"]),
                defect_kind=row["defect_kind"],
                raw_score=row["raw_score"],
                scores={},
                u=row["u"],
                gamma=row["gamma"],
            )
        results[row["image_id"]].scores[row["variant"]] = row["score"]
    return tuple(results.values())
