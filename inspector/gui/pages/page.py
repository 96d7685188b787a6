"""What every page is: a widget over the session that knows when it is shown."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from inspector.gui.actions import ActionRegistry
from inspector.gui.session import Session


class Page(QWidget):
    """Base of the pages.

    A page listens to the session's signals, and brings itself up to date in `activate` where that
    is costly; it never reaches for another page.
    """

    def __init__(self, session: Session, actions: ActionRegistry) -> None:
        super().__init__()
        self.session = session
        self.actions_table = actions

    def activate(self) -> None:
        """The page is shown now."""

    def deactivate(self) -> None:
        """Another page is shown now."""

    def show_images(self, image_ids: list[int]) -> None:
        """Some other place leads here with these images."""

    def compare_models(self, old: int, new: int) -> None:
        """Some other place leads here to compare two models, by their ids."""

    def main_focus(self) -> QWidget:
        """What gets the keyboard when the page is shown."""
        return self
