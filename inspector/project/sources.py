"""The folders that a project's images come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from inspector.core.samples import Truth
from inspector.project.database import Database
from inspector.project.paths import from_stored, now, to_stored


@dataclass(frozen=True, slots=True)
class Source:
    """An imported folder and what the user said about it, which holds until something else is said.

    Attributes:
        source_id: Its row's id; 0 before the first import.
        path: The folder, absolute.
        layout: Name of the layout that was recognised; empty before the first import.
        description: That layout in words.
        imported: Time of the latest import.
        asked_layout: The layout that the user named, None where it was left to recognition.
        assumed_truth: What images of unknown truth are taken for, None to leave them unknown.
        given_class: Class of images whose layout gives none.
    """

    source_id: int
    path: Path
    layout: str = ""
    description: str = ""
    imported: str = ""
    asked_layout: str | None = None
    assumed_truth: Truth | None = None
    given_class: str | None = None


def list_sources(database: Database) -> tuple[Source, ...]:
    """The imported folders, oldest first."""
    return tuple(
        Source(
            source_id=row["id"],
            path=from_stored(database.folder, row["path"]),
            layout=row["layout"],
            description=row["description"],
            imported=row["imported"],
            asked_layout=row["asked_layout"],
            assumed_truth=Truth(row["assumed_truth"]) if row["assumed_truth"] else None,
            given_class=row["given_class"],
        )
        for row in database.rows("SELECT * FROM source ORDER BY id")
    )


def source_for(
    database: Database,
    folder: Path,
    layout: str | None,
    assume: Truth | None,
    class_name: str | None,
) -> Source:
    """The source that `folder` is or will be, with what the user says of it now."""
    known = (source for source in list_sources(database) if source.path == folder)
    source = next(known, Source(source_id=0, path=folder))
    return replace(
        source,
        asked_layout=layout or source.asked_layout,
        assumed_truth=assume or source.assumed_truth,
        given_class=class_name or source.given_class,
    )


def save_source(database: Database, source: Source) -> int:
    """Write a source and the time of its import, in the caller's transaction; returns its id."""
    values = (
        source.layout,
        source.description,
        now(),
        source.asked_layout,
        source.assumed_truth,
        source.given_class,
    )
    if source.source_id:
        database.run(
            """
            UPDATE source SET layout = ?, description = ?, imported = ?, asked_layout = ?,
                assumed_truth = ?, given_class = ?
            WHERE id = ?
            """,
            (*values, source.source_id),
        )
        return source.source_id
    return database.run(
        """
        INSERT INTO source (layout, description, imported, asked_layout, assumed_truth,
            given_class, path)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (*values, to_stored(database.folder, source.path)),
    )
