"""Verdicts for other programs and other people: a CSV file with the full trace, and a summary."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from inspector.core.files import write_atomically
from inspector.project.database import Database
from inspector.project.paths import from_stored
from inspector.project.verdicts import Verdict, VerdictRow, standing_verdicts, verdicts_since

COLUMNS = {
    "path": "the image file, absolute",
    "class": "product class; empty where there is none",
    "split": "train, validation, test or unassigned",
    "truth": "what the data set says: good, defective or unknown",
    "verdict": "what the person says: ok, ng or unsure",
    "defect_kind": "the kind of defect that the person named",
    "note": "what the person wrote",
    "operator": "who gave the verdict",
    "time": "when, ISO 8601 with the time zone",
    "model": "the model whose score was shown, as it was called then; empty where there was none",
    "variant": "alignment variant of that score",
    "threshold": "threshold on the scale of that score",
    "score": "score of that variant",
    "raw_score": "score without alignment",
    "snapshot": "number of the snapshot that was scored",
    "snapshot_digest": "SHA-256 of what that snapshot holds",
    "sha256": "SHA-256 of the image file when it was last imported",
    "earlier_verdicts": "how many others were given on this image and replaced or taken back",
}
"""The columns of the file, in order, and what they hold. Numbers are written in full precision."""

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What begins a cell that a spreadsheet may run as a formula."""


def export_verdicts(
    database: Database, file: Path, image_ids: Collection[int] | None = None
) -> int:
    """Write a CSV file (UTF-8 with a mark for spreadsheets; see `COLUMNS`), whole or not at all.

    One row per image that has a verdict, in order of import. Where the newest verdict was taken
    back, the row tells of the one before: who gave it, when, and what they saw.

    Args:
        database: The project's.
        file: Where to; what is there is replaced.
        image_ids: Only these images; None for all.

    Returns:
        The number of rows without the header.

    Raises:
        InspectorError: The file cannot be written.
    """
    journal = verdicts_since(database)
    given = Counter(
        row.image_id for row in journal if row.undoes is None and row.verdict is not Verdict.NONE
    )
    standing = standing_verdicts(journal)
    wanted = standing.keys() if image_ids is None else standing.keys() & set(image_ids)
    digests = dict(map(tuple, database.rows("SELECT id, digest FROM snapshot")))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    images = _images(database)
    roots = {root: from_stored(database.folder, root) for root in {i["root"] for i in images}}
    for image in images:
        if image["id"] not in wanted:
            continue
        verdict = standing[image["id"]]
        path = from_stored(roots[image["root"]], image["path"])
        digest = digests.get(verdict.trace.snapshot_id, "")
        others = given[image["id"]] - 1
        writer.writerow((*_facts(image, path, verdict), digest, image["sha256"], others))
    write_atomically(file, text.getvalue().encode("utf-8-sig"))
    return len(wanted)


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """What was done in a session.

    Attributes:
        images: Number of images that have a verdict of this session.
        by_verdict: How many of them have which, for OK, NG and UNSURE.
        by_class: The same per product class, in alphabetical order.
        per_hour: Verdicts per hour from the first to the last, breaks included; None below two.
        first: When the first of these verdicts was given; None where there is none.
        last: When the last was.
        operators: Who gave them, in alphabetical order.
    """

    images: int
    by_verdict: dict[Verdict, int]
    by_class: dict[str, dict[Verdict, int]]
    per_hour: float | None
    first: str | None
    last: str | None
    operators: tuple[str, ...]


def summarise(
    rows: Sequence[VerdictRow], class_names: Mapping[int, str] | None = None
) -> SessionSummary:
    """Sum up the rows of a session, oldest first; what was taken back does not count.

    Args:
        rows: As `verdicts_since` gives them.
        class_names: Class of an image by its number; an image that is missing has class "".
    """
    standing = standing_verdicts(rows)
    names = class_names or {}
    grouped: dict[str, list[VerdictRow]] = defaultdict(list)
    for row in standing.values():
        grouped[names.get(row.image_id, "")].append(row)
    times = sorted(row.created for row in standing.values())
    return SessionSummary(
        images=len(standing),
        by_verdict=_counts(standing.values()),
        by_class={name: _counts(grouped[name]) for name in sorted(grouped)},
        per_hour=_rate(times),
        first=times[0] if times else None,
        last=times[-1] if times else None,
        operators=tuple(sorted({row.operator for row in standing.values()})),
    )


def _images(database: Database) -> list[sqlite3.Row]:
    return database.rows(
        """
        SELECT image.id, source.path AS root, image.path, class_name, split, truth, sha256
        FROM image JOIN source ON source.id = source_id ORDER BY image.id
        """
    )


def _facts(image: sqlite3.Row, path: Path, row: VerdictRow) -> tuple[str | float | None, ...]:
    trace = row.trace
    about = (_safe(str(path)), _safe(image["class_name"]), image["split"], image["truth"])
    said = (row.verdict, _safe(row.defect_kind), _safe(row.note), _safe(row.operator), row.created)
    seen = (_safe(trace.model_name or ""), trace.variant, trace.threshold, trace.score)
    return (*about, *said, *seen, trace.raw_score, trace.snapshot_id)


def _safe(text: str) -> str:
    """Free text such that a spreadsheet shows it and runs nothing."""
    return f"'{text}" if text.startswith(_RISKY) else text


def _counts(rows: Collection[VerdictRow]) -> dict[Verdict, int]:
    counted = Counter(row.verdict for row in rows)
    return {verdict: counted[verdict] for verdict in Verdict if verdict is not Verdict.NONE}


def _rate(times: Sequence[str]) -> float | None:
    if len(times) < 2:
        return None
    elapsed = datetime.fromisoformat(times[-1]) - datetime.fromisoformat(times[0])
    seconds = elapsed.total_seconds()
    return (len(times) - 1) * 3600 / seconds if seconds > 0 else None
