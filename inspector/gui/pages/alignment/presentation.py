"""The morph over the whole window, in large type, for people who sit far away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from inspector.core.distributions import Order, ScoreSet
from inspector.core.thresholds import Confusion
from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.alignment.comparison import Comparison
from inspector.gui.pages.alignment.keys import keeps_space
from inspector.gui.pages.alignment.plots_view import MorphControls
from inspector.gui.pages.alignment.words import share
from inspector.gui.plots.distribution_morph import MorphPanel
from inspector.gui.theme import theme_of
from inspector.gui.widgets.basics import icon_button

_LINES = 44  # lines of text that the window is high
_FEW = 9  # classes that still fit in the panel's own larger type


class _Headline(QWidget):
    """A large number and what it counts."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._colour = colour
        self.number = QLabel("–")
        self.words = QLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in (self.number, self.words):
            part.setAlignment(Qt.AlignmentFlag.AlignRight)
            layout.addWidget(part)

    def set_size(self, pixels: int) -> None:
        """Type of a size; the number is larger."""
        theme = theme_of()
        big = f"font-size: {round(2.1 * pixels)}px; font-weight: 600;"
        self.number.setStyleSheet(f"{big} color: {getattr(theme, self._colour)};")
        self.words.setStyleSheet(f"font-size: {pixels}px; color: {theme.muted};")


