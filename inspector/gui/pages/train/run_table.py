"""The runs of a project as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QIcon

from inspector.gui.icons import icon
from inspector.gui.pages.train.words import (
    duration,
    kind_title,
    moment,
    seconds_between,
    state_look,
    state_word,
)
from inspector.jobs.catalogue import METHODS
from inspector.jobs.outcome import JobOutcome
from inspector.jobs.spec import Job, TrainJob
from inspector.project.runs import RunRow, RunState
from inspector.project.work import TRAIN
from inspector.project.workers import has_begun

Index = QModelIndex | QPersistentModelIndex
NUMBER, JOB, STATE, STARTED, TIME, MODEL, NOTE = range(7)


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A run as the table shows it: texts by column, and its icon."""

    run: RunRow
    texts: tuple[str, ...]
    icon: QIcon


def history_row(run: RunRow, model: str) -> HistoryRow:
    """The row of a run; `model` is the name of what it made, may be empty."""
    message = outcome_of(run).message
    state = "prepared" if is_only_prepared(run) else run.state
    texts = (
        str(run.run_id),
        f"{kind_title(run.kind)} {run.method}" if run.kind == TRAIN else kind_title(run.kind),
        state_word(state),
        moment(run.created),
        duration(seconds_between(run.created, run.finished)),
        model or "–",
        message or specifics(run),
    )
    return HistoryRow(run, texts, icon(state_look(state)[0]))


def is_only_prepared(run: RunRow) -> bool:
    """Whether it waits for its first worker, as `inspector train --prepare` leaves it."""
    return run.kind == TRAIN and run.state is RunState.LOST and not has_begun(run.folder)


def outcome_of(run: RunRow) -> JobOutcome:
    """How a run ended; without words where nothing was written."""
    if run.outcome_json is None:
        return JobOutcome(state=run.state)
    try:
        return msgspec.json.decode(run.outcome_json, type=JobOutcome)
    except msgspec.MsgspecError:
        return JobOutcome(state=run.state)


def specifics(run: RunRow) -> str:
    """Preset, size and split of a training; its backbone where it is not the preset's own."""
    try:
        job = msgspec.json.decode(run.spec_json, type=Job)
    except msgspec.MsgspecError:
        return ""
    if not isinstance(job, TrainJob):
        return ""
    texts = [job.preset, f"{job.common.image_size} px"]
    presets = METHODS[job.method].presets if job.method in METHODS else ()
    usual = [p.common.get("backbone") for p in presets if p.name == job.preset]
    if job.common.backbone not in usual:
        texts.append(job.common.backbone)
    if job.split:
        texts.append(QCoreApplication.translate("RunTable", "split {name}").format(name=job.split))
    return ", ".join(texts)


class RunTable(QAbstractTableModel):
    """Newest first."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[HistoryRow] = []
        self._titles = (
            self.tr("Run"),
            self.tr("Job"),
            self.tr("State"),
            self.tr("Started"),
            self.tr("Time"),
            self.tr("Model"),
            self.tr("Note"),
        )

    def set_rows(self, rows: Sequence[HistoryRow]) -> None:
        """Shows other runs; where only texts changed, choices and scroll position stay."""
        new = list(rows)
        if [row.run.run_id for row in new] == [row.run.run_id for row in self.rows]:
            self.rows = new
            if new:
                self.dataChanged.emit(self.index(0, 0), self.index(len(new) - 1, NOTE))
            return
        self.beginResetModel()
        self.rows = new
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(self._titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return row.texts[index.column()]
            case Qt.ItemDataRole.DecorationRole if index.column() == STATE:
                return row.icon
            case Qt.ItemDataRole.TextAlignmentRole if index.column() in (NUMBER, TIME):
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case _:
                return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return None
