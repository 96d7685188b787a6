"""The switch between painting and the bank; one stands in each of the two."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from inspector.gui.actions import ActionRegistry
from inspector.gui.widgets.basics import Segments


def mode_switch(actions: ActionRegistry) -> Segments:
    """Chooses between "paint" and "bank"."""
    translate = QCoreApplication.translate
    name = translate("ModeSwitch", "Paint, or see what is in the bank ({key})").format(
        key=actions.shown_keys("annotate.bank")
    )
    choices = [
        ("paint", translate("ModeSwitch", "Paint")),
        ("bank", translate("ModeSwitch", "Bank")),
    ]
    made = Segments(choices, name)
    for value, _ in choices:
        made.button_of(value).setToolTip(name)
    return made
