"""The stages of a run, each with its state and the time that it took."""

from __future__ import annotations

import time

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from inspector.gui.pages.train.recording import Recording, StageRecord
from inspector.gui.pages.train.words import duration, stage_title
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, label

_LOOKS = {
    "done": ("check", "ok"),
    "running": ("play", "accent"),
    "waiting": ("clock", "muted"),
    "ended": ("minus", "unsure"),
}


class StageList(QWidget):
    """One line for each stage: state, title, time. `running` is the one under way, if any."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(em(self, 0.45))
        self._grid.setVerticalSpacing(em(self, 0.28))
        self._grid.setColumnStretch(1, 1)
        self._lines: list[tuple[IconLabel, QLabel, QLabel]] = []
        self.running: QWidget | None = None

    def show_recording(self, recording: Recording, *, is_training: bool, is_live: bool) -> None:
        """Shows how far a run is; stages that are still to come where they are known."""
        names = list(recording.plan) if is_training else []
        known = {stage.name: stage for stage in recording.stages}
        names += [name for name in known if name not in names]
        self.running = None
        self._make_lines(len(names))
        for line, name in zip(self._lines, names, strict=True):
            self._show_line(line, name, known.get(name), recording, is_live=is_live)

    def _make_lines(self, count: int) -> None:
        while len(self._lines) > count:
            for widget in self._lines.pop():
                self._grid.removeWidget(widget)
                widget.deleteLater()
        while len(self._lines) < count:
            place = len(self._lines)
            line = (IconLabel("clock", "muted", 1.0), label(), label("", "muted"))
            for column, part in enumerate(line):
                self._grid.addWidget(part, place, column)
                part.show()  # at once: a layout leaves out what is not shown yet
            self._lines.append(line)
            self._grid.setRowStretch(place, 0)
        self._grid.setRowStretch(count, 1)

    def _show_line(
        self,
        line: tuple[IconLabel, QLabel, QLabel],
        name: str,
        stage: StageRecord | None,
        recording: Recording,
        *,
        is_live: bool,
    ) -> None:
        icon, title, taken = line
        state = "waiting"
        if stage is not None and stage.is_over:
            state = "done"
        elif stage is not None and stage is recording.current:
            state = "running" if is_live else "ended"
        words = {
            "done": self.tr("Done"),
            "running": self.tr("Under way"),
            "waiting": self.tr("To come"),
            "ended": self.tr("Ended here"),
        }
        icon.set_icon(*_LOOKS[state])
        icon.setToolTip(words[state])
        icon.setAccessibleName(words[state])
        text = stage_title(name, stage.title if stage else "")
        title.setText(text)
        role = "muted" if state == "waiting" else ""
        if title.property("role") != role:
            title.setProperty("role", role)
            title.style().polish(title)
        font = title.font()
        font.setBold(state == "running")
        title.setFont(font)
        if state == "running":
            self.running = title
        now = time.time() if state == "running" else None
        shown = duration(stage.time_taken(now)) if stage is not None and state != "waiting" else ""
        taken.setText(shown)
