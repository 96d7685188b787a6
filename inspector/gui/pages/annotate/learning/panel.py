"""The part "Learning at once" of the Annotate page: a switch, its state, and what it changed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QPixmap
from PySide6.QtWidgets import QCheckBox, QProgressBar, QVBoxLayout, QWidget

from inspector.gui.learning import Learning, Phase
from inspector.gui.pages.annotate.learning.changes import ChangedImage, ChangedList
from inspector.gui.pages.annotate.learning.words import LearningWords
from inspector.gui.pages.review.badge import Badge
from inspector.gui.pages.review.words import Mark
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, label


class LearningPanel(QWidget):
    """Shows; `LearnAlong` tells it what."""

    train_wanted = Signal()

    def __init__(
        self,
        words: LearningWords,
        switch: QAction,
        now: QAction,
        picture: Callable[[int, int], QPixmap | None],
    ) -> None:
        """`switch` turns learning on and off, `now` learns once; `picture` is `ChangedList`'s."""
        super().__init__()
        self._words = words
        self.switch = QCheckBox(switch.text())
        self.switch.setToolTip(switch.toolTip())
        self.switch.setChecked(switch.isChecked())
        self.switch.clicked.connect(switch.trigger)
        switch.toggled.connect(self.switch.setChecked)
        self.state = label("", "muted", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(em(self, 0.35))
        self.bar.setAccessibleName(self.tr("Images scored with what was learned"))
        self.now = button(self.tr("Learn now"), icon_name="play")
        self.now.clicked.connect(now.trigger)
        self.train = button(self.tr("Go to Train"), icon_name="train")
        self.train.clicked.connect(self.train_wanted)
        self.current = label("", wrap=True)
        self.current_mark = Badge(0.9)
        self.heading = label(self.tr("Changed most"), "section")
        self.images = ChangedList(picture)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.35))
        layout.addWidget(label(self.tr("Learning at once"), "section"))
        for widget in (
            self.switch,
            self.state,
            self.bar,
            self.now,
            self.train,
            self.current,
            self.current_mark,
            self.heading,
            self.images,
        ):
            layout.addWidget(widget)
        self.show_current("", None)
        self.show_images([])

    def show_state(self, learning: Learning, *, is_on: bool, n_painted: int) -> None:
        """What it is doing."""
        can, is_scoring = learning.can_learn, learning.phase is Phase.SCORING
        self.switch.setVisible(can)
        self.train.setVisible(not can)
        self.bar.setVisible(can and is_scoring)
        self.bar.setRange(0, max(learning.total, 1))
        self.bar.setValue(learning.done)
        is_idle = learning.phase in (Phase.IDLE, Phase.FAILED)
        self.now.setVisible(can and is_idle and bool(learning.n_unlearned))
        if can:
            text = self._words.state(learning, is_on=is_on, n_painted=n_painted)
        else:
            text = self.tr(
                "The active model does not learn from painted defects. One of the method DMAD does."
            )
        self.state.setText(text)

    def show_current(self, scores: str, mark: Mark | None) -> None:
        """What became of the image on the canvas; empty where nothing did."""
        self.current.setText(self.tr("This image: {scores}").format(scores=scores))
        self.current.setVisible(bool(scores))
        self.current_mark.setVisible(bool(scores) and mark is not None)
        if mark is not None:
            self.current_mark.show_mark(mark)

    def show_images(self, rows: list[ChangedImage]) -> None:
        """The images that changed most."""
        self.heading.setVisible(bool(rows))
        self.images.setVisible(bool(rows))
        self.images.show_rows(rows)
