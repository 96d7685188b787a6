"""An image on the canvas under real wheel, mouse and key events."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from inspector.gui.canvas.image_view import ImageView
from inspector.gui.theme import DARK, LIGHT, palette_of

from .hand import colour_at, drag, image, place_of, wheel

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


def test_an_image_is_fitted_and_painted_where_the_viewport_says(view: ImageView) -> None:
    assert place_of(view).is_fitted and place_of(view).scale == 1
    assert colour_at(view, 10, 10) == (0, 0, 250)
    assert colour_at(view, 390, 10) == (200, 0, 0)
    assert colour_at(view, 10, 290) == (200, 0, 0)


def test_the_wheel_zooms_about_the_cursor(view: ImageView, qtbot: QtBot) -> None:
    at = QPointF(310, 80)
    before = view.to_image(at)
    with qtbot.waitSignal(view.viewport_changed):
        wheel(view, at, 3)
    assert place_of(view).scale == pytest.approx(1.25**3)
    assert view.to_image(at) == pytest.approx(before)
    wheel(view, at, -3)
    assert place_of(view).is_fitted
    # The image's own corner lies where the arithmetic says: (200, 150) borders the blue part.
    wheel(view, QPointF(200, 150), 5)
    assert colour_at(view, 195, 145) == (0, 0, 250)
    assert colour_at(view, 205, 145) == (200, 0, 0)


def test_keys_zoom_fit_and_pan(view: ImageView, qtbot: QtBot) -> None:
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert place_of(view).scale == pytest.approx(1.5)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert place_of(view).is_fitted
    view.resize(804, 604)
    assert place_of(view).scale == 2
    qtbot.keyClick(view, Qt.Key.Key_1)
    assert place_of(view).scale == 1
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert place_of(view).is_fitted
    view.zoom_to(4)
    middle = place_of(view).centre
    for key, (across, down) in {
        Qt.Key.Key_Right: (1, 0),
        Qt.Key.Key_Left: (0, 0),
        Qt.Key.Key_Down: (0, 1),
        Qt.Key.Key_Up: (0, 0),
    }.items():
        qtbot.keyClick(view, key)
        moved = np.sign(np.round(np.subtract(place_of(view).centre, middle), 6))
        assert tuple(moved) == (across, down)


def test_arrows_go_on_to_the_page_when_everything_is_in_view(qtbot: QtBot) -> None:
    heard: list[int] = []

    class Page(QWidget):
        def keyPressEvent(self, event: QKeyEvent) -> None:
            heard.append(event.key())

    page = Page()
    qtbot.addWidget(page)
    view = ImageView(page)
    view.resize(404, 304)
    view.set_image(image())
    page.show()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_G)
    assert heard == [Qt.Key.Key_Right, Qt.Key.Key_G]
    view.zoom_to(3)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert len(heard) == 2
    qtbot.keyClick(view, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert heard[-1] == Qt.Key.Key_1 and place_of(view).scale == 3


@pytest.mark.parametrize("button", [LEFT, MIDDLE])
def test_dragging_pans(view: ImageView, button: Qt.MouseButton) -> None:
    view.zoom_to(4)
    start, end = QPoint(100, 100), QPoint(140, 75)
    held = view.to_image(QPointF(start))
    drag(view, button, start, end)
    assert view.to_image(QPointF(end)) == pytest.approx(held)
    QTest.mouseMove(view.viewport(), QPoint(10, 10))
    assert view.to_image(QPointF(end)) == pytest.approx(held)


def test_where_the_left_button_paints_space_lets_it_pan(view: ImageView) -> None:
    view.left_pans = False
    view.zoom_to(4)
    middle = place_of(view).centre
    drag(view, LEFT, QPoint(100, 100), QPoint(150, 100))
    assert place_of(view).centre == middle
    QTest.keyPress(view, Qt.Key.Key_Space)
    assert view.viewport().cursor().shape() == Qt.CursorShape.OpenHandCursor
    drag(view, LEFT, QPoint(100, 100), QPoint(150, 100))
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert place_of(view).centre == pytest.approx((middle[0] - 50 / 4, middle[1]))
    assert view.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor


def test_a_double_click_goes_to_one_to_one_there_and_back(
    open_view: Callable[..., ImageView], qtbot: QtBot
) -> None:
    view = open_view()
    view.set_image(image(1200, 1600))
    at = QPoint(120, 90)
    pointed = view.to_image(QPointF(at))
    qtbot.mouseDClick(view.viewport(), LEFT, pos=at)
    assert place_of(view).scale == 1
    assert view.to_image(QPointF(at)) == pytest.approx(pointed)
    qtbot.mouseDClick(view.viewport(), LEFT, pos=at)
    assert place_of(view).is_fitted


def test_a_resized_view_refits_only_while_fitted(view: ImageView, qtbot: QtBot) -> None:
    view.resize(204, 154)
    assert place_of(view).is_fitted and place_of(view).scale == 0.5
    view.zoom_to(2)
    view.resize(404, 304)
    assert place_of(view).scale == 2


def test_the_next_image_keeps_the_view_only_where_asked(view: ImageView) -> None:
    view.zoom_to(3)
    view.set_image(image())
    assert place_of(view).is_fitted
    view.keep_view = True
    wheel(view, QPointF(30, 30), 4)
    zoomed = place_of(view)
    for between in (False, True):
        if between:
            view.set_image(None)
        view.set_image(image())
        assert place_of(view).scale == pytest.approx(zoomed.scale)
        assert place_of(view).offset == pytest.approx(zoomed.offset)
    view.set_image(image(100, 400))
    assert place_of(view).is_fitted


def test_linked_views_move_together_without_echo(
    view: ImageView, open_view: Callable[..., ImageView]
) -> None:
    other = open_view(204, 304)
    other.set_image(image(600, 800))
    other.link_to(view)
    told: list[str] = []
    view.viewport_changed.connect(lambda _: told.append("view"))
    other.viewport_changed.connect(lambda _: told.append("other"))
    wheel(view, QPointF(30, 50), 4)
    assert sorted(told) == ["other", "view"]
    assert place_of(other).relative() == pytest.approx(place_of(view).relative())
    QTest.keyClick(other, Qt.Key.Key_Plus)
    assert len(told) == 4
    assert place_of(view).relative() == pytest.approx(place_of(other).relative())
    other.unlink(view)
    QTest.keyClick(other, Qt.Key.Key_0)
    assert place_of(other).is_fitted and not place_of(view).is_fitted


def test_a_linked_reference_that_comes_late_takes_the_view_over(
    view: ImageView, open_view: Callable[..., ImageView]
) -> None:
    reference = open_view()
    reference.keep_view = True
    reference.link_to(view)
    wheel(view, QPointF(30, 50), 4)
    zoomed = place_of(view)
    reference.set_image(image(600, 800))
    assert place_of(view) == zoomed
    assert place_of(reference).relative() == pytest.approx(zoomed.relative())
    view.set_image(image())  # the next image fits, and so does what is linked
    assert place_of(view).is_fitted and place_of(reference).is_fitted


def test_without_an_image_there_is_a_message_and_nothing_to_do(
    open_view: Callable[..., ImageView], qtbot: QtBot
) -> None:
    view = open_view()
    empty = view.grab().toImage()
    view.set_message("No image", "The file is missing.")
    assert view.grab().toImage() != empty
    assert view.accessibleDescription() == "No image The file is missing."
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_0, Qt.Key.Key_1):
        qtbot.keyClick(view, key)
    wheel(view, QPointF(5, 5), 1)
    qtbot.mouseDClick(view.viewport(), LEFT)
    assert view.place is None
    view.set_image(image())
    view.set_image(None)
    assert view.place is None


def test_pixels_are_squares_when_large_and_averaged_when_small(
    open_view: Callable[..., ImageView],
) -> None:
    view = open_view()
    board = np.zeros((1200, 1600, 3), np.uint8)
    board[::2, ::2] = board[1::2, 1::2] = 255
    view.set_image(board)
    picture = view.viewport().grab().toImage()
    greys = {picture.pixelColor(x, 100).red() for x in range(50, 350)}
    assert greys <= set(range(124, 132))  # not the black or white that nearest pixels would give
    view.zoom_to(8)
    picture = view.viewport().grab().toImage()
    assert {picture.pixelColor(x, 100).red() for x in range(50, 350)} == {0, 255}


def test_pictures_of_qt_and_later_changes_of_numpy_memory(view: ImageView) -> None:
    picture = QImage(401, 303, QImage.Format.Format_ARGB32)
    picture.fill(0xFF204060)
    view.set_image(picture)
    assert place_of(view).image == (401, 303)
    assert colour_at(view, 200, 150) == (0x20, 0x40, 0x60)
    pixels = image()
    view.set_image(pixels)
    pixels[:] = 90
    view.viewport().update()
    assert colour_at(view, 200, 150) == (90, 90, 90)


def test_it_has_a_name_and_shows_the_focus(view: ImageView, qtbot: QtBot) -> None:
    assert view.accessibleName()
    view.clearFocus()
    calm = view.grab().toImage().pixelColor(0, 150)
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    assert view.grab().toImage().pixelColor(0, 150) != calm


def test_the_theme_changes_the_ground(themed: QApplication, view: ImageView, qtbot: QtBot) -> None:
    view.resize(604, 304)
    grounds = []
    for theme in (LIGHT, DARK):
        themed.setPalette(palette_of(theme))
        grounds.append(colour_at(view, 5, 150))
        assert grounds[-1] == QColor(theme.canvas).getRgb()[:3]  # type: ignore[index]
    assert grounds[0] != grounds[1]
