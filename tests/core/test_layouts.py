"""The published layouts: each is told from the others, and every image gets what its place says."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from inspector.core.layouts import LAYOUTS, Recognised, recognise
from inspector.core.samples import Sample, Split, Truth

MVTEC = [
    "bottle/train/good/000.png",
    "bottle/train/good/001.png",
    "bottle/test/good/000.png",
    "bottle/test/broken_large/000.png",
    "bottle/test/broken_large/001.png",
    "bottle/ground_truth/broken_large/000_mask.png",
    "bottle/ground_truth/broken_large/001_mask.png",
    "bottle/license.txt",
    "screw/train/good/000.png",
    "screw/test/good/000.png",
    "screw/test/thread_side/000.png",
    "screw/ground_truth/thread_side/000_mask.png",
    "readme.txt",
]
LOCO = [
    "pushpins/train/good/000.png",
    "pushpins/validation/good/000.png",
    "pushpins/test/good/000.png",
    "pushpins/test/logical_anomalies/000.png",
    "pushpins/test/structural_anomalies/000.png",
    "pushpins/ground_truth/logical_anomalies/000/000.png",
    "pushpins/ground_truth/logical_anomalies/000/001.png",
    "pushpins/ground_truth/structural_anomalies/000/000.png",
    "pushpins/defects_config.json",
]
VISA = [
    "candle/Data/Images/Normal/0000.JPG",
    "candle/Data/Images/Normal/0001.JPG",
    "candle/Data/Images/Anomaly/000.JPG",
    "candle/Data/Masks/Anomaly/000.png",
    "candle/image_anno.csv",
    "pcb1/Data/Images/Normal/0000.JPG",
    "pcb1/Data/Images/Anomaly/000.JPG",
    "pcb1/Data/Masks/Anomaly/000.png",
    "pcb1/image_anno.csv",
    "LICENSE-DATASET",
]
VISA_ROWS = [
    "object,split,label,image,mask",
    "candle,train,normal,candle/Data/Images/Normal/0001.JPG,",
    "candle,test,normal,candle/Data/Images/Normal/0000.JPG,",
    "candle,test,anomaly,candle/Data/Images/Anomaly/000.JPG,candle/Data/Masks/Anomaly/000.png",
    "pcb1,train,normal,pcb1/Data/Images/Normal/0000.JPG,",
    "pcb1,test,anomaly,pcb1/Data/Images/Anomaly/000.JPG,pcb1/Data/Masks/Anomaly/000.png",
]
BTAD = [
    "01/train/ok/0000.bmp",
    "01/test/ok/0000.bmp",
    "01/test/ko/0000.bmp",
    "01/ground_truth/ko/0000.png",
    "03/train/ok/0000.bmp",
    "03/test/ok/0000.bmp",
    "03/test/ko/0007.bmp",
    "03/ground_truth/ko/0007.bmp",
]
DAGM = [
    "Class1/Train/0001.PNG",
    "Class1/Train/0002.PNG",
    "Class1/Train/Label/0002_label.PNG",
    "Class1/Train/Label/Labels.txt",
    "Class1/Test/0001.PNG",
    "Class1/Test/Label/0001_label.PNG",
    "Class1/Test/Label/Labels.txt",
    "Class10/Train/0001.PNG",
    "Class10/Test/0001.PNG",
    "Class10/Test/0002.PNG",
    "Class10/Test/Label/0002_label.PNG",
    "Class10/Test/Label/Labels.txt",
]
PUBLISHED = {
    "mvtec": MVTEC,
    "mvtec-loco": LOCO,
    "visa": VISA,
    "btad": BTAD,
    "dagm": DAGM,
}


def build(root: Path, files: Iterable[str]) -> Path:
    """Empty files: a layout is a matter of names."""
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def build_visa_csv(root: Path, rows: Iterable[str] = VISA_ROWS) -> Path:
    build(root, [*VISA, "split_csv/1cls.csv", "split_csv/2cls_fewshot.csv"])
    (root / "split_csv/1cls.csv").write_text("\n".join(rows) + "\n")
    return root


def line(sample: Sample, root: Path) -> str:
    """A sample on one line: its place, what is said of it, its masks."""
    words = [sample.class_name, sample.split.value, sample.truth.value, sample.defect_kind]
    masks = [path.relative_to(root).as_posix() for path in sample.mask_paths]
    return " | ".join([sample.path.relative_to(root).as_posix(), "/".join(words), *masks])


def lines(found: Recognised, root: Path) -> list[str]:
    return [line(sample, root) for sample in found.samples]


def test_mvtec(tmp_path: Path) -> None:
    found = recognise(build(tmp_path, MVTEC))
    assert found.layout == "mvtec"
    assert found.problems == ()
    assert lines(found, tmp_path) == [
        "bottle/train/good/000.png | bottle/train/good/",
        "bottle/train/good/001.png | bottle/train/good/",
        "bottle/test/broken_large/000.png | bottle/test/defective/broken_large"
        " | bottle/ground_truth/broken_large/000_mask.png",
        "bottle/test/broken_large/001.png | bottle/test/defective/broken_large"
        " | bottle/ground_truth/broken_large/001_mask.png",
        "bottle/test/good/000.png | bottle/test/good/",
        "screw/train/good/000.png | screw/train/good/",
        "screw/test/good/000.png | screw/test/good/",
        "screw/test/thread_side/000.png | screw/test/defective/thread_side"
        " | screw/ground_truth/thread_side/000_mask.png",
    ]
    assert found.description == "MVTec AD: 2 classes, 3 training and 5 test images, 3 with masks"


def test_one_class_folder_alone(tmp_path: Path) -> None:
    found = recognise(build(tmp_path, MVTEC) / "bottle")
    assert found.description == "MVTec AD: 1 class, 2 training and 3 test images, 2 with masks"
    assert {sample.class_name for sample in found.samples} == {"bottle"}


def test_loco(tmp_path: Path) -> None:
    found = recognise(build(tmp_path, LOCO))
    assert found.layout == "mvtec-loco"
    assert found.problems == ()
    assert lines(found, tmp_path) == [
        "pushpins/train/good/000.png | pushpins/train/good/",
        "pushpins/validation/good/000.png | pushpins/validation/good/",
        "pushpins/test/good/000.png | pushpins/test/good/",
        "pushpins/test/logical_anomalies/000.png | pushpins/test/defective/logical_anomalies"
        " | pushpins/ground_truth/logical_anomalies/000/000.png"
        " | pushpins/ground_truth/logical_anomalies/000/001.png",
        "pushpins/test/structural_anomalies/000.png | pushpins/test/defective/structural_anomalies"
        " | pushpins/ground_truth/structural_anomalies/000/000.png",
    ]
    assert found.description == (
        "MVTec LOCO AD: 1 class, 1 training, 1 validation and 3 test images, 2 with masks"
    )


def test_visa_folders(tmp_path: Path) -> None:
    found = recognise(build(tmp_path, VISA))
    assert found.layout == "visa"
    assert found.problems == ()
    assert lines(found, tmp_path)[:3] == [
        "candle/Data/Images/Anomaly/000.JPG | candle/unassigned/defective/Anomaly"
        " | candle/Data/Masks/Anomaly/000.png",
        "candle/Data/Images/Normal/0000.JPG | candle/unassigned/good/",
        "candle/Data/Images/Normal/0001.JPG | candle/unassigned/good/",
    ]
    assert found.description == "VisA: 2 classes, 5 images (3 good and 2 defective), 2 with masks"


@pytest.mark.parametrize("change", [str, str.upper, lambda row: row.replace("/", "\\")])
def test_visa_split_file(tmp_path: Path, change: object) -> None:
    rows = [VISA_ROWS[0], *map(change, VISA_ROWS[1:])] if callable(change) else VISA_ROWS
    if change is str.upper:
        rows = [row.replace("CANDLE,", "candle,").replace("PCB1,", "pcb1,") for row in rows]
    found = recognise(build_visa_csv(tmp_path, rows))
    assert found.layout == "visa-csv"
    assert found.problems == ()
    assert lines(found, tmp_path) == [
        "candle/Data/Images/Normal/0001.JPG | candle/train/good/",
        "candle/Data/Images/Normal/0000.JPG | candle/test/good/",
        "candle/Data/Images/Anomaly/000.JPG | candle/test/defective/Anomaly"
        " | candle/Data/Masks/Anomaly/000.png",
        "pcb1/Data/Images/Normal/0000.JPG | pcb1/train/good/",
        "pcb1/Data/Images/Anomaly/000.JPG | pcb1/test/defective/Anomaly"
        " | pcb1/Data/Masks/Anomaly/000.png",
    ]


def test_visa_by_folders_although_there_is_a_split_file(tmp_path: Path) -> None:
    found = recognise(build_visa_csv(tmp_path), layout="visa")
    assert {sample.split for sample in found.samples} == {Split.UNASSIGNED}
    assert found.problems == ()


def test_visa_converted_for_training_is_mvtec(tmp_path: Path) -> None:
    """The layout that VisA's own preparation writes: masks without "_mask"."""
    files = [
        "candle/train/good/0000.JPG",
        "candle/test/good/0001.JPG",
        "candle/test/bad/000.JPG",
        "candle/ground_truth/bad/000.png",
    ]
    found = recognise(build(tmp_path, files))
    assert found.layout == "mvtec"
    assert found.problems == ()
    assert found.samples[1].mask_paths == (tmp_path / files[3],)


