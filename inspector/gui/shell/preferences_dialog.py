"""Preferences: every change shows at once; there is nothing to apply."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.preferences import MAX_ZOOM, MIN_ZOOM, ZOOM_STEP, Preferences
from inspector.gui.theme import em
from inspector.gui.widgets.basics import Segments, button, icon_button, label


class PreferencesDialog(QDialog):
    """Theme, type size, motion, and the name beside verdicts."""

    def __init__(self, window: QWidget, preferences: Preferences) -> None:
        super().__init__(window)
        self._preferences = preferences
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Preferences"))
        self.theme = Segments(
            (("light", self.tr("Light")), ("dark", self.tr("Dark"))), self.tr("Theme")
        )
        self.theme.chosen.connect(self._set_theme)
        self.smaller = icon_button("minus", self.tr("Smaller type"))
        self.larger = icon_button("plus", self.tr("Larger type"))
        self.type_size = label("")
        self.type_size.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.smaller.clicked.connect(lambda: self._change_zoom(-ZOOM_STEP))
        self.larger.clicked.connect(lambda: self._change_zoom(ZOOM_STEP))
        self.operator = QLineEdit(preferences.operator)
        self.operator.setAccessibleName(self.tr("Operator"))
        self.operator.editingFinished.connect(self._set_operator)
        self.motion = QCheckBox(self.tr("Leave out animations"))
        self.motion.setChecked(preferences.reduced_motion)
        self.motion.toggled.connect(self._set_motion)
        self.close_button = button(self.tr("Close"), "primary")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.accept)
        self._layout = QVBoxLayout(self)
        self._grid = self._rows()
        self._layout.addLayout(self._grid)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        self._layout.addLayout(foot)
        self._layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        preferences.appearance_changed.connect(self._show)
        self._fit()
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_grid"):
            self._fit()

    def done(self, result: int) -> None:
        """Whatever way it is closed, what was typed counts."""
        self._set_operator()
        self._preferences.save()
        super().done(result)

    def _rows(self) -> QGridLayout:
        grid = QGridLayout()
        size = QHBoxLayout()
        for widget in (self.smaller, self.type_size, self.larger):
            size.addWidget(widget)
        size.addStretch(1)
        theme = QHBoxLayout()
        theme.addWidget(self.theme)
        theme.addStretch(1)
        grid.addWidget(label(self.tr("Theme")), 0, 0)
        grid.addLayout(theme, 0, 1)
        grid.addWidget(label(self.tr("Type size")), 1, 0)
        grid.addLayout(size, 1, 1)
        grid.addWidget(label(self.tr("Motion")), 2, 0)
        grid.addWidget(self.motion, 2, 1)
        grid.addWidget(label(self.tr("Operator")), 3, 0)
        grid.addWidget(self.operator, 3, 1)
        note = label(self.tr("This name is written beside every verdict."), "muted", wrap=True)
        grid.addWidget(note, 4, 1)
        return grid

    def _fit(self) -> None:
        gap = em(self, 1.2)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._layout.setSpacing(em(self, 1))
        self._grid.setHorizontalSpacing(em(self, 1.5))
        self._grid.setVerticalSpacing(em(self, 0.7))
        self.operator.setMinimumWidth(em(self, 20))
        self.type_size.setMinimumWidth(em(self, 4))

    def _show(self) -> None:
        preferences = self._preferences
        self.theme.set_value(preferences.theme)
        self.type_size.setText(self.tr("{n} %").format(n=f"{100 * preferences.zoom:.0f}"))
        self.smaller.setEnabled(preferences.zoom > MIN_ZOOM)
        self.larger.setEnabled(preferences.zoom < MAX_ZOOM)

    def _set_theme(self, name: str) -> None:
        self._preferences.theme = name

    def _change_zoom(self, step: float) -> None:
        self._preferences.zoom += step

    def _set_motion(self, left_out: bool) -> None:
        self._preferences.reduced_motion = left_out

    def _set_operator(self) -> None:
        if self.operator.text().strip() != self._preferences.operator:
            self._preferences.operator = self.operator.text()
