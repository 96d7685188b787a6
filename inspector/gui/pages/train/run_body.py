"""Stages, curves and log of a run, live or replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.pages.train.log_view import LogView
from inspector.gui.pages.train.recording import Recording
from inspector.gui.pages.train.stage_list import StageList
from inspector.gui.theme import em
from inspector.gui.widgets.basics import Segments, label, row
from inspector.jobs.events import Tail
from inspector.project.runs import RunRow
from inspector.project.work import TRAIN

if TYPE_CHECKING:
    from inspector.gui.pages.train.curve_panel import CurvePanel

CURVES, LOG = "curves", "log"


@dataclass(frozen=True, slots=True)
class FollowedRun:
    """A run with all it has said so far, and what to read the rest with."""

    run: RunRow
    recording: Recording
    tail: Tail

    @property
    def folder(self) -> Path:
        return self.run.folder


def follow(run: RunRow) -> FollowedRun:
    """Reads a run's events from the start. Long for long runs: not for the GUI thread."""
    followed = FollowedRun(run, Recording(), Tail(run.folder))
    followed.recording.take_all(followed.tail.read())
    return followed


class RunBody(QWidget):
    """Stages on the left, curves or log on the right. Several runs: only their curves."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: tuple[FollowedRun, ...] = ()
        self._is_live = False
        self.stages = StageList()
        self._stages_title = label(self.tr("Stages"), "section")
        self.views = Segments(
            [(CURVES, self.tr("Curves")), (LOG, self.tr("Log"))], self.tr("What to show")
        )
        self.views.chosen.connect(self._show_view)
        self.log = LogView()
        self.panel: CurvePanel | None = None
        self._stack = QStackedWidget()
        self._stack.addWidget(self.log)
        self._left = QWidget()
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(em(self, 0.5))
        left.addWidget(self._stages_title)
        left.addWidget(self._scrolled(self.stages), 1)
        right = QVBoxLayout()
        right.setSpacing(em(self, 0.5))
        self._bar = row(self.views, None)
        right.addWidget(self._bar)
        right.addWidget(self._stack, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 1.0))
        layout.addWidget(self._left)
        layout.addLayout(right, 1)

    @property
    def runs(self) -> tuple[FollowedRun, ...]:
        """What is shown."""
        return self._runs

    def show_runs(self, runs: Sequence[FollowedRun], *, is_live: bool) -> None:
        """Shows one run, or the curves of several."""
        self._runs, self._is_live = tuple(runs), is_live
        self._show_stages()
        self._show_curves()
        self._show_log()

    def read_on(self) -> None:
        """Reads what came meanwhile. A run's first Hello after a resumption is among it."""
        for followed in self._runs:
            said = followed.tail.read()
            if followed.recording.take_all(said) and self.panel is not None:
                self.panel.refresh()
        self.tick()

    def tick(self) -> None:
        """Times go on, also while nothing is said."""
        self._show_stages()
        self._show_log()

    def set_live(self, is_live: bool) -> None:
        """The run goes on, or does not."""
        if is_live != self._is_live:
            self._is_live = is_live
            self._show_stages()

    def end(self) -> None:
        """The run is over."""
        self._is_live = False
        self.read_on()
        if self.panel is not None:
            self.panel.refresh()

    def show_view(self, view: str) -> None:
        """Shows the curves or the log."""
        self.views.set_value(view)
        self._show_view(view)

    def _scrolled(self, stages: StageList) -> QScrollArea:
        """The stages of a training with many folds are more than a small window is high."""
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(stages)
        area.viewport().setAutoFillBackground(False)
        stages.setAutoFillBackground(False)
        self._area = area
        return area

    def _show_stages(self) -> None:
        is_one = len(self._runs) == 1
        self._left.setVisible(is_one and bool(self._runs[0].recording.stages))
        if is_one:
            followed = self._runs[0]
            self.stages.show_recording(
                followed.recording,
                is_training=followed.run.kind == TRAIN,
                is_live=self._is_live,
            )
            bar = self._area.verticalScrollBar().sizeHint().width()
            self._area.setMinimumWidth(self.stages.minimumSizeHint().width() + bar)
            if self._is_live and self.stages.running is not None:
                self._area.ensureWidgetVisible(self.stages.running)

    def _show_curves(self) -> None:
        has_curves = any(followed.run.kind == TRAIN for followed in self._runs)
        self.views.button_of(CURVES).setEnabled(has_curves)
        if not has_curves:
            self._show_view(LOG)
            return
        panel = self._made_panel()
        from inspector.gui.pages.train.curve_panel import Shown

        panel.show_runs(
            [
                Shown(self.tr("Run {number}").format(number=f.run.run_id), f.recording)
                for f in self._runs
                if f.run.kind == TRAIN
            ]
        )
        self._show_view(self.views.value)

    def _made_panel(self) -> CurvePanel:
        """The panel, made when it is first needed: pyqtgraph takes a while to import."""
        if self.panel is None:
            from inspector.gui.pages.train.curve_panel import CurvePanel

            self.panel = CurvePanel()
            self._stack.addWidget(self.panel)
            bar = self._bar.layout()
            assert bar is not None
            bar.addWidget(self.panel.stages)
        return self.panel

    def _show_log(self) -> None:
        if self.log.isVisible():
            self.log.show_runs([(f.folder, f.recording) for f in self._runs])

    def _show_view(self, view: str) -> None:
        wanted = self.panel if view == CURVES and self.panel is not None else self.log
        self._stack.setCurrentWidget(wanted)
        if self.panel is not None:
            self.panel.stages.setVisible(wanted is self.panel)
        if wanted is self.log:
            self.log.show_runs([(f.folder, f.recording) for f in self._runs])
