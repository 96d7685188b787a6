"""Loss, validation score and learning rate of one run or several, with their controls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QSlider, QVBoxLayout, QWidget

from inspector.gui.pages.train.recording import Recording
from inspector.gui.pages.train.words import stage_title
from inspector.gui.plots.curve_style import Curve
from inspector.gui.plots.curves import CurvePlot
from inspector.gui.plots.legend import Legend
from inspector.gui.theme import em
from inspector.gui.widgets.basics import label, row

_DETECTION, _ALIGNMENT, _NAMES = "detection", "alignment", "names"
_PREFIXES = {_DETECTION: ("detector", "fold-"), _ALIGNMENT: ("cada", "calibration-")}
_PARTS_OF_LOSS = ("synthesis_error",)  # drawn beside the loss, in its stage
_HELD_OUT_LOSS = "validation_loss"  # what the aligners' stages tell instead of a score
METRICS = ("loss", "validation_score", "learning_rate")


def aligns(stage: str) -> bool:
    """Whether it is one of the aligners' stages."""
    return stage.startswith(_PREFIXES[_ALIGNMENT])


def _drawn(metric: str, stage: str) -> tuple[str, ...]:
    """What a stage tells that belongs into a metric's plot."""
    match metric:
        case "validation_score" if aligns(stage):
            return (_HELD_OUT_LOSS,)
        case "loss" if stage == _NAMES:
            return (metric, *_PARTS_OF_LOSS)
        case _:
            return (metric,)


@dataclass(frozen=True, slots=True)
class Shown:
    """A run whose curves are shown; `label` tells it from the others."""

    label: str
    recording: Recording


