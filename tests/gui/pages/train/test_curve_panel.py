"""The curves of every stage that learns can be seen, while it learns without being asked for."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from inspector.gui.pages.train.curve_panel import CurvePanel, Shown
from inspector.gui.pages.train.recording import Recording
from inspector.jobs import events


def begin(recording: Recording, stage: str, index: int, *metrics: str) -> None:
    """A stage begins and tells two points of each metric."""
    recording.take(events.Stage(time=index, name=stage, title=stage, index=index, count=4))
    for metric in metrics:
        for step in (0, 10):
            recording.take(
                events.Metric(time=index, stage=stage, name=metric, step=step, value=1.0)
            )


def drawn(panel: CurvePanel, plot: str) -> list[str]:
    return [curve.label for curve in panel.plots[plot].curves]


def test_a_stage_under_way_shows_its_curves(qtbot: QtBot) -> None:
    panel = CurvePanel()
    qtbot.addWidget(panel)
    recording = Recording()
    recording.take(events.Hello(time=0, pid=1, version="0"))
    begin(recording, "names", 1, "loss", "synthesis_error", "learning_rate")
    panel.show_runs([Shown("LTAD", recording)])
    assert panel.stages.currentText() == "Class names"
    assert drawn(panel, "loss") == ["Class names", "Synthesis error"]
    assert drawn(panel, "learning_rate") == ["Class names"]
    begin(recording, "detector", 2, "loss", "learning_rate")
    panel.refresh()
    assert panel.stages.currentText() == "Detector stages"
    assert drawn(panel, "loss") == ["Detector"]
    begin(recording, "cada", 3, "loss", "validation_loss")
    panel.refresh()
    assert panel.stages.currentText() == "Alignment stages"
    assert drawn(panel, "validation_score") == drawn(panel, "loss") == ["Alignment"]
    recording.take(events.Done(time=9, state="done"))
    panel.refresh()
    assert panel.stages.currentText() == "Detector stages"


def test_no_two_curves_have_the_same_dash(qtbot: QtBot) -> None:
    panel = CurvePanel()
    qtbot.addWidget(panel)
    runs = []
    for name in ("a", "b"):
        recording = Recording()
        begin(recording, "names", 1, "loss", "synthesis_error")
        runs.append(Shown(name, recording))
    panel.show_runs(runs)
    panel.stages.setCurrentIndex(panel.stages.findData("names"))
    panel.stages.activated.emit(panel.stages.currentIndex())
    assert len({curve.dash for curve in panel.plots["loss"].curves}) == 4
    assert drawn(panel, "loss")[1:3] == ["a: Synthesis error", "b: Class names"]
