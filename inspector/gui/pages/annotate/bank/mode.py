"""The page shows the canvas or the bank: the switch between them, by mouse and by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from inspector.gui.pages.annotate.bank.facts import PaintedMask
from inspector.gui.pages.annotate.bank.switch import mode_switch

if TYPE_CHECKING:
    from inspector.gui.pages.annotate.bank.room import BankRoom
    from inspector.gui.pages.annotate.page import AnnotatePage


class BankMode(QObject):
    """Makes the bank's view when it is first wanted, as it loads slowly."""

    def __init__(self, page: AnnotatePage) -> None:
        super().__init__(page)
        self._page = page
        self._is_on, self._is_active = False, False
        self.room: BankRoom | None = None
        self.switch = mode_switch(page.actions_table)
        bar = page.parts.bar.layout()
        assert isinstance(bar, QHBoxLayout)
        bar.insertWidget(0, self.switch)
        self.switch.chosen.connect(self._on_switch)
        actions = page.actions_table
        self._action = actions.bind("annotate.bank", lambda: self.show(not self._is_on))
        actions.bind("annotate.paint", lambda: self.show(False))

    @property
    def is_on(self) -> bool:
        """Whether the bank is shown."""
        return self._is_on

    def activate(self) -> None:
        """The page is shown."""
        self._is_active = True
        if self._is_on:
            self._enter()

    def deactivate(self) -> None:
        """Another page is shown: nothing is computed any more."""
        self._is_active = False
        if self.room is not None:
            self.room.leave()

    def focus(self) -> QWidget | None:
        """What gets the keyboard; None while one paints."""
        return self.room.view.masks if self._is_on and self.room is not None else None

    def show(self, on: bool) -> None:
        """Shows the bank, or the canvas."""
        if on != self._is_on:
            self._is_on = on
            self._enter() if on else self._leave()
        self._action.setChecked(self._is_on)
        self.switch.set_value("bank" if self._is_on else "paint")
        if self.room is not None:
            self.room.view.switch.set_value("bank" if self._is_on else "paint")

    def go_to(self, mask: PaintedMask) -> None:
        """Paints on a mask's image, with its defect type."""
        page, image_id = self._page, mask.annotation.image_id
        self.show(False)
        places = (page.queue.ids == image_id).nonzero()[0]
        if len(places):
            page.queue.jump(int(places[0]))
        else:
            page.show_images([image_id])
        page.painting.choose_type(mask.annotation.type_id)

    def _on_switch(self, value: str) -> None:
        self.show(value == "bank")

    def _enter(self) -> None:
        page = self._page
        page.stage.clear()  # ends the stroke; versions are cut, so that the bank knows them
        room = self._made()
        page.parts.modes.setCurrentWidget(room.view)
        if self._is_active:
            page.actions_table.set_page("annotate", "bank")
            room.enter()
            room.view.masks.setFocus(Qt.FocusReason.OtherFocusReason)

    def _leave(self) -> None:
        page = self._page
        if self.room is not None:
            self.room.leave()
        page.parts.modes.setCurrentIndex(0)
        page.actions_table.set_page("annotate")
        page.stage.clear()  # it may have been made ready meanwhile, and masks were removed
        page.stage.show_current()
        page.main_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    def _made(self) -> BankRoom:
        if self.room is None:
            from inspector.gui.pages.annotate.bank.room import BankRoom

            page = self._page
            self.room = BankRoom(
                page.session, page.actions_table, page.pictures, page.thumbnails, self
            )
            self.room.mask_wanted.connect(self.go_to)
            self.room.paint_wanted.connect(lambda: self.show(False))
            self.room.repainted.connect(self._on_repainted)
            self.room.view.switch.chosen.connect(self._on_switch)
            page.parts.modes.addWidget(self.room.view)
        return self.room

    def _on_repainted(self, image_id: int, is_painted: bool) -> None:
        """A mask was removed, or has come back."""
        annotated = self._page.painting.annotated
        (annotated.add if is_painted else annotated.discard)(image_id)
