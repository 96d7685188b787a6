"""What a run said, in lines to read and copy, followed by the end of its worker's own log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit

from inspector.gui.pages.train.recording import LogLine, Recording
from inspector.gui.pages.train.words import clock, state_word

WORKER_LOG = "worker.log"
_TAIL_BYTES = 64 * 1024


class LogView(QPlainTextEdit):
    """Read-only; stays at the end while it is there."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setAccessibleName(self.tr("Log of the run"))
        self.setPlaceholderText(self.tr("The run has said nothing yet."))
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPointSizeF(self.font().pointSizeF())
        self.document().setDefaultFont(fixed)
        self._state: object = None

    def show_runs(self, runs: Sequence[tuple[Path, Recording]]) -> None:
        """Shows the lines of some runs; does nothing where nothing is new."""
        state = [(folder, len(found.log), _size(folder)) for folder, found in runs]
        if state == self._state:
            return
        self._state = state
        bar = self.verticalScrollBar()
        was_at_end, kept = bar.value() >= bar.maximum(), bar.value()
        self.setPlainText("\n\n".join(self._text(*run) for run in runs))
        bar.setValue(bar.maximum() if was_at_end else kept)

    def _text(self, folder: Path, recording: Recording) -> str:
        lines = [f"{clock(line.time)}  {self._words(line)}" for line in recording.log]
        said = worker_log(folder)
        if said:
            lines += ["", self.tr("From {file}:").format(file=folder / WORKER_LOG), said]
        return "\n".join(lines)

    def _words(self, line: LogLine) -> str:
        match line.kind:
            case "state":
                return state_word(line.text)
            case "error":
                return self.tr("Error: {text}").format(text=line.text)
            case "note":
                return self.tr("Note: {text}").format(text=line.text)
            case _:
                return line.text


def worker_log(folder: Path) -> str:
    """The end of what the worker wrote to its standard error; empty if there is nothing."""
    try:
        with (folder / WORKER_LOG).open("rb") as file:
            file.seek(max(file.seek(0, 2) - _TAIL_BYTES, 0))
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _size(folder: Path) -> int:
    try:
        return (folder / WORKER_LOG).stat().st_size
    except OSError:
        return 0