def test_btad(tmp_path: Path) -> None:
    found = recognise(build(tmp_path, BTAD))
    assert found.layout == "btad"
    assert found.problems == ()
    assert lines(found, tmp_path) == [
        "01/train/ok/0000.bmp | 01/train/good/",
        "01/test/ko/0000.bmp | 01/test/defective/ko | 01/ground_truth/ko/0000.png",
        "01/test/ok/0000.bmp | 01/test/good/",
        "03/train/ok/0000.bmp | 03/train/good/",
        "03/test/ko/0007.bmp | 03/test/defective/ko | 03/ground_truth/ko/0007.bmp",
        "03/test/ok/0000.bmp | 03/test/good/",
    ]


def test_dagm(tmp_path: Path) -> None:
    found = recognise(build(tmp_path, DAGM))
    assert found.layout == "dagm"
    assert found.problems == ()
    assert lines(found, tmp_path) == [
        "Class1/Train/0001.PNG | Class1/train/good/",
        "Class1/Train/0002.PNG | Class1/train/defective/ | Class1/Train/Label/0002_label.PNG",
        "Class1/Test/0001.PNG | Class1/test/defective/ | Class1/Test/Label/0001_label.PNG",
        "Class10/Train/0001.PNG | Class10/train/good/",
        "Class10/Test/0001.PNG | Class10/test/good/",
        "Class10/Test/0002.PNG | Class10/test/defective/ | Class10/Test/Label/0002_label.PNG",
    ]
    assert "3 training and 3 test images, 3 with masks" in found.description


