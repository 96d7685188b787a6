"""Below the plots: the numbers of each class, or the images that were chosen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout

from inspector.gui.icons import icon
from inspector.gui.pages.alignment.chosen_images import MOST_SHOWN, ChosenImage, ChosenImages
from inspector.gui.pages.alignment.class_table import ClassTable
from inspector.gui.theme import em
from inspector.gui.thumbnails import Thumbnails
from inspector.gui.widgets.basics import Segments, button, icon_button, label

CLASSES, IMAGES = "classes", "images"

_ANY_HEIGHT = 16_777_215  # as Qt's QWIDGETSIZE_MAX


class Drawer(QFrame):
    """Two tabs; choosing images opens the second. Closed, only the tabs are seen."""

    review_wanted = Signal(list)
    cleared = Signal()
    toggled = Signal()  # a person wants it open, or closed

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.table = ClassTable()
        self.images = ChosenImages(thumbnails)
        self.tabs = Segments(
            [(CLASSES, self.tr("Classes")), (IMAGES, self.tr("Chosen images"))],
            self.tr("What to show below the plots"),
        )
        self.hint = label("", "muted")
        self.heat = icon_button("heat-map", self.tr("Show or hide the heat maps"), checkable=True)
        self.heat.setChecked(True)
        self.clear = button(self.tr("Clear"), "plain")
        self.review = button(self.tr("Review them"), "", "review")
        self.fold = icon_button("chevron-down", self.tr("Close"))
        self._ids: list[int] = []
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.images)
        head = QHBoxLayout()
        head.setSpacing(em(self, 0.5))
        head.addWidget(self.tabs)
        head.addWidget(self.hint, 1)
        for part in (self.heat, self.clear, self.review, self.fold):
            head.addWidget(part)
        layout = QVBoxLayout(self)
        gap = em(self, 0.35)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.3))
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)
        self.tabs.chosen.connect(self._choose_tab)
        self.heat.toggled.connect(self.images.set_heat_shown)
        self.clear.clicked.connect(self.cleared)
        self.review.clicked.connect(lambda: self.review_wanted.emit(self._ids))
        self.images.opened.connect(self.review_wanted)
        self.fold.clicked.connect(self.toggled)
        self.show_tab(CLASSES)

    @property
    def tab(self) -> str:
        """The tab that is shown."""
        return self.tabs.value

    @property
    def has_images(self) -> bool:
        """Whether images are chosen."""
        return bool(self._ids)

    @property
    def is_open(self) -> bool:
        """Whether more than the tabs is seen."""
        return not self._stack.isHidden()

    def set_open(self, opened: bool) -> None:
        """Opens or closes it."""
        self._stack.setVisible(opened)
        self.fold.setIcon(icon("chevron-down" if opened else "chevron-up"))
        name = self.tr("Close") if opened else self.tr("Open")
        self.fold.setToolTip(name)
        self.fold.setAccessibleName(name)
        self.setMaximumHeight(_ANY_HEIGHT if opened else self.minimumSizeHint().height())

    def show_tab(self, tab: str) -> None:
        """Shows a tab."""
        self.tabs.set_value(tab)
        self._stack.setCurrentWidget(self.table if tab == CLASSES else self.images)
        for part in (self.heat, self.clear, self.review):
            part.setVisible(tab == IMAGES and self.has_images)
        self.hint.setText(self._hint(tab))

    def set_images(self, image_ids: list[int], images: list[ChosenImage]) -> None:
        """Shows the chosen images; goes back to the classes where there are none."""
        self._ids = image_ids
        self.images.set_images(images)
        count = len(image_ids)
        self.tabs.button_of(IMAGES).setText(
            self.tr("Chosen images ({0})").format(count) if count else self.tr("Chosen images")
        )
        self.show_tab(IMAGES if count else CLASSES)

    def _choose_tab(self, tab: str) -> None:
        self.show_tab(tab)
        if not self.is_open:
            self.toggled.emit()

    def _hint(self, tab: str) -> str:
        if tab == CLASSES or not self._ids:
            return self.tr("Drag over a region of the plot, or click a mark, to see its images.")
        if len(self._ids) > MOST_SHOWN:
            return self.tr("The {0} with the highest aligned scores").format(MOST_SHOWN)
        return self.tr("Highest aligned score first")
