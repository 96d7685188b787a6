"""The navigation rail: the pages in the order of the work."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout

from inspector.gui.actions import ActionRegistry
from inspector.gui.icons import icon
from inspector.gui.pages.registry import PAGES
from inspector.gui.theme import em


class Rail(QFrame):
    """One button for each page, its icon above its name."""

    def __init__(self, registry: ActionRegistry) -> None:
        super().__init__()
        self.setProperty("role", "rail")
        self.setAccessibleName(self.tr("Pages"))
        self._buttons: dict[str, QToolButton] = {}
        layout = QVBoxLayout(self)
        for entry in PAGES:
            action = registry.action(f"go.{entry.name}")
            button = QToolButton()
            button.setText(action.text())
            button.setIcon(icon(entry.icon))
            button.setToolTip(action.toolTip())
            button.setAccessibleName(action.text())
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.setProperty("kind", "rail")
            button.clicked.connect(action.trigger)
            layout.addWidget(button)
            self._buttons[entry.name] = button
        layout.addStretch(1)
        self._fit()

    def set_current(self, name: str) -> None:
        """Marks the page that is shown."""
        self._buttons[name].setChecked(True)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        gap = em(self, 0.3)
        layout = self.layout()
        assert layout is not None
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.15))
        metrics = self.fontMetrics()
        widest = max(metrics.horizontalAdvance(button.text()) for button in self._buttons.values())
        for button in self._buttons.values():
            button.setIconSize(QSize(em(self, 1.3), em(self, 1.3)))
            button.setMinimumSize(em(self, 1.3) + widest, em(self, 3.3))
