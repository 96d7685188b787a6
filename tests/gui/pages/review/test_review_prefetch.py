"""Making images ready ahead: what is stale is dropped, what can be kept is."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.gui.pages.review import prefetch as module
from inspector.gui.pages.review.prefetch import Look, Prefetch, Wanted, look_at


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = []
    for index in range(12):
        file = tmp_path / f"{index}.png"
        cv2.imwrite(str(file), np.full((20, 30, 3), index * 10, np.uint8))
        made.append(file)
    return made


def wanted(files: list[Path], *indices: int) -> list[Wanted]:
    return [Wanted(index, files[index]) for index in indices]


def test_what_is_asked_for_becomes_ready(
    qapp: QApplication, files: list[Path], qtbot: QtBot
) -> None:
    prefetch = Prefetch()
    asked = wanted(files, 0, 1, 2)
    prefetch.ask(asked)
    qtbot.waitUntil(lambda: all(prefetch.get(one) is not None for one in asked))
    look = prefetch.get(asked[1])
    assert look is not None
    assert look.pixels is not None
    assert look.pixels.shape == (20, 30, 3)
    assert (look.pixels == 10).all()
    prefetch.wait()


def test_stale_requests_are_dropped(
    qapp: QApplication, files: list[Path], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, begun, lock = threading.Event(), [], threading.Lock()

    def slow(one: Wanted, before: Look | None = None) -> Look:
        with lock:
            begun.append(one.image_id)
        gate.wait(10)
        return look_at(one, before)

    monkeypatch.setattr(module, "look_at", slow)
    prefetch = Prefetch()
    prefetch.ask(wanted(files, 0, 1, 2, 3))
    qtbot.waitUntil(lambda: len(begun) == 2)  # both threads are at work
    prefetch.ask(wanted(files, 8, 9))
    gate.set()
    final = wanted(files, 8, 9)
    qtbot.waitUntil(lambda: all(prefetch.get(one) is not None for one in final))
    prefetch._pool.waitForDone()
    assert sorted(begun) == [0, 1, 8, 9]  # 2 and 3 were never begun
    assert sorted(prefetch.kept) == [8, 9]  # 0 and 1 came too late
    prefetch.wait()


def test_the_memory_is_bounded_but_the_shown_image_stays(
    qapp: QApplication, files: list[Path], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MEMORY", 20 * 30 * 3 * 2)
    prefetch = Prefetch()
    prefetch.ask(wanted(files, *range(6)))
    prefetch._pool.waitForDone()
    qtbot.waitUntil(lambda: 0 in prefetch.kept)
    qtbot.waitUntil(lambda: len(prefetch.kept) <= 2)
    assert 0 in prefetch.kept
    prefetch.wait()


def test_another_threshold_needs_no_second_reading(files: list[Path]) -> None:
    one = Wanted(0, files[0], threshold=1.0)
    look = look_at(one)
    files[0].unlink()
    again = look_at(Wanted(0, files[0], threshold=2.0), look)
    assert again.pixels is look.pixels


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    look = look_at(Wanted(1, tmp_path / "none.png"))
    assert look.pixels is None
    assert "none.png" in look.problem
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG no image")
    assert look_at(Wanted(1, broken)).problem


def test_the_map_is_aligned_and_its_regions_found(files: list[Path], tmp_path: Path) -> None:
    from inspector.core.evaluation import Expected

    maps = np.zeros((2, 8, 8), np.float16)
    maps[1] = 0.2
    maps[1, 2:4, 2:4] = 0.6
    np.save(tmp_path / "maps.npy", maps)
    expected = Expected(0.2, 0.4)
    one = Wanted(0, files[0], None, (), tmp_path, 1, expected, 1e-6, 0.9)
    look = look_at(one)
    assert look.anomaly_map is not None
    assert look.anomaly_map.max() == pytest.approx(2.0, abs=1e-2)
    assert look.anomaly_map.min() == pytest.approx(0.0, abs=1e-2)
    assert len(look.regions) == 1
    missing = look_at(Wanted(0, files[0], run_folder=tmp_path / "gone", map_row=0))
    assert missing.anomaly_map is None
    assert missing.pixels is not None
