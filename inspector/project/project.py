"""The project: a folder on disk and everything that the program does to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from inspector.core.evaluation import ImageResult
from inspector.core.samples import Truth
from inspector.core.windows import IntensityWindow
from inspector.errors import InspectorError
from inspector.project import (
    class_windows,
    columns,
    importing,
    learned,
    models,
    runs,
    scores,
    settings,
    snapshots,
    sources,
    stored_images,
    verdict_export,
    verdicts,
)
from inspector.project.columns import ImageColumns
from inspector.project.importing import ImportSummary, Progress
from inspector.project.models import ModelRow
from inspector.project.painted import Painted
from inspector.project.paths import CACHE, DATABASE, REPORTS, SUBFOLDERS, canonical
from inspector.project.records import StoredImage
from inspector.project.runs import RunRow, RunState
from inspector.project.schema import open_database
from inspector.project.scores import ScoreColumns, StoredScore
from inspector.project.snapshots import Snapshot
from inspector.project.sources import Source
from inspector.project.verdicts import Trace, Verdict, VerdictRow

T = TypeVar("T")

# What file managers leave in a folder that a person takes for empty.
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".directory"})


class Project(Painted):
    """An open project. Used from one thread; close it, or use it in a `with` statement.

    Every method raises InspectorError where the database is locked, damaged or not writable.
    """

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make a project in a folder that is empty or does not exist yet, and open it.

        Raises:
            InspectorError: The folder holds something already or cannot be written.
        """
        folder = canonical(folder)
        if cls.is_project(folder):
            raise InspectorError(f"'{folder}' is a project already.", "Open it instead.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(entry.name not in _LITTER for entry in folder.iterdir()):
                raise InspectorError(
                    f"The folder '{folder}' is not empty and not a project.",
                    "Choose an empty folder or the name of a new one.",
                )
            return cls._opened(folder)
        except OSError as error:
            raise _unusable(folder, error) from error

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a project; runs whose worker has died meanwhile are settled.

        Raises:
            InspectorError: The folder is not a project, is not writable, is in use elsewhere, or
                was made by a newer Inspector.
        """
        folder = canonical(folder)
        if not cls.is_project(folder):
            raise InspectorError(
                f"'{folder}' is not an Inspector project.",
                f"Choose a folder that holds a file '{DATABASE}', or create a new project.",
            )
        try:
            project = cls._opened(folder)
        except OSError as error:
            raise _unusable(folder, error) from error
        try:
            project.mark_lost_runs()
        except InspectorError:
            project.close()
            raise
        return project

    @staticmethod
    def is_project(folder: Path) -> bool:
        """Whether `folder` looks like a project; opening it may still fail."""
        return (folder / DATABASE).is_file()

    @classmethod
    def _opened(cls, folder: Path) -> Self:
        for name in SUBFOLDERS:  # the cache may have been deleted, and that is no problem
            (folder / name).mkdir(exist_ok=True)
        return cls(open_database(folder))

    def reopened(self) -> Self:
        """The same project for another thread, with a connection of its own; close it there."""
        return type(self)(open_database(self.folder))

    def close(self) -> None:
        """Close the database; closing twice does nothing."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """The project folder, absolute."""
        return self._database.folder

    @property
    def cache_folder(self) -> Path:
        """For what can be computed again; may always be deleted."""
        return self.folder / CACHE

    @property
    def reports_folder(self) -> Path:
        """For reports that stand alone."""
        return self.folder / REPORTS

    def import_folder(
        self,
        folder: Path,
        layout: str | None = None,
        assume: Truth | None = None,
        class_name: str | None = None,
        progress: Progress | None = None,
    ) -> ImportSummary:
        """See `importing.import_folder`."""
        return importing.import_folder(self._database, folder, layout, assume, class_name, progress)

    def sources(self) -> tuple[Source, ...]:
        """See `sources.list_sources`."""
        return sources.list_sources(self._database)

    def images(self) -> tuple[StoredImage, ...]:
        """See `stored_images.load_images`."""
        return stored_images.load_images(self._database)

    def image_columns(self) -> ImageColumns:
        """See `columns.load_columns`."""
        return columns.load_columns(self._database)

    def class_windows(self) -> dict[str, IntensityWindow]:
        """See `class_windows.load_windows`."""
        return class_windows.load_windows(self._database)

    def take_snapshot(self) -> Snapshot:
        """See `snapshots.take_snapshot`."""
        return snapshots.take_snapshot(self._database)

    def keep_snapshot(self, snapshot: Snapshot) -> Snapshot:
        """See `snapshots.keep_snapshot`."""
        return snapshots.keep_snapshot(self._database, snapshot)

    def snapshot(self, snapshot_id: int) -> Snapshot:
        """See `snapshots.load_snapshot`."""
        return snapshots.load_snapshot(self._database, snapshot_id)

    def snapshot_digests(self) -> dict[int, str]:
        """See `snapshots.snapshot_digests`."""
        return snapshots.snapshot_digests(self._database)

    def snapshot_file(self, snapshot_id: int) -> Path:
        """See `snapshots.snapshot_file`."""
        return snapshots.snapshot_file(self._database, snapshot_id)

    def new_run(self, kind: str, method: str, spec_json: bytes, snapshot_id: int | None) -> RunRow:
        """See `runs.new_run`."""
        return runs.new_run(self._database, kind, method, spec_json, snapshot_id)

    def finish_run(self, run_id: int, outcome_json: bytes | None, state: RunState) -> RunRow:
        """See `runs.finish_run`."""
        return runs.finish_run(self._database, run_id, outcome_json, state)

    def resume_run(self, run_id: int) -> RunRow:
        """See `runs.resume_run`."""
        return runs.resume_run(self._database, run_id)

    def mark_lost_runs(self) -> tuple[RunRow, ...]:
        """See `runs.mark_lost_runs`."""
        return runs.mark_lost_runs(self._database)

    def runs(self) -> tuple[RunRow, ...]:
        """See `runs.list_runs`."""
        return runs.list_runs(self._database)

    def find_run(self, run_id: int) -> RunRow:
        """See `runs.find_run`."""
        return runs.find_run(self._database, run_id)

    def add_model(self, run_id: int, source_folder: Path) -> ModelRow:
        """See `models.add_model`."""
        return models.add_model(self._database, run_id, source_folder)

    def take_over_learning(self, run: RunRow, model: ModelRow) -> None:
        """See `learned.take_over_learning`."""
        learned.take_over_learning(self._database, run, model)

    def clear_away_learnings(self) -> None:
        """See `learned.clear_away`."""
        learned.clear_away(self._database)

    def models(self) -> tuple[ModelRow, ...]:
        """See `models.list_models`."""
        return models.list_models(self._database)

    def find_model(self, name_or_id: str | int | None = None) -> ModelRow:
        """See `models.find_model`."""
        return models.find_model(self._database, name_or_id)

    def trashed_models(self) -> tuple[ModelRow, ...]:
        """See `models.trashed_models`."""
        return models.trashed_models(self._database)

    def find_model_by_folder(self, folder: Path) -> ModelRow:
        """See `models.find_model_by_folder`."""
        return models.find_model_by_folder(self._database, folder)

    def rename_model(self, name_or_id: str | int, new_name: str) -> ModelRow:
        """See `models.rename_model`."""
        return models.rename_model(self._database, name_or_id, new_name)

    def trash_model(self, name_or_id: str | int) -> ModelRow:
        """See `models.trash_model`."""
        return models.trash_model(self._database, name_or_id)

    def restore_model(self, name_or_id: str | int) -> ModelRow:
        """See `models.restore_model`."""
        return models.restore_model(self._database, name_or_id)

    def remove_model(self, name_or_id: str | int) -> ModelRow:
        """See `models.remove_model`."""
        return models.remove_model(self._database, name_or_id)

    def save_scores(
        self, model_id: int, snapshot_id: int, results: Sequence[ImageResult], run_id: int
    ) -> None:
        """See `scores.save_scores`."""
        scores.save_scores(self._database, model_id, snapshot_id, results, run_id)

    def scores(self, model_id: int, variant: str | None = None) -> tuple[StoredScore, ...]:
        """See `scores.load_scores`."""
        return scores.load_scores(self._database, model_id, variant)

    def score_columns(self, model_id: int) -> ScoreColumns:
        """See `scores.load_score_columns`."""
        return scores.load_score_columns(self._database, model_id)

    def scored_counts(self) -> dict[int, int]:
        """See `scores.count_scored`."""
        return scores.count_scored(self._database)

    def newest_scoring(self, model_id: int) -> int:
        """See `scores.newest_scoring`."""
        return scores.newest_scoring(self._database, model_id)

    def add_verdict(
        self,
        image_id: int,
        verdict: Verdict,
        operator: str,
        trace: Trace,
        defect_kind: str = "",
        note: str = "",
    ) -> VerdictRow:
        """See `verdicts.add_verdict`."""
        return verdicts.add_verdict(
            self._database, image_id, verdict, operator, trace, defect_kind, note
        )

    def undo_verdict(self, operator: str, since_id: int = 0) -> VerdictRow | None:
        """See `verdicts.undo_verdict`."""
        return verdicts.undo_verdict(self._database, operator, since_id)

    def redo_verdict(self, operator: str, since_id: int = 0) -> VerdictRow | None:
        """See `verdicts.redo_verdict`."""
        return verdicts.redo_verdict(self._database, operator, since_id)

    def latest_verdicts(self) -> dict[int, VerdictRow]:
        """See `verdicts.latest_verdicts`."""
        return verdicts.latest_verdicts(self._database)

    def latest_verdict(self, image_id: int) -> VerdictRow | None:
        """See `verdicts.latest_verdict`."""
        return verdicts.latest_verdict(self._database, image_id)

    def verdict_history(self, image_id: int) -> tuple[VerdictRow, ...]:
        """See `verdicts.verdict_history`."""
        return verdicts.verdict_history(self._database, image_id)

    def verdicts_since(self, since_id: int = 0) -> tuple[VerdictRow, ...]:
        """See `verdicts.verdicts_since`."""
        return verdicts.verdicts_since(self._database, since_id)

    def last_verdict_id(self) -> int:
        """See `verdicts.last_verdict_id`."""
        return verdicts.last_verdict_id(self._database)

    def export_verdicts(self, file: Path, image_ids: Collection[int] | None = None) -> int:
        """See `verdict_export.export_verdicts`."""
        return verdict_export.export_verdicts(self._database, file, image_ids)

    def get_setting(self, key: str, kind: type[T], default: T) -> T:
        """See `settings.get_setting`."""
        return settings.get_setting(self._database, key, kind, default)

    def set_setting(self, key: str, value: object) -> None:
        """See `settings.set_setting`."""
        settings.set_setting(self._database, key, value)

    def remove_setting(self, key: str) -> None:
        """See `settings.remove_setting`."""
        settings.remove_setting(self._database, key)


def _unusable(folder: Path, error: OSError) -> InspectorError:
    return InspectorError(
        f"The project folder '{folder}' cannot be used: {error.strerror or error}.",
        "Check that the folder may be written to and that the disk is not full.",
    )
