"""Where verdicts are given: written with their full trace before anything else happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from inspector.core.review_order import per_hour
from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.session import Session
from inspector.project.project import Project
from inspector.project.verdict_export import SessionSummary, summarise
from inspector.project.verdicts import Trace, Verdict, VerdictRow, standing_verdicts


@dataclass(frozen=True, slots=True)
class Earlier:
    """A verdict of an earlier session that would be taken back next.

    Attributes:
        row: The verdict.
        journal_end: The newest row of the journal when it was found.
    """

    row: VerdictRow
    journal_end: int


class VerdictDesk(QObject):
    """Gives verdicts, takes them back, and knows the pace.

    A session begins when the project is opened. Undo takes back the verdicts of this session;
    those of earlier ones, which others may have given, only one by one and by name.
    """

    failed = Signal(str)  # what could not be written, and why

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._snapshots: dict[int, int | None] = {}
        # When each verdict of this session was given that stands; the times of those taken back;
        # and for each row that took one back, which one.
        self._times: dict[int, float] = {}
        self._taken_back: dict[int, float] = {}
        self._undone: dict[int, int] = {}
        self.begins_after = 0
        self.set_project(session.project)

    def set_project(self, project: Project | None) -> None:
        """Another project: another session."""
        self._snapshots, self._times, self._taken_back, self._undone = {}, {}, {}, {}
        self.begins_after = project.last_verdict_id() if project is not None else 0

    def give(self, image_id: int, verdict: Verdict, kind: str, note: str) -> bool:
        """Writes a verdict; it is on the disk when this returns True. Says why where it is not."""
        row = self._write(image_id, verdict, kind, note)
        if row is not None:
            self._times[row.verdict_id] = time.monotonic()
        return row is not None

    def amend(self, image_id: int, kind: str, note: str) -> bool:
        """Gives an image's verdict again with another kind or note; it counts as one verdict."""
        said = self._session.library.verdicts.get(image_id)
        return said is not None and self._write(image_id, said.verdict, kind, note) is not None

    def _write(self, image_id: int, verdict: Verdict, kind: str, note: str) -> VerdictRow | None:
        project = self._session.project
        if project is None:
            return None
        operator = self._session.preferences.operator
        kind = "" if verdict is Verdict.OK else kind
        try:
            trace = self.trace_of(image_id)
            row = project.add_verdict(image_id, verdict, operator, trace, kind, note)
        except InspectorError as error:
            self._fail(error)
            return None
        self._session.library.reload_verdicts([image_id])
        return row

    @property
    def knows_scores(self) -> bool:
        """Whether the scores at hand are those of the active model: they are read in a thread."""
        model = self._session.scale.model
        model_id = model.model_id if model is not None else None
        return self._session.library.scores_model_id == model_id

    def undo(self) -> VerdictRow | None:
        """Takes this session's newest verdict back; None where there is none, or it cannot be."""
        return self._turn(lambda project, who: project.undo_verdict(who, self.begins_after))

    def redo(self) -> VerdictRow | None:
        """Gives again what was taken back last in this session."""
        return self._turn(lambda project, who: project.redo_verdict(who, self.begins_after))

    def find_earlier(self, done: Callable[[Earlier | None], object]) -> None:
        """Looks in the background for the newest verdict of earlier sessions that stands."""
        project = self._session.project
        if project is None:
            return

        def work(task: Task) -> Earlier | None:
            with project.reopened() as own:
                rows = own.verdicts_since(0)
            standing = standing_verdicts(rows).values()
            newest = max(standing, key=lambda row: row.verdict_id, default=None)
            return Earlier(newest, rows[-1].verdict_id) if newest is not None else None

        self._session.background.run(work, done, key="review.earlier")

    def undo_earlier(self, earlier: Earlier) -> VerdictRow | None:
        """Takes back that verdict and no other; None where anything was said since."""

        def turn(project: Project, who: str) -> VerdictRow | None:
            if project.last_verdict_id() != earlier.journal_end:
                return None
            return project.undo_verdict(who, earlier.row.verdict_id - 1)

        return self._turn(turn)

    @property
    def n_given(self) -> int:
        """Verdicts given and not taken back since the project was opened."""
        return len(self._times)

    @property
    def pace(self) -> float | None:
        """Verdicts per hour lately, without pauses."""
        return per_hour(sorted(self._times.values()))

    def summary(self, class_names: Mapping[int, str]) -> tuple[SessionSummary, list[int]]:
        """What was done in this session, and which images have a verdict of it.

        Raises:
            InspectorError: The project cannot be read.
        """
        project = self._session.project
        rows = project.verdicts_since(self.begins_after) if project is not None else ()
        return summarise(rows, class_names), list(standing_verdicts(rows))

    def trace_of(self, image_id: int) -> Trace:
        """What the person sees of an image now.

        Raises:
            InspectorError: The project cannot be read.
        """
        library, scale = self._session.library, self._session.scale
        (row,) = library.images.rows_of(np.array([image_id], np.int64))
        if scale.model is None or row < 0:
            return Trace()
        score = float(library.scores.of(scale.variant)[row])
        if np.isnan(score):  # there was a model, but no score to see
            return Trace(model_name=scale.model.name, model_id=scale.model.model_id)
        return Trace(
            model_name=scale.model.name,
            model_id=scale.model.model_id,
            variant=scale.variant,
            threshold=scale.threshold,
            score=score,
            raw_score=float(library.scores.raw[row]),
            snapshot_id=self._snapshot_of(int(library.scores.run_ids[row])),
        )

    def _snapshot_of(self, run_id: int) -> int | None:
        """The snapshot that a run scored; asked for once a run."""
        project = self._session.project
        if run_id < 0 or project is None:
            return None
        if run_id not in self._snapshots:
            self._snapshots[run_id] = project.find_run(run_id).snapshot_id
        return self._snapshots[run_id]

    def _turn(self, turn: Callable[[Project, str], VerdictRow | None]) -> VerdictRow | None:
        project = self._session.project
        if project is None:
            return None
        try:
            row = turn(project, self._session.preferences.operator)
        except InspectorError as error:
            self._fail(error)
            return None
        if row is not None:
            self._count(row)
            self._session.library.reload_verdicts([row.image_id])
        return row

    def _count(self, row: VerdictRow) -> None:
        """A verdict was taken back, or one that was taken back was given again."""
        assert row.undoes is not None
        given = self._undone.pop(row.undoes, None)
        if given is not None:
            if given in self._taken_back:
                self._times[given] = self._taken_back.pop(given)
            return
        self._undone[row.verdict_id] = row.undoes
        if row.undoes in self._times:
            self._taken_back[row.undoes] = self._times.pop(row.undoes)

    def _fail(self, error: InspectorError) -> None:
        self._session.notices.error(error)
        self.failed.emit(error.message)
