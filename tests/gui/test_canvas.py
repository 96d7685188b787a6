"""The canvas under real wheel, mouse and key events."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from inspector.core.regions import find_regions
from inspector.core.viewport import Viewport
from inspector.gui.canvas.image_view import ImageView
from inspector.gui.canvas.pictures import pixels_of
from inspector.gui.theme import DARK, LIGHT, palette_of

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


def _image(height: int = 300, width: int = 400) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = 200
    pixels[: height // 2, : width // 2] = (0, 0, 250)
    return pixels


def _hot(shape: tuple[int, int] = (30, 40)) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """0 everywhere but for a plateau of 2 in the rightmost quarter."""
    hot = np.zeros(shape, np.float32)
    hot[:, -shape[1] // 4 :] = 2.0
    return hot


@pytest.fixture
def open_view(qtbot: QtBot) -> Callable[..., ImageView]:
    def opened(width: int = 404, height: int = 304) -> ImageView:
        """With its frame, 400 x 300 are left for the image."""
        view = ImageView()
        qtbot.addWidget(view)
        view.resize(width, height)
        view.show()
        qtbot.waitExposed(view)
        return view

    return opened


@pytest.fixture
def view(open_view: Callable[..., ImageView]) -> ImageView:
    view = open_view()
    view.set_image(_image())
    return view


def _place(view: ImageView) -> Viewport:
    assert view.place is not None
    return view.place


def _wheel(view: ImageView, at: QPointF, notches: float) -> None:
    target = view.viewport()
    event = QWheelEvent(
        at,
        QPointF(target.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(target, event)


def _colour(view: ImageView, x: int, y: int) -> tuple[int, int, int]:
    found = view.viewport().grab().toImage().pixelColor(x, y)
    return found.red(), found.green(), found.blue()


def _drag(view: ImageView, button: Qt.MouseButton, start: QPoint, end: QPoint) -> None:
    target = view.viewport()
    QTest.mousePress(target, button, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(target, (start + end) / 2)
    QTest.mouseMove(target, end)
    QTest.mouseRelease(target, button, Qt.KeyboardModifier.NoModifier, end)


def test_an_image_is_fitted_and_painted_where_the_viewport_says(view: ImageView) -> None:
    assert _place(view).is_fitted and _place(view).scale == 1
    assert _colour(view, 10, 10) == (0, 0, 250)
    assert _colour(view, 390, 10) == (200, 0, 0)
    assert _colour(view, 10, 290) == (200, 0, 0)


def test_the_wheel_zooms_about_the_cursor(view: ImageView, qtbot: QtBot) -> None:
    at = QPointF(310, 80)
    before = view.to_image(at)
    with qtbot.waitSignal(view.viewport_changed):
        _wheel(view, at, 3)
    assert _place(view).scale == pytest.approx(1.25**3)
    assert view.to_image(at) == pytest.approx(before)
    _wheel(view, at, -3)
    assert _place(view).is_fitted
    # The image's own corner lies where the arithmetic says: (200, 150) borders the blue part.
    _wheel(view, QPointF(200, 150), 5)
    assert _colour(view, 195, 145) == (0, 0, 250)
    assert _colour(view, 205, 145) == (200, 0, 0)


def test_keys_zoom_fit_and_pan(view: ImageView, qtbot: QtBot) -> None:
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert _place(view).scale == pytest.approx(1.5)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert _place(view).is_fitted
    view.resize(804, 604)
    assert _place(view).scale == 2
    qtbot.keyClick(view, Qt.Key.Key_1)
    assert _place(view).scale == 1
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert _place(view).is_fitted
    view.zoom_to(4)
    middle = _place(view).centre
    for key, (across, down) in {
        Qt.Key.Key_Right: (1, 0),
        Qt.Key.Key_Left: (0, 0),
        Qt.Key.Key_Down: (0, 1),
        Qt.Key.Key_Up: (0, 0),
    }.items():
        qtbot.keyClick(view, key)
        moved = np.sign(np.round(np.subtract(_place(view).centre, middle), 6))
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
    view.set_image(_image())
    page.show()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_G)
    assert heard == [Qt.Key.Key_Right, Qt.Key.Key_G]
    view.zoom_to(3)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert len(heard) == 2
    qtbot.keyClick(view, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert heard[-1] == Qt.Key.Key_1 and _place(view).scale == 3


@pytest.mark.parametrize("button", [LEFT, MIDDLE])
def test_dragging_pans(view: ImageView, button: Qt.MouseButton) -> None:
    view.zoom_to(4)
    start, end = QPoint(100, 100), QPoint(140, 75)
    held = view.to_image(QPointF(start))
    _drag(view, button, start, end)
    assert view.to_image(QPointF(end)) == pytest.approx(held)
    QTest.mouseMove(view.viewport(), QPoint(10, 10))
    assert view.to_image(QPointF(end)) == pytest.approx(held)


def test_where_the_left_button_paints_space_lets_it_pan(view: ImageView) -> None:
    view.left_pans = False
    view.zoom_to(4)
    middle = _place(view).centre
    _drag(view, LEFT, QPoint(100, 100), QPoint(150, 100))
    assert _place(view).centre == middle
    QTest.keyPress(view, Qt.Key.Key_Space)
    assert view.viewport().cursor().shape() == Qt.CursorShape.OpenHandCursor
    _drag(view, LEFT, QPoint(100, 100), QPoint(150, 100))
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert _place(view).centre == pytest.approx((middle[0] - 50 / 4, middle[1]))
    assert view.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor


def test_a_double_click_goes_to_one_to_one_there_and_back(
    open_view: Callable[..., ImageView], qtbot: QtBot
) -> None:
    view = open_view()
    view.set_image(_image(1200, 1600))
    at = QPoint(120, 90)
    pointed = view.to_image(QPointF(at))
    qtbot.mouseDClick(view.viewport(), LEFT, pos=at)
    assert _place(view).scale == 1
    assert view.to_image(QPointF(at)) == pytest.approx(pointed)
    qtbot.mouseDClick(view.viewport(), LEFT, pos=at)
    assert _place(view).is_fitted


def test_a_resized_view_refits_only_while_fitted(view: ImageView, qtbot: QtBot) -> None:
    view.resize(204, 154)
    assert _place(view).is_fitted and _place(view).scale == 0.5
    view.zoom_to(2)
    view.resize(404, 304)
    assert _place(view).scale == 2


def test_the_next_image_keeps_the_view_only_where_asked(view: ImageView) -> None:
    view.zoom_to(3)
    view.set_image(_image())
    assert _place(view).is_fitted
    view.keep_view = True
    _wheel(view, QPointF(30, 30), 4)
    zoomed = _place(view)
    for between in (False, True):
        if between:
            view.set_image(None)
        view.set_image(_image())
        assert _place(view).scale == pytest.approx(zoomed.scale)
        assert _place(view).offset == pytest.approx(zoomed.offset)
    view.set_image(_image(100, 400))
    assert _place(view).is_fitted


def test_linked_views_move_together_without_echo(
    view: ImageView, open_view: Callable[..., ImageView]
) -> None:
    other = open_view(204, 304)
    other.set_image(_image(600, 800))
    other.link_to(view)
    told: list[str] = []
    view.viewport_changed.connect(lambda _: told.append("view"))
    other.viewport_changed.connect(lambda _: told.append("other"))
    _wheel(view, QPointF(30, 50), 4)
    assert sorted(told) == ["other", "view"]
    assert _place(other).relative() == pytest.approx(_place(view).relative())
    QTest.keyClick(other, Qt.Key.Key_Plus)
    assert len(told) == 4
    assert _place(view).relative() == pytest.approx(_place(other).relative())
    other.unlink(view)
    QTest.keyClick(other, Qt.Key.Key_0)
    assert _place(other).is_fitted and not _place(view).is_fitted


def test_a_linked_reference_that_comes_late_takes_the_view_over(
    view: ImageView, open_view: Callable[..., ImageView]
) -> None:
    reference = open_view()
    reference.keep_view = True
    reference.link_to(view)
    _wheel(view, QPointF(30, 50), 4)
    zoomed = _place(view)
    reference.set_image(_image(600, 800))
    assert _place(view) == zoomed
    assert _place(reference).relative() == pytest.approx(zoomed.relative())
    view.set_image(_image())  # the next image fits, and so does what is linked
    assert _place(view).is_fitted and _place(reference).is_fitted


def test_the_pointer_tells_image_position_and_score(view: ImageView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.pointer_moved) as moved:
        QTest.mouseMove(view.viewport(), QPoint(390, 200))
    assert moved.args is not None
    assert moved.args[:2] == pytest.approx([390, 200]) and math.isnan(moved.args[2])
    view.set_heat_map(_hot(), 0.0, 2.0)
    for x, score in ((392, 2.0), (20, 0.0), (300, 1.0)):
        with qtbot.waitSignal(view.pointer_moved) as moved:
            QTest.mouseMove(view.viewport(), QPoint(x, 100))
        assert moved.args is not None and moved.args[2] == pytest.approx(score)
    view.resize(604, 304)
    with qtbot.waitSignal(view.pointer_left):
        QTest.mouseMove(view.viewport(), QPoint(20, 100))


def test_the_heat_map_is_on_one_fixed_scale(view: ImageView) -> None:
    plain, ground = _colour(view, 390, 150), _colour(view, 20, 250)
    view.set_heat_opacity(1.0)
    view.set_heat_map(_hot(), 0.0, 2.0)
    hot = _colour(view, 390, 150)
    assert hot != plain and _colour(view, 20, 250) == ground
    # A louder value elsewhere changes no colour here.
    louder = _hot()
    louder[0, 0] = 50
    view.set_heat_map(louder, 0.0, 2.0)
    assert _colour(view, 390, 150) == hot
    view.set_heat_visible(False)
    assert _colour(view, 390, 150) == plain
    view.set_heat_visible(True)
    view.set_heat_opacity(0.0)
    assert _colour(view, 390, 150) == plain
    with pytest.raises(ValueError, match="low < high"):
        view.set_heat_map(_hot(), 1.0, 1.0)


def test_regions_are_outlined_and_labelled_under_the_pointer(view: ImageView) -> None:
    view.set_regions(find_regions(_hot(), 1.0, (300, 400)))
    line = [_colour(view, x, 150) for x in range(292, 308)]
    assert max(min(colour) for colour in line) > 200  # nearly white
    assert min(max(colour) for colour in line) < 30  # the casing
    assert view.labels() == []
    QTest.mouseMove(view.viewport(), QPoint(380, 150))
    assert [label.text for label in view.labels()] == ["area 25.0 % · peak 2.00"]
    QTest.mouseMove(view.viewport(), QPoint(30, 150))
    assert view.labels() == []
    view.zoom_to(1.5)
    assert len(view.labels()) == 1
    view.set_contours_visible(False)
    view.fit()
    assert [_colour(view, x, 150) for x in range(292, 308)] == [(200, 0, 0)] * 16


def test_the_true_mask_is_dashed_and_must_be_as_large_as_the_image(view: ImageView) -> None:
    mask = np.zeros((300, 400), np.bool_)
    mask[50:250, 250:350] = True
    view.set_mask(mask)
    picture = view.viewport().grab().toImage()
    edge = [picture.pixelColor(250, y) for y in range(60, 240)]
    drawn = [colour.green() > 150 for colour in edge]
    assert 0.2 < sum(drawn) / len(drawn) < 0.9  # neither absent nor a full line
    view.set_mask(None)
    assert _colour(view, 250, 100) == (200, 0, 0)
    with pytest.raises(ValueError, match="alike"):
        view.set_mask(mask[:-1])


def test_what_belongs_to_an_image_goes_with_it(view: ImageView) -> None:
    view.set_heat_map(_hot(), 0.0, 1.0)
    view.set_regions(find_regions(_hot(), 1.0, (300, 400)))
    view.set_mask(np.ones((300, 400), np.bool_))
    view.set_image(_image())
    bare = [_colour(view, x, 280) for x in (1, 200, 299, 300, 390)]
    assert bare == [(200, 0, 0)] * 5
    view.zoom_to(2)
    assert view.labels() == []


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
    _wheel(view, QPointF(5, 5), 1)
    qtbot.mouseDClick(view.viewport(), LEFT)
    assert view.place is None
    view.set_image(_image())
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
    assert _place(view).image == (401, 303)
    assert _colour(view, 200, 150) == (0x20, 0x40, 0x60)
    pixels = _image()
    view.set_image(pixels)
    pixels[:] = 90
    view.viewport().update()
    assert _colour(view, 200, 150) == (90, 90, 90)


def test_it_has_a_name_and_shows_the_focus(view: ImageView, qtbot: QtBot) -> None:
    assert view.accessibleName()
    view.clearFocus()
    calm = view.grab().toImage().pixelColor(0, 150)
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    assert view.grab().toImage().pixelColor(0, 150) != calm


def test_partial_repaints_leave_no_seams(view: ImageView) -> None:
    """What a later brush relies on: a small dirty rectangle paints as the whole view does."""
    rng = np.random.default_rng(5)
    view.set_image(rng.integers(0, 255, (300, 400, 3), np.uint8))
    view.set_heat_map(rng.random((9, 7)).astype(np.float32), 0.0, 1.0)
    for scale in (1.0, 1.7, 3.3, 6.1):
        view.zoom_to(scale)
        whole = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        part = QRect(61, 47, 33, 29)
        alone = view.viewport().grab(part).toImage().convertToFormat(QImage.Format.Format_RGB32)
        expected = pixels_of(whole.copy(part)).astype(int)
        assert np.abs(pixels_of(alone).astype(int) - expected).max() <= 3


def test_the_theme_changes_the_ground(themed: QApplication, view: ImageView, qtbot: QtBot) -> None:
    view.resize(604, 304)
    grounds = []
    for theme in (LIGHT, DARK):
        themed.setPalette(palette_of(theme))
        grounds.append(_colour(view, 5, 150))
        assert grounds[-1] == QColor(theme.canvas).getRgb()[:3]  # type: ignore[index]
    assert grounds[0] != grounds[1]
