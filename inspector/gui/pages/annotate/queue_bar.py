"""Above the canvas: which images are in the queue, and how far it is."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QMenu

from inspector.gui.actions import ActionRegistry
from inspector.gui.icons import icon
from inspector.gui.pages.annotate.annotate_queue import Wish
from inspector.gui.pages.review.words import count
from inspector.gui.theme import em
from inspector.gui.widgets.basics import action_button, button, label


class QueueBar(QFrame):
    """Classes, whether annotated images are left out, and the place in the queue."""

    wish_wanted = Signal(object)  # Wish

    def __init__(self, actions: ActionRegistry) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self._wish = Wish()
        self._class_names: tuple[str, ...] = ()
        self.classes = button("", icon_name="filter")
        self._menu = QMenu(self)
        self.classes.setMenu(self._menu)
        self.only_open = QCheckBox(self.tr("Without annotation only"))
        self.only_open.clicked.connect(
            lambda checked: self.wish_wanted.emit(replace(self._wish, only_open=checked))
        )
        self.chosen = button("", icon_name="close")
        self.chosen.setToolTip(self.tr("Back to the whole queue"))
        self.chosen.clicked.connect(lambda: self.wish_wanted.emit(replace(self._wish, chosen=None)))
        self.place = label("", "headline")
        self.annotated = label("", "muted")
        layout = QHBoxLayout(self)
        gap = em(self, 0.5)
        layout.setContentsMargins(gap, gap // 2, gap, gap // 2)
        layout.setSpacing(em(self, 0.4))
        for widget in (self.classes, self.only_open, self.chosen):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self.annotated)
        layout.addWidget(self.place)
        for name in ("previous", "next"):
            layout.addWidget(action_button(actions.action(f"annotate.{name}")))

    def show_wish(self, wish: Wish, class_names: tuple[str, ...]) -> None:
        """Shows what the queue is made of."""
        self._wish = wish
        is_chosen = wish.chosen is not None
        self.chosen.setVisible(is_chosen)
        self.only_open.setVisible(not is_chosen)
        self.only_open.setChecked(wish.only_open)
        self.classes.setVisible(not is_chosen and len(class_names) > 1)
        if wish.chosen is not None:
            text = self.tr("Chosen images: {count}").format(count=count(len(wish.chosen)))
            self.chosen.setText(text)
        if class_names != self._class_names:
            self._class_names = class_names
            self._fill_menu()
        self._show_classes()

    def show_progress(self, position: int, total: int, n_annotated: int) -> None:
        """How far the queue is."""
        self.place.setText(f"{count(position + 1)} / {count(total)}" if total else "")
        text = self.tr("Annotated: {count}").format(count=count(n_annotated))
        self.annotated.setText(text if total else "")

    def _fill_menu(self) -> None:
        self._menu.clear()
        every = self._menu.addAction(self.tr("All classes"))
        every.triggered.connect(lambda: self._want(None))
        self._menu.addSeparator()
        for name in self._class_names:
            made = self._menu.addAction(name or self.tr("No class"))
            made.setData(name)
            made.setCheckable(True)
            made.triggered.connect(lambda checked, name=name: self._choose(name, checked))

    def _choose(self, name: str, wanted: bool) -> None:
        """The first class that is chosen stands alone; the last one left out means all."""
        chosen = set(self._wish.classes or ())
        (chosen.add if wanted else chosen.discard)(name)
        self._want(frozenset(chosen) or None)

    def _want(self, classes: frozenset[str] | None) -> None:
        self.wish_wanted.emit(replace(self._wish, classes=classes))

    def _show_classes(self) -> None:
        chosen = self._wish.classes
        for action in self._menu.actions():
            if action.isCheckable():
                action.setChecked(chosen is not None and action.data() in chosen)
        if chosen is None:
            self.classes.setText(self.tr("All classes"))
        elif len(chosen) == 1:
            elide = Qt.TextElideMode.ElideMiddle
            name = next(iter(chosen)) or self.tr("No class")
            self.classes.setText(self.fontMetrics().elidedText(name, elide, em(self, 8)))
        else:
            self.classes.setText(self.tr("{count} classes").format(count=count(len(chosen))))
        self.classes.setIcon(icon("filter"))