class Presentation(QWidget):
    """Title, plot, slider, two numbers. Esc or F5 leaves; Space plays."""

    left = Signal()
    threshold_moved = Signal(str, float)
    threshold_released = Signal(str, float)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setAccessibleName(self.tr("Presentation"))
        self.panel = MorphPanel()
        self.controls = MorphControls(self.panel)
        self.title = QLabel()
        self.title.setWordWrap(True)
        self.flagged = _Headline("normal")
        self.caught = _Headline("defective")
        self.close_button = icon_button("close", self.tr("Leave the presentation (Esc)"))
        self.close_button.clicked.connect(self.left)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.flagged)
        head.addWidget(self.caught)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self._head = head
        self._layout = QVBoxLayout(self)
        self._layout.addLayout(head)
        self._layout.addWidget(self.panel, 1)
        self._layout.addWidget(self.controls)
        self.panel.morphed.connect(lambda _: self._show_counts())
        self.panel.threshold_moved.connect(self._move)
        self.panel.threshold_released.connect(
            lambda value: self.threshold_released.emit(self.panel.side(), value)
        )
        window.installEventFilter(self)
        self._place()

    def set_content(
        self, score_set: ScoreSet, raw: float, aligned: float, order: Order, titles: tuple[str, str]
    ) -> None:
        """Shows scores."""
        self.panel.set_presentation(score_set.n_classes <= _FEW)
        self.panel.set_titles(*titles)
        self.panel.set_order(order)
        self.panel.set_score_set(score_set, raw, aligned)
        self._show_counts()

    def begin(self, t: float, *, reduced_motion: bool) -> None:
        """Covers the window and takes the keyboard."""
        self.panel.set_reduced_motion(reduced_motion)
        self.panel.set_morph(t)
        self.show()
        self._place()
        self.controls.slider.setFocus(Qt.FocusReason.OtherFocusReason)

    def end(self) -> None:
        """Uncovers the window for good."""
        self.panel.stop()
        self._window.removeEventFilter(self)
        self.hide()
        self.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        return keeps_space(event) or super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(theme_of().surface))

    def _move(self, value: float) -> None:
        self._show_counts()
        self.threshold_moved.emit(self.panel.side(), value)

    def _place(self) -> None:
        """Covers the window, in type that grows with it."""
        self.setGeometry(self._window.rect())
        pixels = max(round(self.height() / _LINES), self.fontMetrics().height() * 3 // 4)
        theme = theme_of()
        self.title.setStyleSheet(
            f"font-size: {round(1.5 * pixels)}px; font-weight: 600; color: {theme.text};"
        )
        for headline in (self.flagged, self.caught):
            headline.set_size(pixels)
        font = QFont(self.panel.font())
        font.setPixelSize(pixels)
        self.panel.setFont(font)
        for control in (self.controls.raw, self.controls.aligned):
            control.setStyleSheet(f"font-size: {round(1.1 * pixels)}px;")
        self.controls.slider.setStyleSheet(
            f"QSlider {{ min-height: {2 * pixels}px; }}"
            f"QSlider::groove:horizontal {{ height: {max(4, pixels // 4)}px; }}"
            f"QSlider::handle:horizontal {{ width: {pixels}px; height: {pixels}px;"
            f" margin: -{pixels // 2}px 0; border-radius: {pixels // 2}px; }}"
        )
        self._layout.setContentsMargins(2 * pixels, round(1.2 * pixels), 2 * pixels, pixels)
        self._layout.setSpacing(pixels // 2)
        self._head.setSpacing(2 * pixels)
        for tool in (self.controls.play, self.close_button):
            tool.setStyleSheet(f"icon-size: {round(1.3 * pixels)}px;")
        self.raise_()
        # Notices come to the top where the window is resized; they wait until the end.
        QTimer.singleShot(0, self, self.raise_)

    def _show_counts(self) -> None:
        view = self.panel.view()
        if view is None:
            return
        counts = view.tally.confusion()
        has_defects = counts.tp + counts.fn > 0
        self.flagged.number.setText(_share(counts, good=True))
        self.flagged.words.setText(
            self.tr("good flagged") if has_defects else self.tr("expected false positives")
        )
        self.caught.setVisible(has_defects)
        self.caught.number.setText(_share(counts, good=False))
        self.caught.words.setText(self.tr("defects caught"))


def _share(counts: Confusion, *, good: bool) -> str:
    value = counts.false_positive_rate if good else counts.true_positive_rate
    return "–" if value is None else share(value)


class PresentationMode(QObject):
    """Enters and leaves the presentation; the window fills the screen meanwhile.

    Args:
        page: Over whose window it is shown.
        actions: Those of presentation and full screen are kept as they are.
    """

    threshold_moved = Signal(str, float)
    threshold_released = Signal(str, float)

    def __init__(self, page: QWidget, actions: ActionRegistry) -> None:
        super().__init__(page)
        self._page, self._actions = page, actions
        self._made_full = False
        self.view: Presentation | None = None

    def begin(
        self,
        comparison: Comparison,
        order: Order,
        titles: tuple[str, str],
        headline: str,
        t: float,
        reduced_motion: bool,
    ) -> None:
        """Shows a comparison over the whole window, at a place between raw and aligned."""
        if self.view is not None:
            return
        self.view = view = Presentation(self._page.window())
        view.left.connect(self.end)
        view.threshold_moved.connect(self.threshold_moved)
        view.threshold_released.connect(self.threshold_released)
        view.title.setText(headline)
        thresholds = comparison.thresholds
        view.set_content(
            comparison.score_set, thresholds["raw"], thresholds["aligned"], order, titles
        )
        full = self._actions.action("view.full_screen")
        self._made_full = not full.isChecked()
        if self._made_full:
            full.trigger()
        view.begin(t, reduced_motion=reduced_motion)
        self._actions.action("alignment.present").setChecked(True)

    def show_other(self, comparison: Comparison, order: Order, titles: tuple[str, str]) -> None:
        """Other scores, where it is entered; a line that is being dragged there is let go."""
        if self.view is not None:
            thresholds = comparison.thresholds
            self.view.set_content(
                comparison.score_set, thresholds["raw"], thresholds["aligned"], order, titles
            )

    def end(self) -> None:
        """Back to the page."""
        view, self.view = self.view, None
        if view is None:
            return
        view.end()
        full = self._actions.action("view.full_screen")
        if self._made_full and full.isChecked():
            full.trigger()
        self._actions.action("alignment.present").setChecked(False)
