"""Reading images ahead of the computation: all, in order, and never too many at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import training.images
from inspector.core.images import read_for_model
from inspector.project.snapshots import SnapshotEntry
from training.images import read_batches

MakeEntry = Callable[..., SnapshotEntry]


def test_images_come_in_order(make_entry: MakeEntry) -> None:
    entries = [make_entry(seed) for seed in range(11)]
    batches = list(read_batches(entries, 32, 4))
    assert [batch.rows for batch in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]
    assert not any(batch.failures for batch in batches)
    images = torch.cat([batch.images for batch in batches])
    assert images.shape == (11, 3, 32, 32)
    assert images.dtype == torch.float32
    for image, entry in zip(images, entries, strict=True):
        expected = read_for_model(Path(entry.path), 32, entry.window)
        assert np.array_equal(image.permute(1, 2, 0).numpy(), expected)


def test_failures_are_listed_with_their_positions(make_entry: MakeEntry) -> None:
    entries = [make_entry(seed) for seed in range(9)]
    Path(entries[1].path).unlink()
    for entry in entries[4:8]:  # a whole batch, and more
        Path(entry.path).write_bytes(Path(entry.path).read_bytes()[:60])
    first, second, third = read_batches(entries, 32, 4)
    assert (first.rows, second.rows, third.rows) == ([0, 2, 3], [], [8])
    assert [row for row, _ in first.failures] == [1]
    assert [row for row, _ in second.failures] == [4, 5, 6, 7]
    assert second.images.shape == (0, 3, 32, 32)
    assert third.images.shape == (1, 3, 32, 32)
    for row, error in first.failures + second.failures:
        assert entries[row].path in error.message
        assert error.hint


def test_nothing_asked_nothing_read() -> None:
    assert list(read_batches([], 32, 4)) == []


def test_no_more_than_a_few_batches_are_read_ahead(
    make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, begun = threading.Lock(), 0

    def counted(*arguments: Any) -> Any:
        nonlocal begun
        with lock:
            begun += 1
        return read_for_model(*arguments)

    monkeypatch.setattr(training.images, "read_for_model", counted)
    entries = [make_entry(0)] * 200
    batches = read_batches(entries, 32, 2)
    most = 0
    for taken, _ in enumerate(batches, start=1):
        most = max(most, begun - 2 * taken)
        if taken == 50:
            break
    batches.close()  # type: ignore[attr-defined]
    assert most <= 2 * 8
    assert begun <= 2 * (50 + 8)
    assert begun >= 2 * 50


def test_who_stops_reading_does_not_wait_for_what_was_to_come(
    make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = make_entry(0), make_entry(1)
    goes_on, begun = threading.Event(), []

    def slow(path: Path, *arguments: Any) -> Any:
        if path == Path(other.path):
            begun.append(path)
            goes_on.wait(60)
        return read_for_model(path, *arguments)

    class Pool(ThreadPoolExecutor):
        def shutdown(self, *arguments: Any, **options: Any) -> None:
            goes_on.set()
            super().shutdown(*arguments, **options)

    monkeypatch.setattr(training.images, "read_for_model", slow)
    monkeypatch.setattr(training.images, "_threads", lambda: 2)
    monkeypatch.setattr(training.images, "ThreadPoolExecutor", Pool)
    batches = read_batches([first] * 4 + [other] * 36, 32, 4)
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert len(begun) <= 2  # what the two threads were at


def test_a_bug_in_reading_is_not_taken_for_a_bad_image(
    make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(training.images, "read_for_model", broken)
    with pytest.raises(ZeroDivisionError):
        list(read_batches([make_entry(0)], 32, 2))


def test_a_file_that_changed_after_the_import_is_not_taken_for_the_old_one(
    make_entry: MakeEntry,
) -> None:
    entry, other = make_entry(1), make_entry(2)
    Path(entry.path).write_bytes(Path(other.path).read_bytes())
    (batch,) = read_batches([entry], 32, 4)
    ((_, error),) = batch.failures
    assert "changed" in error.message
    assert "Import" in error.hint
