"""Folders without a published shape: what their names say is believed, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.core.layouts import recognise
from inspector.core.layouts.words import judges, truth_of
from inspector.core.samples import Truth


def said_of(root: Path, *files: str, layout: str = "plain") -> dict[str, str]:
    """File -> what its place says, "class/split/truth/kind"."""
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    found = recognise(root)
    assert found.layout == layout
    return {
        s.path.relative_to(root).as_posix(): "/".join(
            [s.class_name, s.split.value, s.truth.value, s.defect_kind]
        )
        for s in found.samples
    }


def test_classes_of_images(tmp_path: Path) -> None:
    assert said_of(tmp_path, "nut/1.png", "nut/2.jpg", "bolt/1.png", "bolt/monday/2.png") == {
        "bolt/1.png": "bolt/unassigned/unknown/",
        "bolt/monday/2.png": "bolt/unassigned/unknown/",
        "nut/1.png": "nut/unassigned/unknown/",
        "nut/2.jpg": "nut/unassigned/unknown/",
    }
    assert recognise(tmp_path).description == "Folders by class: 2 classes, 4 images"


def test_names_that_judge(tmp_path: Path) -> None:
    assert said_of(
        tmp_path,
        "nut/OK/1.png",
        "nut/NG/2.png",
        "bolt/good/monday/1.png",
        "bolt/good/ok/1.png",
        "bolt/defect/dull/1.png",
        "bolt/scratch_head/1.png",
    ) == {
        "nut/OK/1.png": "nut/unassigned/good/",
        "nut/NG/2.png": "nut/unassigned/defective/NG",
        "bolt/good/monday/1.png": "bolt/unassigned/good/",
        "bolt/good/ok/1.png": "bolt/unassigned/good/",
        "bolt/defect/dull/1.png": "bolt/unassigned/defective/dull",
        "bolt/scratch_head/1.png": "bolt/unassigned/defective/scratch_head",
    }
    assert recognise(tmp_path).problems == ()
    assert "6 images (3 good and 3 defective)" in recognise(tmp_path).description


def test_splits_inside_and_outside_of_classes(tmp_path: Path) -> None:
    assert said_of(
        tmp_path / "a", "nut/train/1.png", "nut/test/bad/2.png", "nut/3.png", "bolt/Test/1.png"
    ) == {
        "nut/train/1.png": "nut/train/unknown/",
        "nut/test/bad/2.png": "nut/test/defective/bad",
        "nut/3.png": "nut/unassigned/unknown/",
        "bolt/Test/1.png": "bolt/test/unknown/",
    }
    assert said_of(
        tmp_path / "b", "train/nut/1.png", "train/bolt/1.png", "val/nut/2.png", "test/nut/bad/3.png"
    ) == {
        "train/nut/1.png": "nut/train/unknown/",
        "train/bolt/1.png": "bolt/train/unknown/",
        "val/nut/2.png": "nut/validation/unknown/",
        "test/nut/bad/3.png": "nut/test/defective/bad",
    }


def test_a_folder_that_is_itself_the_class(tmp_path: Path) -> None:
    assert said_of(tmp_path / "nut", "good/1.png", "scratch/2.png", "3.png", "defect/4.png") == {
        "good/1.png": "nut/unassigned/good/",
        "scratch/2.png": "nut/unassigned/defective/scratch",
        "defect/4.png": "nut/unassigned/defective/defect",
        "3.png": "nut/unassigned/unknown/",
    }
    assert said_of(tmp_path / "bolt", "train/1.png", "test/2.png") == {
        "train/1.png": "bolt/train/unknown/",
        "test/2.png": "bolt/test/unknown/",
    }


def test_kinds_of_defects_may_be_names_of_classes(tmp_path: Path) -> None:
    assert said_of(tmp_path, "hole_plate/1.png", "crack/1.png", "nut/1.png") == {
        "hole_plate/1.png": "hole_plate/unassigned/unknown/",
        "crack/1.png": "crack/unassigned/unknown/",
        "nut/1.png": "nut/unassigned/unknown/",
    }


def test_a_name_that_says_nothing_beside_names_that_do(tmp_path: Path) -> None:
    said = said_of(tmp_path, "nut/good/1.png", "nut/pitted/2.png")
    assert said["nut/pitted/2.png"] == "nut/unassigned/unknown/"
    (problem,) = recognise(tmp_path).problems
    assert problem.path == tmp_path / "nut/pitted"
    assert "does not say whether its images are good" in problem.reason
    assert problem.hint


def test_masks_are_listed_not_taken_for_images(tmp_path: Path) -> None:
    said = said_of(tmp_path, "nut/good/1.png", "nut/bad/2.png", "nut/masks/2.png", "masks/1.png")
    assert set(said) == {"nut/good/1.png", "nut/bad/2.png", "masks/1.png"}
    (problem,) = recognise(tmp_path).problems
    assert problem.path == tmp_path / "nut/masks/2.png"
    assert "mask" in problem.reason


def test_one_flat_folder(tmp_path: Path) -> None:
    assert said_of(tmp_path, "10.png", "9.TIFF", "x.webp", layout="flat") == {
        "9.TIFF": "/unassigned/unknown/",
        "10.png": "/unassigned/unknown/",
        "x.webp": "/unassigned/unknown/",
    }
    assert recognise(tmp_path).description == "One flat folder: 3 images"
    assert recognise(tmp_path).problems == ()


def test_the_larger_part_decides_and_the_smaller_is_listed(tmp_path: Path) -> None:
    flat = said_of(tmp_path / "a", "1.png", "2.png", "old/1.png", layout="flat")
    assert set(flat) == {"1.png", "2.png"}
    assert [p.path for p in recognise(tmp_path / "a").problems] == [tmp_path / "a/old/1.png"]
    by_class = said_of(tmp_path / "b", "1.png", "old/1.png", "new/1.png")
    assert set(by_class) == {"old/1.png", "new/1.png"}
    assert [p.path for p in recognise(tmp_path / "b").problems] == [tmp_path / "b/1.png"]


GOOD = ["good", "OK", "Normal", "ok_parts", "no_defect", "defect-free", "without defects", "ok2"]
DEFECTIVE = ["bad", "KO", "NG", "not_ok", "not good", "defect 3", "scratch_head", "Broken-Large"]
UNKNOWN = ["monday", "camera1", "images", "", "123", "goodyear", "scratchpad", "good_and_bad"]


@pytest.mark.parametrize("name", GOOD + DEFECTIVE + UNKNOWN)
def test_what_a_name_says(name: str) -> None:
    expected = Truth.GOOD if name in GOOD else Truth.DEFECTIVE if name in DEFECTIVE else None
    assert truth_of(name) is (expected or Truth.UNKNOWN)


@pytest.mark.parametrize("name", ["good", "NG", "not_ok", "defect", "no defect"])
def test_names_that_are_only_judgements(name: str) -> None:
    assert judges(name)


@pytest.mark.parametrize("name", ["crack", "hole_plate", "ok_parts", "good_nut", "no", "", "7"])
def test_names_that_may_be_products(name: str) -> None:
    assert not judges(name)
