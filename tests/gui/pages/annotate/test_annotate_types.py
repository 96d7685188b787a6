"""Types of defects on the Annotate page: each with masks, a look and a name of its own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.session import Session

from .hand import assert_stored, drag, mask_of, press

Key, Button = Qt.Key, Qt.MouseButton
CONTROL = Qt.KeyboardModifier.ControlModifier


def test_types_by_digit_with_masks_of_their_own(page: AnnotatePage, folder: Path) -> None:
    press(page, Key.Key_N)
    QTest.keyClicks(page.parts.types.name, "Scratch")
    QTest.keyClick(page.parts.types.name, Key.Key_Return)
    page.painting.add_type("Dent")
    scratch, dent = page.painting.types
    assert (scratch.name, dent.name) == ("Scratch", "Dent")
    assert scratch.pattern != dent.pattern
    press(page, Key.Key_1)
    drag(page, (10, 10))
    press(page, Key.Key_2)
    drag(page, (50, 50))
    assert mask_of(page)[50, 50]
    assert not mask_of(page)[10, 10]
    press(page, Key.Key_9)  # there is none: nothing happens
    assert page.painting.type_id == dent.type_id
    press(page, Key.Key_Z, CONTROL)
    press(page, Key.Key_Z, CONTROL)  # of whichever type they were
    assert not any(draft.mask.any() for draft in page.painting.drafts.values())
    assert_stored(page, folder)


def test_types_are_hidden_recoloured_renamed_and_removed(page: AnnotatePage) -> None:
    made = page.painting.add_type("Scratch")
    assert made is not None
    drag(page, (10, 10))
    row = page.parts.types.rows[made.type_id]
    QTest.mouseClick(row.visible, Button.LeftButton)
    assert not page.masks.layers[made.type_id].isVisible()
    QTest.mouseClick(row.visible, Button.LeftButton)
    assert page.masks.layers[made.type_id].isVisible()
    press(page, Key.Key_V)
    assert not page.masks.layers[made.type_id].isVisible()
    press(page, Key.Key_V)
    row.colours.actions()[3].trigger()
    page.parts.types.rows[made.type_id].patterns.actions()[2].trigger()
    page.parts.types.rows[made.type_id].rename.trigger()
    page.parts.types.name.setText("Deep scratch")
    QTest.keyClick(page.parts.types.name, Key.Key_Return)
    (changed,) = page.painting.types
    assert (changed.name, changed.colour, changed.pattern) == ("Deep scratch", "#cc79a7", "dots")
    page.parts.types.rows[made.type_id].remove.trigger()  # it was painted with
    assert page.painting.types == (changed,)
    other = page.painting.add_type("Dent")
    assert other is not None
    page.parts.types.rows[other.type_id].remove.trigger()
    assert page.painting.types == (changed,)


def test_a_name_that_is_taken_is_told(page: AnnotatePage, session: Session) -> None:
    page.painting.add_type("Scratch")
    assert page.painting.add_type("scratch") is None
    assert "already" in session.notices.history[-1].text
