"""Nothing is silently dropped: each file is a sample, a mask, or listed with a reason."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.layouts import LAYOUTS, recognise
from inspector.errors import InspectorError

MVTEC = ["nut/train/good/0.png", "nut/test/bad/0.png", "nut/ground_truth/bad/0_mask.png"]
VISA = [
    "candle/Data/Images/Normal/0.JPG",
    "candle/Data/Images/Anomaly/0.JPG",
    "candle/Data/Masks/Anomaly/0.png",
]
ROWS = [
    "object,split,label,image,mask",
    f"candle,train,normal,{VISA[0]},",
    f"candle,test,anomaly,{VISA[1]},{VISA[2]}",
]


def build(root: Path, *files: str) -> Path:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def reasons(root: Path, layout: str | None = None) -> dict[str, str]:
    problems = recognise(root, layout).problems
    return {problem.path.relative_to(root).as_posix(): problem.reason for problem in problems}


def test_odd_things_in_a_data_set(tmp_path: Path) -> None:
    build(tmp_path, *MVTEC, "nut/test/bad/1.png", "nut/ground_truth/bad/7_mask.png")
    build(
        tmp_path, "nut/train/good/1.xyz", "nut/train/good/notes.txt", "nut/0.png", "nut/test/0.png"
    )
    build(tmp_path, "nut/test/bad/deeper/0.png", "loose.png", "nut/test/bad/noending")
    (tmp_path / "bolt/train/good").mkdir(parents=True)
    found = reasons(tmp_path)
    assert list(found) == [
        "bolt",
        "loose.png",
        "nut/0.png",
        "nut/ground_truth/bad/7_mask.png",
        "nut/test/0.png",
        "nut/test/bad/1.png",
        "nut/test/bad/deeper/0.png",
        "nut/test/bad/noending",
        "nut/train/good/1.xyz",
        "nut/train/good/notes.txt",
    ]
    assert "empty" in found["bolt"]
    assert "expects none" in found["loose.png"]
    assert "belongs to no image" in found["nut/ground_truth/bad/7_mask.png"]
    assert "without a mask" in found["nut/test/bad/1.png"]
    assert "(.xyz)" in found["nut/train/good/1.xyz"]
    assert "(no suffix)" in found["nut/test/bad/noending"]
    assert len(recognise(tmp_path).samples) == 3


def test_no_masks_at_all_is_no_problem(tmp_path: Path) -> None:
    build(tmp_path, *MVTEC, "bolt/train/good/0.png", "bolt/test/bad/0.png")
    assert reasons(tmp_path) == {}


def test_what_systems_and_authors_leave_behind_is_no_problem(tmp_path: Path) -> None:
    build(tmp_path, *MVTEC, "Thumbs.db", "nut/.DS_Store", "nut/._0.png", ".git/config", "LICENSE")
    build(tmp_path, "README.md", "nut/license.txt", "__MACOSX/nut/0.png", "nut/desktop.ini")
    (tmp_path / "nut/ground_truth/good").mkdir()
    assert reasons(tmp_path) == {}
    assert len(recognise(tmp_path).samples) == 2


def visa(root: Path, *rows: str) -> Path:
    build(root, *VISA, "split_csv/1cls.csv")
    (root / "split_csv/1cls.csv").write_text("\n".join(rows))
    return root


def test_split_file_and_disk_disagree(tmp_path: Path) -> None:
    root = visa(
        tmp_path,
        "\ufeff" + ROWS[0],
        f"candle,train,normal,{VISA[0]},",
        f"candle,test,normal,{VISA[0]},",
        "candle,train,normal,candle/Data/Images/Normal/1.JPG,",
        "candle,test,anomaly,candle/Data/Images/Anomaly/2.JPG,candle/Data/Masks/Anomaly/2.png",
        "candle,often,normal,candle/Data/Images/Normal/3.JPG,",
        "pcb1,train,normal,pcb1/Data/Images/Normal/0.JPG,",
        "pcb1,train,normal,pcb1/Data/Images/Normal/1.JPG,",
        ",train,normal,candle/Data/Images/Normal/4.JPG,",
    )
    build(root, *(f"candle/Data/Images/Normal/{i}.JPG" for i in (3, 4)))
    build(root, "candle/Data/Images/Anomaly/2.JPG")
    found = reasons(root)
    assert list(found) == [
        "candle/Data/Images/Anomaly/0.JPG",
        "candle/Data/Images/Normal/0.JPG",
        "candle/Data/Images/Normal/1.JPG",
        "candle/Data/Images/Normal/3.JPG",
        "candle/Data/Images/Normal/4.JPG",
        "candle/Data/Masks/Anomaly/0.png",
        "candle/Data/Masks/Anomaly/2.png",
        "pcb1",
    ]
    assert "Not listed" in found["candle/Data/Images/Anomaly/0.JPG"]
    assert found["candle/Data/Images/Normal/0.JPG"] == "Listed again in line 3 of 1cls.csv."
    assert "line 4" in found["candle/Data/Images/Normal/1.JPG"]
    assert "'candle,often,normal' in line 6" in found["candle/Data/Images/Normal/3.JPG"]
    assert "not there" in found["pcb1"]
    samples = recognise(root).samples
    assert [s.path.name for s in samples] == ["0.JPG", "2.JPG"]
    assert samples[0].split == "train"


@pytest.mark.parametrize(
    "content", [b"", b"image,label\nx,y\n", b"\xff\xfe\x00\xd8", b'object,split,label,image\n"a,b']
)
def test_split_file_that_is_no_table(tmp_path: Path, content: bytes) -> None:
    root = visa(tmp_path)
    (root / "split_csv/1cls.csv").write_bytes(content)
    with pytest.raises(InspectorError, match=r"1cls\.csv") as caught:
        recognise(root)
    assert "'visa'" in caught.value.hint
    assert len(recognise(root, "visa").samples) == 2


def refused(folder: Path, layout: str | None = None) -> InspectorError:
    with pytest.raises(InspectorError) as caught:
        recognise(folder, layout)
    assert caught.value.hint
    return caught.value


def test_folders_that_hold_nothing_to_look_at(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "none").message
    assert "no image" in refused(tmp_path).message
    build(tmp_path, "a.txt", "nut/readme.txt", "nut/.hidden.png")
    assert "no image" in refused(tmp_path).message
    assert "is a file" in refused(tmp_path / "a.txt").message
    assert "cannot be reached" in refused(Path("nul\0nul")).message
    build(tmp_path / "nut2", "ground_truth/scratch/0.png")
    assert recognise(tmp_path / "nut2").samples  # a class called ground_truth, as far as one sees


def test_layouts_that_do_not_exist_or_fit(tmp_path: Path) -> None:
    build(tmp_path, *MVTEC)
    error = refused(tmp_path, "cifar")
    assert "'cifar'" in error.message
    assert all(name in error.hint for name in LAYOUTS)
    for layout in ("visa", "visa-csv", "btad", "dagm", "flat"):
        error = refused(tmp_path, layout)
        assert "does not have the layout" in error.message
        assert LAYOUTS[layout].partition(": ")[2] in error.hint


def test_a_forced_layout_lists_what_it_cannot_use(tmp_path: Path) -> None:
    build(tmp_path, "0.png", *MVTEC)
    found = recognise(tmp_path, "flat")
    assert [sample.path.name for sample in found.samples] == ["0.png"]
    assert len(found.problems) == 3


def test_a_folder_that_may_not_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, *MVTEC, "bolt/train/good/0.png")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "bolt":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert reasons(tmp_path) == {"bolt": "The folder cannot be opened: Permission denied."}
    assert "Permission denied" in refused(tmp_path / "bolt").message


def test_links(tmp_path: Path) -> None:
    build(tmp_path / "elsewhere", "0.png")
    root = build(tmp_path / "set", "nut/0.png", "nut/1.png")
    try:
        (root / "bolt").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
        (root / "nut/circle").symlink_to(root, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    found = recognise(root)
    assert [s.path.relative_to(root).as_posix() for s in found.samples] == [
        "bolt/0.png",
        "nut/0.png",
        "nut/1.png",
    ]
    assert reasons(root) == {"nut/circle": "A link back to a folder that it lies in."}


def test_names_that_are_no_text(tmp_path: Path) -> None:
    build(tmp_path, "nut/0.png")
    try:
        (tmp_path / os.fsdecode(b"nut/br\xf6ken.png")).touch()
    except OSError:
        pytest.skip("this system allows only names that are text")
    (problem,) = recognise(tmp_path).problems
    assert str(problem.path).encode()
    assert "no text" in problem.reason


NAMES = st.sampled_from(
    [
        *("nut", "train", "test", "validation", "good", "ok", "ko", "bad", "scratch"),
        *("ground_truth", "Data", "Images", "Masks", "Normal", "Anomaly", "Label", "batch 2"),
    ]
)
FILES = st.sampled_from(["0.png", "1.JPG", "0_mask.png", "1_label.PNG", "a.txt", "b.json", "c"])
TREES = st.sets(
    st.tuples(st.lists(NAMES, max_size=4), FILES).map(lambda t: "/".join([*t[0], t[1]])),
    min_size=1,
    max_size=12,
)


@given(files=TREES, layout=st.sampled_from([None, *LAYOUTS]))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_every_file_is_a_sample_a_mask_or_a_problem(files: set[str], layout: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = build(Path(folder).resolve(), *sorted(files))
        try:
            found = recognise(root, layout)
        except InspectorError as error:
            images = {name for name in files if name.lower().endswith((".png", ".jpg"))}
            masks = {
                name for name in images if {"masks", "ground_truth"} & {*name.lower().split("/")}
            }
            assert layout is not None or images <= masks, error
            return
        images = [sample.path for sample in found.samples]
        masks = [path for sample in found.samples for path in sample.mask_paths]
        problems = [problem.path for problem in found.problems]
        assert len(set(images)) == len(images)
        assert len(set(problems)) == len(problems)
        assert not set(images) & set(masks)
        assert {root / name for name in files} <= {*images, *masks, *problems}
        assert all(path.exists() for path in [*images, *masks, *problems])
        assert recognise(root, found.layout) == found