@pytest.mark.parametrize("layout", PUBLISHED)
@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase])
def test_upper_and_lower_case_are_the_same(tmp_path: Path, layout: str, change: object) -> None:
    assert callable(change)
    found = recognise(build(tmp_path / "a", PUBLISHED[layout]))
    changed = recognise(build(tmp_path / "b", map(change, PUBLISHED[layout])))
    assert changed.layout == found.layout == layout
    assert changed.problems == ()
    assert sorted(line(s, tmp_path / "b").casefold() for s in changed.samples) == sorted(
        line(s, tmp_path / "a").casefold() for s in found.samples
    )


@pytest.mark.parametrize("layout", PUBLISHED)
def test_wrapping_folders_and_single_classes_change_nothing(tmp_path: Path, layout: str) -> None:
    root = build(tmp_path / "download/archive", PUBLISHED[layout])
    plain, wrapped = recognise(root), recognise(tmp_path)
    assert wrapped.layout == plain.layout == layout
    assert wrapped.samples == plain.samples
    assert wrapped.problems == ()
    of_classes = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        found = recognise(folder)
        assert (found.layout, found.problems) == (layout, ())
        of_classes += found.samples
    assert sorted(of_classes, key=lambda s: s.path) == sorted(plain.samples, key=lambda s: s.path)


@pytest.mark.parametrize("layout", PUBLISHED)
def test_any_published_layout_can_be_asked_for(tmp_path: Path, layout: str) -> None:
    root = build(tmp_path, PUBLISHED[layout])
    assert recognise(root, layout) == recognise(root)


def test_every_layout_is_described_in_words() -> None:
    assert set(PUBLISHED) | {"visa-csv", "plain", "flat"} == set(LAYOUTS)
    assert all(": " in words for words in LAYOUTS.values())


def test_masks_go_to_test_images_not_to_their_namesakes(tmp_path: Path) -> None:
    files = [
        "nut/train/good/000.png",
        "nut/train/scratch/000.png",
        "nut/test/good/000.png",
        "nut/test/scratch/000.png",
        "nut/ground_truth/scratch/000_mask.png",
        "nut/ground_truth/good/000_mask.png",
    ]
    found = recognise(build(tmp_path, files))
    masked = {line(s, tmp_path).split(" | ")[0] for s in found.samples if s.mask_paths}
    assert masked == {"nut/test/good/000.png", "nut/test/scratch/000.png"}
    assert [problem.path.parent.parent.name for problem in found.problems] == ["train"]
    assert "1 with masks" in found.description


def test_masks_of_training_defects_where_only_they_exist(tmp_path: Path) -> None:
    files = [
        "nut/train/good/000.png",
        "nut/train/scratch/000.png",
        "nut/ground_truth/scratch/000_mask.png",
    ]
    found = recognise(build(tmp_path, files))
    assert found.problems == ()
    assert found.samples[1].truth is Truth.DEFECTIVE
    assert found.samples[1].mask_paths == (tmp_path / files[2],)


def test_order_is_natural_whatever_the_disk_says(tmp_path: Path) -> None:
    names = [f"nut{c}/train/good/part{i}.png" for c in (10, 9) for i in (10, 2, 1, 33)]
    found = recognise(build(tmp_path, names))
    order = [path.path.relative_to(tmp_path).as_posix() for path in found.samples]
    assert order == [f"nut{c}/train/good/part{i}.png" for c in (9, 10) for i in (1, 2, 10, 33)]


def test_paths_are_absolute_from_any_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, MVTEC)
    monkeypatch.chdir(tmp_path / "bottle")
    assert recognise(Path("..")) == recognise(tmp_path)
    assert recognise(Path()).samples[0].class_name == "bottle"


DATA = Path(os.environ.get("INSPECTOR_DATA", Path(__file__).parents[3] / "shared/data"))


@pytest.mark.skipif(not DATA.is_dir(), reason="the real images to measure on are not here")
def test_real_parts() -> None:
    found = recognise(DATA / "parts")
    assert found.description == (
        "MVTec AD: 5 classes, 711 training and 502 test images, 343 with masks"
    )
    assert found.problems == ()
    assert recognise(DATA / "textures").layout == "flat"