class CurvePanel(QWidget):
    """Plots with one legend and one set of controls; `stages` is placed by who uses the panel."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Shown, ...] = ()
        self._chosen_by_hand = False
        self.stages = QComboBox()
        self.stages.setAccessibleName(self.tr("Stages"))
        self.stages.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.stages.activated.connect(self._on_stages)
        self.log_scale = QCheckBox(self.tr("Log scale"))
        self.log_scale.toggled.connect(self._on_log)
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, 98)
        self.smoothing.setAccessibleName(self.tr("Smoothing of the loss"))
        self.smoothing.setToolTip(
            self.tr("How much of the past the loss is averaged over. The raw curve stays behind.")
        )
        self.smoothing.setFixedSize(em(self, 5), em(self, 1.2))
        self._smoothing_value = label("", "muted")
        self._smoothing_value.setMinimumWidth(self.fontMetrics().horizontalAdvance("0.00") + 4)
        self.smoothing.valueChanged.connect(self._on_smoothing)
        self.legend = Legend()
        self.plots = {
            "loss": CurvePlot(
                self.tr("Loss"), self.tr("The loss comes with the first steps."), smooths=True
            ),
            "validation_score": CurvePlot(
                self.tr("Validation"),
                self.tr("Measured while normal images are held out."),
            ),
            "learning_rate": CurvePlot(
                self.tr("Learning rate"), self.tr("Not told in this stage.")
            ),
        }
        self.plots["validation_score"].title.setToolTip(
            self.tr(
                "Of normal images that were not learned from: their mean raw score, or the "
                "aligner's loss on them. Lower is better."
            )
        )
        self._assemble()
        self.smoothing.setValue(60)

    def _assemble(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.4))
        smoothing = row(
            label(self.tr("Smoothing")), self.smoothing, self._smoothing_value, spacing=0.35
        )
        layout.addWidget(row(self.log_scale, smoothing, None, spacing=1.0))
        layout.addWidget(self.legend)
        grid = QGridLayout()
        grid.setSpacing(em(self, 0.6))
        grid.addWidget(self.plots["loss"], 0, 0, 1, 2)
        grid.addWidget(self.plots["validation_score"], 1, 0)
        grid.addWidget(self.plots["learning_rate"], 1, 1)
        grid.setRowStretch(0, 4)
        grid.setRowStretch(1, 3)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        layout.addLayout(grid, 1)
        for plot in self.plots.values():
            plot.setMinimumHeight(em(self, 2.8))

    def show_runs(self, shown: Sequence[Shown]) -> None:
        """Shows the curves of other runs; several are laid over each other."""
        if [run.recording for run in shown] != [run.recording for run in self._shown]:
            self._chosen_by_hand = False
            for plot in self.plots.values():
                plot.fit()
        self._shown = tuple(shown)
        self.refresh()

    def refresh(self) -> None:
        """Draws points that came meanwhile."""
        self._offer_stages()
        wanted = self.stages.currentData() or _DETECTION
        for metric, plot in self.plots.items():
            plot.set_curves(self._curves(metric, wanted))
        drawn = [curve for plot in self.plots.values() for curve in plot.curves]
        self.legend.set_curves(drawn)

    def _stage_names(self) -> list[str]:
        names: dict[str, int] = {}
        for run in self._shown:
            learned = {stage for _, stage in run.recording.curves}
            for stage in run.recording.stages:
                if stage.name in learned:
                    names.setdefault(stage.name, stage.index)
        return sorted(names, key=lambda name: names[name])

    def _offer_stages(self) -> None:
        names = self._stage_names()
        wanted = [(self.tr("Detector stages"), _DETECTION)]
        if any(name.startswith(_PREFIXES[_ALIGNMENT]) for name in names):
            wanted.append((self.tr("Alignment stages"), _ALIGNMENT))
        wanted += [(stage_title(name), name) for name in names]
        combo = self.stages
        here = [(combo.itemText(i), combo.itemData(i)) for i in range(combo.count())]
        if wanted != here:
            chosen = self.stages.currentData()
            self.stages.clear()
            for text, value in wanted:
                self.stages.addItem(text, value)
            self.stages.setCurrentIndex(max(self.stages.findData(chosen), 0))
        if not self._chosen_by_hand and len(self._shown) == 1:
            self.stages.setCurrentIndex(max(self.stages.findData(self._under_way()), 0))

    def _under_way(self) -> str:
        """The stages that a run is in, and those of the detector where it has ended."""
        recording = self._shown[0].recording
        if recording.current is None or recording.state:
            return _DETECTION
        name = recording.current.name
        return _ALIGNMENT if aligns(name) else _NAMES if name == _NAMES else _DETECTION

    def _curves(self, metric: str, wanted: str) -> list[Curve]:
        """One run: colour by curve. Several: colour by run. No two have the same dash."""
        several = len(self._shown) > 1
        curves = []
        prefixes = _PREFIXES.get(wanted, (wanted,))
        stages = [name for name in self._stage_names() if name.startswith(prefixes)]
        if wanted not in _PREFIXES:
            stages = [wanted]
        wishes = [(stage, name) for stage in stages for name in _drawn(metric, stage)]
        for run_place, run in enumerate(self._shown):
            for place, (stage, name) in enumerate(wishes):
                series = run.recording.curves.get((name, stage))
                if series is None:
                    continue
                title = self.tr("Synthesis error") if name in _PARTS_OF_LOSS else stage_title(stage)
                curves.append(
                    Curve(
                        label=f"{run.label}: {title}" if several else title,
                        steps=np.array(series.steps, np.float64),
                        values=np.array(series.values, np.float64),
                        slot=run_place if several else place,
                        dash=run_place * len(wishes) + place,
                    )
                )
        return curves

    def _on_stages(self) -> None:
        self._chosen_by_hand = True
        self.refresh()

    def _on_log(self, on: bool) -> None:
        self.plots["loss"].set_log(on)
        self.plots["validation_score"].set_log(on)
        self.plots["learning_rate"].set_log(on)

    def _on_smoothing(self, percent: int) -> None:
        self._smoothing_value.setText(f"{percent / 100:.2f}")
        for plot in self.plots.values():
            plot.set_smoothing(percent / 100)
