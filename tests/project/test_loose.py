"""Snapshots of folders that are not imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from inspector.core.samples import Split, Truth
from inspector.core.windows import IntensityWindow
from inspector.errors import InspectorError
from inspector.project.loose import snapshot_of_folder
from inspector.project.snapshots import read_snapshot

WriteImage = Callable[..., Path]
BOLT, NUT = IntensityWindow(100.0, 2000.0), IntensityWindow(50.0, 900.0)


def test_all_images_of_a_flat_folder_bad_ones_too(tmp_path: Path, write_image: WriteImage) -> None:
    folder = tmp_path / "new"
    for name in ("10.png", "9.png"):
        write_image(folder / name, 1)
    (folder / "broken.png").write_bytes(b"no image")
    found = snapshot_of_folder(folder, None, {})
    assert [Path(e.path).name for e in found.entries] == ["9.png", "10.png", "broken.png"]
    assert [e.image_id for e in found.entries] == [1, 2, 3]
    for entry in found.entries:
        assert Path(entry.path).is_absolute()
        assert (entry.class_name, entry.split, entry.truth) == (
            "",
            Split.UNASSIGNED,
            Truth.UNKNOWN,
        )
        assert entry.window is None


def test_what_the_layout_says_is_kept(parts: Path) -> None:
    found = snapshot_of_folder(parts, None, {})
    assert found.classes() == ("Dübel 木", "bolt")
    assert len(found.test()) == 8
    scratched = [e for e in found.entries if e.defect_kind == "scratch"]
    assert len(scratched) == 4
    assert all(len(entry.masks) == 1 for entry in scratched)


def test_the_snapshot_is_one_that_a_worker_can_read(tmp_path: Path, parts: Path) -> None:
    found = snapshot_of_folder(parts, None, {"bolt": BOLT})
    file = tmp_path / "snapshot.json"
    file.write_bytes(msgspec.json.encode(found))
    assert read_snapshot(file) == found


def test_sixteen_bit_images_get_their_class_window(tmp_path: Path, write_image: WriteImage) -> None:
    folder = tmp_path / "new"
    for name in ("bolt", "nut"):
        write_image(folder / name / "16 bit.png", 1, high=60_000)
        write_image(folder / name / "8 bit.png", 2)
    windows = {"bolt": BOLT, "nut": NUT}
    found = {
        (e.class_name, Path(e.path).stem): e.window
        for e in snapshot_of_folder(folder, None, windows).entries
    }
    assert found["bolt", "16 bit"] == BOLT
    assert found["nut", "16 bit"] == NUT
    assert {found[name, "8 bit"] for name in ("bolt", "nut")} == {None}


def test_sixteen_bits_of_a_class_that_is_not_known_are_not_guessed(
    tmp_path: Path, write_image: WriteImage
) -> None:
    folder = tmp_path / "new"
    write_image(folder / "washer" / "16 bit.png", 1, high=60_000)
    windows = {"bolt": BOLT, "nut": NUT}
    with pytest.raises(InspectorError, match=r"16 bits.*bolt, nut") as caught:
        snapshot_of_folder(folder, None, windows)
    assert "--class-name" in caught.value.hint
    (entry,) = snapshot_of_folder(folder, None, windows, "nut").entries
    assert (entry.class_name, entry.window) == ("nut", NUT)
    (only,) = snapshot_of_folder(folder, None, {"bolt": BOLT}).entries
    assert only.window == BOLT


def test_an_unreadable_image_does_not_hinder_the_windows(
    tmp_path: Path, write_image: WriteImage
) -> None:
    folder = tmp_path / "new"
    write_image(folder / "good.png", 1, high=60_000)
    (folder / "broken.png").write_bytes(b"no image")
    (folder / "empty.png").write_bytes(b"")
    found = snapshot_of_folder(folder, None, {"bolt": BOLT})
    assert {Path(e.path).name: e.window for e in found.entries} == {
        "good.png": BOLT,
        "broken.png": None,
        "empty.png": None,
    }


@pytest.mark.parametrize("kind", ["missing", "empty", "a file"])
def test_nothing_there(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "new"
    if kind == "empty":
        folder.mkdir()
    elif kind == "a file":
        folder.write_text("I am a file.")
    with pytest.raises(InspectorError, match="new") as caught:
        snapshot_of_folder(folder, None, {})
    assert caught.value.hint


def test_a_layout_can_be_forced(parts: Path) -> None:
    assert len(snapshot_of_folder(parts, "mvtec", {}).entries) == 16
    with pytest.raises(InspectorError, match="does not have the layout"):
        snapshot_of_folder(parts, "visa-csv", {})
