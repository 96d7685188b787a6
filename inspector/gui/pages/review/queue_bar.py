"""Above the image: what the queue is made of, and how far it is."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QHBoxLayout, QMenu, QPushButton

from inspector.core.review_order import Band, Order
from inspector.gui.icons import icon
from inspector.gui.pages.review.review_queue import Criteria
from inspector.gui.pages.review.words import ReviewWords, count
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button


class QueueBar(QFrame):
    """Order, classes, bands, and whether images that have a verdict are left out."""

    criteria_wanted = Signal(object)  # Criteria

    def __init__(self, words: ReviewWords) -> None:
        super().__init__()
        self._words = words
        self._criteria = Criteria()
        self._class_names: tuple[str, ...] = ()
        self.setProperty("role", "bar")
        self.order = QComboBox()
        self.order.setAccessibleName(self.tr("Order of the queue"))
        for order, text in words.orders.items():
            self.order.addItem(text, order)
        self.order.activated.connect(self._choose_order)
        self.classes = button("", icon_name="filter")
        self._menu = QMenu(self)
        self.classes.setMenu(self._menu)
        self.bands = {band: self._band_button(band) for band in Band}
        self.only_open = QCheckBox(self.tr("Without verdict only"))
        self.only_open.clicked.connect(
            lambda checked: self._want(replace(self._criteria, only_open=checked))
        )
        self.chosen = button("", icon_name="close")
        self.chosen.setToolTip(self.tr("Back to the whole queue"))
        self.chosen.clicked.connect(lambda: self._want(replace(self._criteria, chosen=None)))
        layout = QHBoxLayout(self)
        gap = em(self, 0.5)
        layout.setContentsMargins(gap, gap // 2, gap, gap // 2)
        layout.setSpacing(em(self, 0.4))
        for widget in (self.order, self.classes, *self.bands.values(), self.only_open, self.chosen):
            layout.addWidget(widget)
        layout.addStretch(1)

    def show_criteria(self, criteria: Criteria, class_names: tuple[str, ...]) -> None:
        """Shows what the queue is made of."""
        self._criteria = criteria
        self.order.setCurrentIndex(self.order.findData(criteria.order))
        for band, made in self.bands.items():
            made.setChecked(band in criteria.bands)
        self.only_open.setChecked(criteria.only_open)
        is_chosen = criteria.chosen is not None
        self.chosen.setVisible(is_chosen)
        for widget in (self.classes, self.only_open, *self.bands.values()):
            widget.setVisible(not is_chosen)
        if criteria.chosen is not None:
            self.chosen.setText(
                self.tr("Chosen images: {count}").format(count=count(len(criteria.chosen)))
            )
        if class_names != self._class_names:
            self._class_names = class_names
            self._fill_menu()
        self._show_classes()

    def show_counts(self, counts: dict[Band, int]) -> None:
        """How many images lie in each band."""
        for band, made in self.bands.items():
            made.setText(f"{self._words.bands[band].word} {count(counts.get(band, 0))}")

    def _band_button(self, band: Band) -> QPushButton:
        mark = self._words.bands[band]
        made = button(mark.word, icon_name=mark.icon)
        made.setCheckable(True)
        made.setToolTip(self._words.decisions[band].word)
        made.clicked.connect(self._choose_bands)
        return made

    def _choose_order(self, index: int) -> None:
        self._want(replace(self._criteria, order=Order(self.order.itemData(index))))

    def _choose_bands(self) -> None:
        bands = frozenset(band for band, made in self.bands.items() if made.isChecked())
        self._want(replace(self._criteria, bands=bands))

    def _fill_menu(self) -> None:
        self._menu.clear()
        every = self._menu.addAction(self.tr("All classes"))
        every.triggered.connect(lambda: self._want(replace(self._criteria, classes=None)))
        self._menu.addSeparator()
        for name in self._class_names:
            made = self._menu.addAction(self._words.class_name(name))
            made.setData(name)
            made.setCheckable(True)
            made.triggered.connect(lambda checked, name=name: self._choose_class(name, checked))

    def _choose_class(self, name: str, wanted: bool) -> None:
        """The first class that is chosen stands alone; the last one left out means all."""
        chosen = set(self._criteria.classes or ())
        (chosen.add if wanted else chosen.discard)(name)
        classes = frozenset(chosen) if chosen else None
        self._want(replace(self._criteria, classes=classes))

    def _show_classes(self) -> None:
        chosen = self._criteria.classes
        for action in self._menu.actions():
            if action.isCheckable():
                action.setChecked(chosen is not None and action.data() in chosen)
        if chosen is None:
            self.classes.setText(self.tr("All classes"))
        elif len(chosen) == 1:
            name = self._words.class_name(next(iter(chosen)))
            elide = Qt.TextElideMode.ElideMiddle
            self.classes.setText(self.fontMetrics().elidedText(name, elide, em(self, 8)))
        else:
            self.classes.setText(self.tr("{count} classes").format(count=count(len(chosen))))
        self.classes.setIcon(icon("filter"))

    def _want(self, criteria: Criteria) -> None:
        self.criteria_wanted.emit(criteria)
