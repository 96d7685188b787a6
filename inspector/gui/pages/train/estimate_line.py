"""How long the training will take, in words, and what that rests on."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from inspector.gui.background import Task
from inspector.gui.pages.train.words import rough_duration
from inspector.gui.session import Session
from inspector.gui.widgets.basics import IconLabel, label, row
from inspector.project.estimates import Asked, Basis, Estimate, Pace, estimate, paces


class EstimateLine(QWidget):
    """Reads the paces of earlier runs once; asking again is then cheap."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._paces: list[Pace] | None = None
        self._asked: Asked | None = None
        self.time = label("", "headline")
        self.basis = label("", "muted", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(row(IconLabel("clock", "muted", 1.1), self.time, None))
        layout.addWidget(self.basis)

    def show_for(self, asked: Asked) -> None:
        """Says how long this would take."""
        self._asked = asked
        if self._paces is None:
            self._read()
        else:
            self._say(estimate(asked, self._paces))

    def show_nothing(self, n_images: int) -> None:
        """It cannot start: no time is said."""
        self._asked = None
        self.time.setText("–")
        self.basis.setText(self.tr("{count} normal images").format(count=n_images))

    def forget(self) -> None:
        """Runs have been added or ended."""
        self._paces = None
        if self._asked is not None:
            self._read()

    def _read(self) -> None:
        project = self._session.project
        if project is None:
            return

        def work(task: Task) -> list[Pace]:
            with project.reopened() as own:
                return paces(own)

        def done(found: list[Pace]) -> None:
            if isValid(self) and project is self._session.project:
                self._paces = found
                if self._asked is not None:
                    self._say(estimate(self._asked, found))

        self._session.background.run(work, done, key=f"train.paces.{id(self)}")

    def _say(self, found: Estimate) -> None:
        assert self._asked is not None
        n_images = self._asked.n_images
        if found.seconds is None:
            self.time.setText(self.tr("Time not known yet"))
            text = self.tr(
                "{count} normal images. How long it takes is known after the first run here with "
                "this backbone and device."
            )
        else:
            self.time.setText(_begun(rough_duration(found.seconds)))
            text = self.tr("{count} normal images. Scaled from run {run}, which differed in size.")
            if found.basis is Basis.SAME:
                text = self.tr("{count} normal images. Judged by run {run}, which was alike.")
        self.basis.setText(text.format(count=n_images, run=found.run_id))


def _begun(text: str) -> str:
    """A sentence's beginning."""
    return text[:1].upper() + text[1:]
