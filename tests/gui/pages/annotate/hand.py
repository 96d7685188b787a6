"""What a hand does on the Annotate page, and what is shown and stored of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.project.project import Project

Button = Qt.MouseButton
NONE = Qt.KeyboardModifier.NoModifier
Mask = NDArray[np.bool_]


def ready(page: AnnotatePage, qtbot: QtBot) -> int:
    """Waits until the queue's image is on the canvas; its id."""
    qtbot.waitUntil(lambda: page.painting.image_id == page.queue.current is not None)
    assert page.painting.image_id is not None
    return page.painting.image_id


def at(page: AnnotatePage, x: float, y: float) -> QPoint:
    """Where on the canvas an image point lies."""
    place = page.parts.view.place
    assert place is not None
    seen = place.to_view((x, y))
    return QPoint(round(seen[0]), round(seen[1]))


def drag(
    page: AnnotatePage,
    *points: tuple[float, float],
    button: Qt.MouseButton = Button.LeftButton,
    held: Qt.KeyboardModifier = NONE,
    release: bool = True,
) -> list[tuple[float, float]]:
    """A stroke with the mouse; the image points that it really went through."""
    canvas = page.parts.view.viewport()
    places = [at(page, *point) for point in points]
    QTest.mousePress(canvas, button, held, places[0])
    for place in places[1:]:
        QTest.mouseMove(canvas, place)
    if release:
        QTest.mouseRelease(canvas, button, held, places[-1])
    return [page.parts.view.to_image(QPointF(place)) for place in places]


def press(page: AnnotatePage, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(page.parts.view, key, held)


def mask_of(page: AnnotatePage) -> Mask:
    """What is shown of the chosen type now."""
    draft = page.painting.draft
    assert draft is not None
    return draft.mask.copy()


def stored(folder: Path, image_id: int) -> dict[int, Mask]:
    """What another reader finds on the disk now."""
    with Project.open(folder) as project:
        return project.working_masks(image_id)


def assert_stored(page: AnnotatePage, folder: Path) -> None:
    """Shown and stored are the same, for every type."""
    image_id = page.painting.image_id
    assert image_id is not None
    on_disk = stored(folder, image_id)
    for type_id, draft in page.painting.drafts.items():
        kept = on_disk.get(type_id, np.zeros_like(draft.mask))
        np.testing.assert_array_equal(kept, draft.mask)


def message(window: MainWindow) -> str:
    bar = window.statusBar()
    assert bar is not None
    return bar.currentMessage()
