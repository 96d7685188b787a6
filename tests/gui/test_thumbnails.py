"""Thumbnails: upright, windowed, newest first, kept on disk, calm about damage."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QImage, QPixmap
from pytestqt.qtbot import QtBot

import inspector.gui.thumbnails
from inspector.core.images import read_image
from inspector.core.windows import IntensityWindow
from inspector.gui.canvas.pictures import pixels_of
from inspector.gui.small_pictures import small_picture
from inspector.gui.thumbnails import PictureFile, Thumbnails, Unreadable, _Queue


@pytest.fixture
def thumbnails(qtbot: QtBot, tmp_path: Path) -> Iterator[Thumbnails]:
    made = Thumbnails(tmp_path / "cache")
    yield made
    made.wait()


def colour_image(path: Path, width: int = 900, height: int = 600) -> Path:
    """Red on the left, blue on the right, dark at the bottom."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (230, 30, 30)
    pixels[: height // 2, width // 2 :] = (30, 30, 230)
    Image.fromarray(pixels).save(path)
    return path


def known(path: Path) -> PictureFile:
    status = path.stat()
    digest = sha256(path.read_bytes()).hexdigest()
    return PictureFile(path, digest, status.st_size, status.st_mtime_ns)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpeg_of_any_orientation_looks_as_the_exact_reader_says(
    tmp_path: Path, orientation: int
) -> None:
    path = colour_image(tmp_path / "a.jpg", 1200, 800)
    exif = Image.Exif()
    exif[0x0112] = orientation
    with Image.open(path) as image:
        image.save(path, exif=exif.tobytes(), quality=95)
    picture = pixels_of(small_picture(path, 128))
    exact = read_image(path)
    height, width = picture.shape[:2]
    assert max(height, width) == 128
    assert (height > width) == (exact.shape[0] > exact.shape[1])
    expected = cv2.resize(exact, (width, height), interpolation=cv2.INTER_AREA)
    assert np.abs(picture.astype(int) - expected.astype(int)).mean() < 6


def test_small_images_keep_their_size(tmp_path: Path) -> None:
    picture = small_picture(colour_image(tmp_path / "a.png", 40, 20), 256)
    assert (picture.width(), picture.height()) == (40, 20)


def test_extreme_shapes_keep_at_least_one_pixel(tmp_path: Path) -> None:
    picture = small_picture(colour_image(tmp_path / "a.png", 3000, 2), 128)
    assert (picture.width(), picture.height()) == (128, 1)


def test_sixteen_bits_are_seen_through_the_window(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(np.full((8, 8), 2000, np.uint16)).save(path)
    dark = pixels_of(small_picture(path, 128))
    bright = pixels_of(small_picture(path, 128, IntensityWindow(0, 2000)))
    assert dark.max() < 10
    assert bright.min() == 255


def test_a_picture_arrives_and_stays(qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path) -> None:
    file = known(colour_image(tmp_path / "a.png"))
    with qtbot.waitSignal(thumbnails.arrived) as told:
        assert thumbnails.get(file, 200) is None
    assert told.args == [{file.path}]
    picture = thumbnails.get(file, 200)
    assert isinstance(picture, QPixmap)
    assert picture.width() == 256
    # Another size: the one at hand is shown meanwhile.
    with qtbot.waitSignal(thumbnails.arrived):
        assert thumbnails.get(file, 500) is picture
    larger = thumbnails.get(file, 500)
    assert isinstance(larger, QPixmap)
    assert larger.width() == 512


def test_the_disk_is_asked_first_and_never_believed_for_another_file(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path
) -> None:
    file = known(colour_image(tmp_path / "a.png"))
    with qtbot.waitSignal(thumbnails.arrived):
        thumbnails.get(file, 200)
    (kept,) = (tmp_path / "cache").rglob("*.jpg")
    marked = QImage(256, 170, QImage.Format.Format_RGB32)
    marked.fill(0xFF00FF00)
    assert marked.save(str(kept), "JPEG")
    again = Thumbnails(tmp_path / "cache")
    with qtbot.waitSignal(again.arrived):
        again.get(file, 200)
    shown = again.get(file, 200)
    assert isinstance(shown, QPixmap)
    assert pixels_of(shown.toImage())[..., 1].min() > 200  # the marked one
    other = replace(file, mtime_ns=file.mtime_ns + 1)
    fresh = Thumbnails(tmp_path / "cache")
    with qtbot.waitSignal(fresh.arrived):
        fresh.get(other, 200)
    shown = fresh.get(other, 200)
    assert isinstance(shown, QPixmap)
    assert pixels_of(shown.toImage())[..., 1].max() < 100


def test_a_damaged_file_in_the_cache_is_made_anew(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path
) -> None:
    file = known(colour_image(tmp_path / "a.png"))
    place = tmp_path / "cache" / str(file.sha256)[:2] / f"{file.sha256}-256.jpg"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"\xff\xd8\xff torn")
    with qtbot.waitSignal(thumbnails.arrived):
        thumbnails.get(file, 200)
    assert isinstance(thumbnails.get(file, 200), QPixmap)
    assert QImage(str(place)).width() == 256


def test_what_cannot_be_read_says_why(qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"no image")
    with qtbot.waitSignal(thumbnails.arrived):
        thumbnails.get(PictureFile(path), 200)
    shown = thumbnails.get(PictureFile(path), 200)
    assert isinstance(shown, Unreadable)
    assert "a.png" in shown.reason
    gone = PictureFile(tmp_path / "gone.png", "ab" * 32, 1, 1)
    with qtbot.waitSignal(thumbnails.arrived):
        thumbnails.get(gone, 200)
    assert isinstance(thumbnails.get(gone, 200), Unreadable)


def test_the_newest_request_comes_first_and_the_oldest_is_dropped() -> None:
    queue = _Queue()
    files = [PictureFile(Path(f"{number}.png")) for number in range(500)]
    for file in files:
        assert queue.add((file.path, None, None, 128), file)
    assert not queue.add((files[200].path, None, None, 128), files[200])  # asked for again
    taken = []
    while (next_one := queue.take()) is not None:
        taken.append(int(next_one[1].path.stem))
    assert taken == [200, *range(499, 200, -1), *range(199, 99, -1)]


def test_a_bug_is_reported_and_the_picture_given_up(
    thumbnails: Thumbnails, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> QImage:
        raise ZeroDivisionError("a bug")

    reported: list[BaseException] = []
    monkeypatch.setattr(inspector.gui.thumbnails, "small_picture", broken)
    monkeypatch.setattr(sys, "excepthook", lambda kind, bug, trace: reported.append(bug))
    file = known(colour_image(tmp_path / "a.png"))
    with qtbot.waitSignal(thumbnails.arrived):
        assert thumbnails.get(file, 128) is None
    assert [str(bug) for bug in reported] == ["a bug"]
    assert isinstance(thumbnails.get(file, 128), Unreadable)
