"""Rows that are written as they come."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import InspectorError
from inspector.project.results import MAPS_FILE, open_maps
from inspector.project.rows_file import RowsFile, part_of


@settings(derandomize=True, max_examples=40, deadline=None)
@given(batches=st.lists(st.integers(0, 120), max_size=12))
def test_rows_keep_their_order(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    expected = np.random.default_rng(0).random((sum(batches), 3, 5)).astype(np.float16)
    file = RowsFile(folder / MAPS_FILE)
    start = 0
    for count in batches:
        file.append(expected[start : start + count])
        start += count
    file.close()
    if not sum(batches):
        assert list(folder.iterdir()) == []
        return
    found = np.load(folder / MAPS_FILE, allow_pickle=False)
    assert found.dtype == np.float16
    assert np.array_equal(found, expected)
    assert [path.name for path in folder.iterdir()] == [MAPS_FILE]


def test_rows_are_kept_as_halves_however_they_lie(tmp_path: Path) -> None:
    rows = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    file = RowsFile(tmp_path / MAPS_FILE)
    file.append(rows.transpose(0, 2, 1))
    file.close()
    assert np.array_equal(open_maps(tmp_path), rows.transpose(0, 2, 1).astype(np.float16))


def test_a_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    old = np.ones((1, 2, 2), np.float16)
    file = RowsFile(tmp_path / MAPS_FILE)
    file.append(old)
    file.close()
    again = RowsFile(tmp_path / MAPS_FILE)
    again.append(np.zeros((1, 2, 2), np.float16))
    assert np.array_equal(open_maps(tmp_path), old)
    assert part_of(tmp_path / MAPS_FILE).exists()
    again.append(np.zeros((1, 2, 2), np.float16))
    again.close()
    assert open_maps(tmp_path).shape == (2, 2, 2)


def test_rows_of_another_shape_are_refused(tmp_path: Path) -> None:
    file = RowsFile(tmp_path / MAPS_FILE)
    file.append(np.ones((1, 2, 2), np.float16))
    with pytest.raises(ValueError, match="are wanted"):
        file.append(np.ones((1, 4, 4), np.float16))
    file.close()
    assert open_maps(tmp_path).shape == (1, 2, 2)


def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = RowsFile(tmp_path / MAPS_FILE)
    file.append(np.ones((1, 2, 2), np.float16))

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InspectorError, match=r"maps\.npy' could not be written: No space left"):
        file.close()
    assert list(tmp_path.iterdir()) == []


def test_maps_are_read_only_and_not_read_at_once(tmp_path: Path) -> None:
    file = RowsFile(tmp_path / MAPS_FILE)
    file.append(np.ones((1, 2, 2), np.float16))
    file.close()
    found = open_maps(tmp_path)
    assert isinstance(found, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0, 0] = 2
