"""Where verdicts are given: written with their full trace before anything else happens."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QObject, Signal

from inspector.core.review_order import per_hour
from inspector.errors import InspectorError
from inspector.gui.session import Session
from inspector.project.project import Project
from inspector.project.verdict_export import SessionSummary, summarise
from inspector.project.verdicts import Trace, Verdict, VerdictRow, standing_verdicts


class VerdictDesk(QObject):
    """Gives verdicts, takes them back, and knows the pace.

    A session begins when the project is opened. Undo reaches back as far as the journal does.
    """

    failed = Signal(str)  # what could not be written, and why

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._snapshots: dict[int, int | None] = {}
        self._times: list[float] = []
        self.begins_after = 0
        self.set_project(session.project)

    def set_project(self, project: Project | None) -> None:
        """Another project: another session."""
        self._snapshots, self._times = {}, []
        self.begins_after = project.last_verdict_id() if project is not None else 0

    def give(self, image_id: int, verdict: Verdict, kind: str, note: str) -> bool:
        """Writes a verdict; it is on the disk when this returns True. Says why where it is not."""
        project = self._session.project
        if project is None:
            return False
        operator = self._session.preferences.operator
        kind = "" if verdict is Verdict.OK else kind
        try:
            trace = self.trace_of(image_id)
            project.add_verdict(image_id, verdict, operator, trace, kind, note)
        except InspectorError as error:
            self._fail(error)
            return False
        self._times.append(time.monotonic())
        self._session.library.reload_verdicts([image_id])
        return True

    def undo(self) -> VerdictRow | None:
        """Takes the newest verdict back; None where there is none, or it cannot be."""
        return self._turn(back=True)

    def redo(self) -> VerdictRow | None:
        """Gives again what was taken back last."""
        return self._turn(back=False)

    @property
    def n_given(self) -> int:
        """Verdicts given and not taken back since the project was opened."""
        return len(self._times)

    @property
    def pace(self) -> float | None:
        """Verdicts per hour lately, without pauses."""
        return per_hour(self._times)

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

    def _turn(self, *, back: bool) -> VerdictRow | None:
        project = self._session.project
        if project is None:
            return None
        operator = self._session.preferences.operator
        try:
            row = project.undo_verdict(operator) if back else project.redo_verdict(operator)
        except InspectorError as error:
            self._fail(error)
            return None
        if row is not None:
            if back and self._times:
                self._times.pop()
            self._session.library.reload_verdicts([row.image_id])
        return row

    def _fail(self, error: InspectorError) -> None:
        self._session.notices.error(error)
        self.failed.emit(error.message)
