"""Pictures of every page, for the README and for looking at: both themes, two sizes.

    QT_QPA_PLATFORM=offscreen python docs/make_screenshots.py PROJECT NAME [--pages alignment …]

writes `docs/screenshots/NAME-PAGE-THEME-WIDTH.png`. The project must have a scored model.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from PySide6.QtCore import QBuffer, QEventLoop, QIODevice, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from inspector.core.files import write_atomically
from inspector.gui.app import keep_appearance, make_application
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.registry import PAGES
from inspector.gui.preferences import Preferences
from inspector.gui.session import Session

FOLDER = Path(__file__).parent / "screenshots"
SIZES = ((1280, 800), (1920, 1080))
SETTLE_MS = 2500
_COLOURS = 256


def wait(milliseconds: int) -> None:
    """Lets the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def prepare_train(page: Any) -> None:
    """The newest training's curves."""
    page.show_view("history")
    wait(SETTLE_MS)
    page.history.table.selectRow(0)


def prepare_review(page: Any) -> None:
    """The heat map is on."""
    page.show_all_bands()
    wait(SETTLE_MS)
    page.parts.canvas.hold_heat(True)


def prepare_bank(page: Any) -> None:
    """What the painted masks have become."""
    page.actions_table.action("annotate.bank").trigger()
    wait(2 * SETTLE_MS)


PREPARE: dict[str, Callable[[Any], None]] = {
    "train": prepare_train,
    "review": prepare_review,
    "bank": prepare_bank,
}
VIEWS = {"bank": "annotate"}
"""Views that are pictured for themselves, by the page that they are on."""


def save(widget: QWidget, file: Path) -> None:
    """Grabs a widget; few colours keep the repository small."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    widget.grab().save(buffer, "PNG")
    picture = Image.open(io.BytesIO(buffer.data().data())).convert("RGB")
    # This palette keeps rare colours, such as those of a mark; dithering keeps what is smooth.
    palette = picture.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE)
    few = picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    small = io.BytesIO()
    few.save(small, "PNG", optimize=True)
    write_atomically(file, small.getvalue())


def main() -> None:
    """Takes all pictures of one project."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("name")
    parser.add_argument("--pages", nargs="+", default=[*(entry.name for entry in PAGES), *VIEWS])
    parser.add_argument("--zoom", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    app: QApplication = make_application([])
    with tempfile.TemporaryDirectory() as temporary:
        preferences = Preferences(Path(temporary) / "preferences.ini")
        preferences.operator, preferences.zoom = "Ada", options.zoom
        keep_appearance(app, preferences)
        window = MainWindow(Session(preferences))
        window.show()
        window.session.open_project(options.project)
        wait(2 * SETTLE_MS)
        for name in options.pages:
            page = window.page(VIEWS.get(name, name))
            wait(SETTLE_MS)
            PREPARE.get(name, lambda page: None)(page)
            for width, height in SIZES:
                window.resize(width, height)
                for theme in ("light", "dark"):
                    preferences.theme = theme
                    wait(SETTLE_MS)
                    file = options.folder / f"{options.name}-{name}-{theme}-{width}.png"
                    save(window, file)
                    print(file)
        window.close()


if __name__ == "__main__":
    main()
