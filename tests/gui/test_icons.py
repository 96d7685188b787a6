"""Every icon can be read, shows something, follows the theme, and exists where it is named."""

from __future__ import annotations

import ast
import gc
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

import inspector.gui
from inspector.core.resources import resource_path
from inspector.gui.icons import icon, paint_icon
from inspector.gui.theme import DARK, LIGHT, apply_theme

FILES = sorted(resource_path("icons").glob("*.svg"))
LINE_FILES = [path for path in FILES if path.stem != "app"]
GUI = Path(inspector.gui.__file__).parent
SIDE = 48


@pytest.fixture
def app(themed: QApplication) -> QApplication:
    """The application; its looks are put back after the test."""
    return themed


def strongest_colour(image: QImage) -> QColor:
    """The colour of the most opaque pixel; where nothing is painted its alpha is 0."""
    places = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return max((image.pixelColor(x, y) for x, y in places), key=QColor.alpha)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_parses_and_paints_inside_its_square(path: Path, qapp: QApplication) -> None:
    renderer = QSvgRenderer(str(path))
    assert renderer.isValid()
    assert renderer.viewBox().width() == renderer.viewBox().height()
    image = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    assert strongest_colour(image).alpha() == 255
    last = SIDE - 1
    edge = [(x, y) for x in range(SIDE) for y in (0, last)]
    edge += [(y, x) for x, y in edge]
    assert all(image.pixelColor(x, y).alpha() == 0 for x, y in edge), "cut off at the edge"


@pytest.mark.parametrize("path", LINE_FILES, ids=lambda path: path.stem)
def test_a_line_icon_is_of_the_set_and_names_no_colour(path: Path) -> None:
    text = path.read_text("utf-8")
    assert 'viewBox="0 0 24 24"' in text
    assert re.findall(r'stroke-width="([^"]+)"', text) == ["1.75"]
    assert set(re.findall(r'(?:stroke|fill)="([^"]+)"', text)) <= {"none", "currentColor"}
    assert "style" not in text


@pytest.mark.parametrize("path", LINE_FILES, ids=lambda path: path.stem)
def test_a_line_icon_takes_the_colour_of_the_theme(path: Path, app: QApplication) -> None:
    named = icon(path.stem)  # made once: it follows the theme by itself
    for theme in (DARK, LIGHT):
        apply_theme(app, theme, 1.0)
        colour = strongest_colour(named.pixmap(QSize(SIDE, SIDE)).toImage())
        assert colour.name() == theme.text


def test_a_disabled_icon_is_fainter_than_an_enabled_one(app: QApplication) -> None:
    apply_theme(app, DARK, 1.0)
    size = QSize(SIDE, SIDE)
    normal = strongest_colour(icon("stop").pixmap(size, QIcon.Mode.Normal).toImage())
    disabled = strongest_colour(icon("stop").pixmap(size, QIcon.Mode.Disabled).toImage())
    assert disabled.lightness() < normal.lightness()


def test_paint_icon_paints_in_the_colour_it_is_given(qapp: QApplication) -> None:
    image = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_icon(painter, "check", QRectF(0, 0, SIDE, SIDE), LIGHT.ok)
    painter.end()
    assert strongest_colour(image).name() == LIGHT.ok


def test_an_icon_is_not_stretched_in_a_wide_place(app: QApplication) -> None:
    image = QImage(3 * SIDE, SIDE, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    icon("stop").paint(painter, QRect(0, 0, 3 * SIDE, SIDE))
    painter.end()
    inked = [x for x in range(3 * SIDE) if image.pixelColor(x, SIDE // 2).alpha() > 0]
    assert inked[-1] - inked[0] < SIDE


def test_an_icon_is_sharp_on_a_dense_screen(qapp: QApplication) -> None:
    pixmap = icon("stop").pixmap(QSize(18, 18), 2.0)
    assert (pixmap.width(), pixmap.devicePixelRatio()) == (36, 2.0)


def test_a_changed_copy_of_an_icon_outlives_the_garbage_collector(qapp: QApplication) -> None:
    for _ in range(50):
        original = icon("stop")
        copy = QIcon(original)
        copy.addPixmap(QPixmap(4, 4))  # detaches: Qt clones the engine and owns the clone
        gc.collect(0)
        assert not copy.pixmap(QSize(18, 18)).isNull()
        assert not original.isNull()


def named_icons() -> dict[str, set[str]]:
    """Every icon name that inspector/gui writes as a literal, with the files that write it."""
    found: dict[str, set[str]] = {}
    for path in GUI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for name in literal_names(node):
                found.setdefault(name, set()).add(path.name)
    return found


def literal_names(node: ast.AST) -> Iterator[str]:
    """The names in `icon(NAME)`, `paint_icon(painter, NAME)` and `anything(icon=NAME)`."""
    if not isinstance(node, ast.Call):
        return
    function = getattr(node.func, "id", getattr(node.func, "attr", ""))
    place = {"icon": 0, "paint_icon": 1}.get(function)
    values = [word.value for word in node.keywords if word.arg == "icon"]
    if place is not None:
        values += node.args[place : place + 1]
        values += [word.value for word in node.keywords if word.arg == "name"]
    for value in values:
        yield from strings_in(value)


def strings_in(value: ast.expr) -> Iterator[str]:
    """A literal, or both sides of `"a" if condition else "b"`."""
    if isinstance(value, ast.IfExp):
        yield from strings_in(value.body)
        yield from strings_in(value.orelse)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
        yield value.value


def test_every_icon_that_the_program_names_exists() -> None:
    existing = {path.stem for path in FILES}
    missing = {name: files for name, files in named_icons().items() if name not in existing}
    assert not missing


def test_the_search_for_names_finds_them() -> None:
    code = 'x = (icon("a"), self.icon(name="b"), paint_icon(p, "c" if q else "d", r, "#fff"))'
    code += '\nAction(icon="e", title="no")'
    names = {name for node in ast.walk(ast.parse(code)) for name in literal_names(node)}
    assert names == {"a", "b", "c", "d", "e"}


@pytest.mark.parametrize("name", ["app.png", "app.ico"])
def test_the_application_icon_has_its_bitmaps(name: str, qapp: QApplication) -> None:
    sizes = QIcon(str(resource_path("icons", name))).availableSizes()
    assert QSize(256, 256) in sizes
