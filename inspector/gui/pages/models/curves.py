"""Training curves of one or more models, replayed from the events of the runs that made them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from inspector.gui.background import Background, Task
from inspector.gui.pages.models.facts import ModelFacts, read_metrics
from inspector.gui.theme import em
from inspector.gui.widgets.basics import label, row

if TYPE_CHECKING:
    from inspector.gui.plots.curves import CurvePlot
    from inspector.gui.plots.legend import Legend

Metrics = dict[str, tuple[list[float], list[float]]]
_FIRST = "detector.loss"


class TrainingCurves(QWidget):
    """One metric of a training over its steps, a line for each model.

    The plot is made, and the events are read, when it is first seen.
    """

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._models: Sequence[ModelFacts] = ()
        self._known: dict[Path, Metrics] = {}
        self._is_stale = False
        self._plot: CurvePlot | None = None
        self._legend: Legend | None = None
        self.which = QComboBox()
        self.which.setAccessibleName(self.tr("Curve"))
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.which.currentIndexChanged.connect(lambda index: self._draw())
        self.log = QCheckBox(self.tr("Log scale"))
        self.log.toggled.connect(self._set_log)
        self._nothing = label("", "muted", wrap=True)
        self._layout = QVBoxLayout(self)
        gap = em(self, 0.5)
        self._layout.setContentsMargins(0, gap, 0, 0)
        self._layout.setSpacing(gap)
        self._layout.addWidget(row(self.which, self.log, None))
        self._layout.addWidget(self._nothing)

    def show_models(self, models: Sequence[ModelFacts]) -> None:
        """Shows other models, now or when it is next seen."""
        self._models = models
        self._is_stale = True
        if self.isVisible():
            self._read()

    def showEvent(self, event: object) -> None:
        if self._is_stale:
            self._read()

    @property
    def plot(self) -> CurvePlot | None:
        """The plot; None until it was first seen."""
        return self._plot

    def _read(self) -> None:
        self._is_stale = False
        folders = [facts.run_folder for facts in self._models if facts.run_folder is not None]
        missing = [folder for folder in folders if folder not in self._known]

        def work(task: Task) -> dict[Path, Metrics]:
            return {folder: read_metrics(folder) for folder in missing}

        def done(read: dict[Path, Metrics]) -> None:
            self._known.update(read)
            self._offer()

        if missing:
            self._background.run(work, done, key="models.curves")
        else:
            self._offer()

    def _offer(self) -> None:
        """Offers the curves that there are."""
        names = dict.fromkeys(name for facts in self._models for name in self._of(facts))
        kept = self.which.currentData() or _FIRST
        self.which.blockSignals(True)
        self.which.clear()
        for name in names:
            stage, _, metric = name.partition(".")
            words = metric.replace("_", " ").capitalize()
            text = self.tr("{metric} ({stage})").format(metric=words, stage=stage)
            self.which.addItem(text, name)
        self.which.setCurrentIndex(max(self.which.findData(kept), 0))
        self.which.blockSignals(False)
        has_any = bool(names)
        self.which.setVisible(has_any)
        self.log.setVisible(has_any)
        self._nothing.setVisible(not has_any)
        self._nothing.setText(
            self.tr("The run that made it has left no curves (its events are gone).")
        )
        if has_any and self._plot is None:
            self._make_plot()
        self._draw()

    def _make_plot(self) -> None:
        from inspector.gui.plots.curves import CurvePlot
        from inspector.gui.plots.legend import Legend

        self._plot = CurvePlot(self.tr("Training curve"), self.tr("No point yet"))
        self._legend = Legend()
        self._layout.addWidget(self._legend)
        self._layout.addWidget(self._plot, 1)

    def _draw(self) -> None:
        if self._plot is None or self._legend is None:
            return
        import numpy as np

        from inspector.gui.plots.curve_style import Curve

        name = self.which.currentData()
        curves = [
            Curve(facts.model.name, np.array(steps), np.array(values), slot, slot)
            for slot, facts in enumerate(self._models)
            for steps, values in [self._of(facts).get(name, ([], []))]
            if steps
        ]
        self._plot.setVisible(self.which.count() > 0)
        self._plot.title.setText(self.which.currentText())
        self._plot.set_curves(curves)
        self._plot.fit()
        self._legend.set_curves(curves)

    def _set_log(self, on: bool) -> None:
        if self._plot is not None:
            self._plot.set_log(on)

    def _of(self, facts: ModelFacts) -> Metrics:
        return self._known.get(facts.run_folder, {}) if facts.run_folder is not None else {}
