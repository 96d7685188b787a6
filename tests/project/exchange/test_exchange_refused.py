"""Masks that cannot be imported: what is wrong is said, and nothing changes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from inspector.errors import InspectorError
from inspector.project.project import Project

from .documents import (
    IMAGES,
    SIZE,
    corners,
    flat,
    painted_rows,
    write_coco,
    write_labelme,
    write_png,
)


def state_of(project: Project) -> tuple[object, ...]:
    """All that an import could change."""
    tables = ("defect_type", "annotation", "working_mask", "stroke")
    return tuple(list(map(tuple, project._database.rows(f"SELECT * FROM {t}"))) for t in tables)


def _cut_short(place: Path) -> Path:
    write_png(place, np.random.default_rng(0).random(SIZE) > 0.5)
    file = next(place.rglob("*.png"))
    file.write_bytes(file.read_bytes()[:60])
    return place


def _renamed(place: Path, old: str, new: str) -> Path:
    write_png(place, painted_rows(1))
    file = next(place.rglob("*.png"))
    goal = Path(str(file).replace(old, new))
    goal.parent.mkdir(parents=True, exist_ok=True)
    file.rename(goal)
    return place


def _labelme(points: Any, kind: str = "polygon", **more: Any) -> Callable[[Path], Path]:
    image = more.pop("image", IMAGES[0])
    return lambda place: write_labelme(place / "x.json", image, "scratch", points, kind, **more)


def _coco(segmentation: Any, annotation: Any = None, **image: Any) -> Callable[[Path], Path]:
    values = {"segmentation": segmentation} | (annotation or {})
    return lambda place: write_coco(place / "x.json", [{"segmentation": [flat(1, 3)]}, values],
                                    **image)  # fmt: skip


def _text(name: str, text: str) -> Callable[[Path], Path]:
    def write(place: Path) -> Path:
        (place / name).write_text(text)
        return place / name

    return write


BOX_OF_PNG = base64.b64encode(cv2.imencode(".png", np.ones((2, 2), np.uint8))[1].tobytes()).decode()

BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "png of another size": (
        lambda p: write_png(p, np.ones((6, 8))), "is 8×6 pixels, but its image"),
    "empty png": (lambda p: write_png(p, np.zeros(SIZE)), "is empty"),
    "damaged png": (_cut_short, "cut short or damaged"),
    "png of no image": (lambda p: _renamed(p, "000", "123"), "'123', which is not in the project"),
    "png of another number of its kind": (
        lambda p: _renamed(p, "000", "007"), "'007', which is not in the project"),
    "png of no class": (lambda p: _renamed(p, "bolt", "gear"), "the class 'gear'"),
    "no mask that can be read": (lambda p: _renamed(p, ".png", ".jpg"), "no mask that can be read"),
    "polygon of two points": (_labelme([[0, 0], [3, 3]]), "with 2 points; it takes three"),
    "polygon without area": (_labelme([[0, 0], [3, 0], [9, 0]]), "is empty"),
    "polygon beyond the image": (_labelme([[90, 90], [99, 90], [99, 99]]), "is empty"),
    "polygon far away": (_labelme([[0, 0], [1e300, 0], [9, 9]]), "nowhere near"),
    "line": (_labelme([[0, 0], [3, 3]], "line"), "is a line, which is no region"),
    "rectangle of one point": (_labelme([[0, 0]], "rectangle"), "it takes two"),
    "labelme of another size": (
        _labelme(corners(1, 3), imageWidth=8, imageHeight=6), "of 8×6 pixels, but"),
    "labelme of no image": (_labelme(corners(1, 3), image="b/9.png"), "'b/9.png', which is not"),
    "labelme without a label": (_labelme(corners(1, 3), shape={"label": " "}), "names no type"),
    "labelme with a damaged mask": (
        _labelme([[0, 0], [1, 1]], "mask", shape={"mask": "AAAA"}), "is damaged"),
    "labelme with a mask of another size": (
        _labelme([[0, 0], [2, 1]], "mask", shape={"mask": BOX_OF_PNG}), "do not fill its box"),
    "labelme with a mask beside the image": (
        _labelme([[15, 0], [16, 1]], "mask", shape={"mask": BOX_OF_PNG}), "not in the image"),
    "coco of no image": (_coco([flat(1, 3)], file_name="no.png"), "'no.png', which is not in"),
    "coco of another size": (_coco([flat(1, 3)], width=20), "of 20×12 pixels, but"),
    "coco with runs of another size": (
        _coco({"counts": [0, 48], "size": [6, 8]}), "of 8×6 pixels, but"),
    "coco with runs that do not fill": (
        _coco({"counts": [0, 48], "size": [12, 16]}), "annotation 2 is damaged"),
    "coco with damaged text": (_coco({"counts": "~", "size": [12, 16]}), "annotation 2 is damaged"),
    "coco with an empty mask": (_coco({"counts": [192], "size": [12, 16]}), "is empty"),
    "coco with a polygon of two points": (_coco([[0, 0, 5, 5]]), "it takes three points"),
    "coco with a box only": (_coco([]), "has a box but no mask"),
    "coco with an unlisted image": (_coco([flat(1, 3)], {"image_id": 5}), "the image 5"),
    "coco with an unlisted category": (_coco([flat(1, 3)], {"category_id": 5}), "the category 5"),
    "coco with nothing": (_text("x.json", '{"images":[],"annotations":[],"categories":[]}'),
                          "holds no mask"),
    "coco of another kind": (_text("x.json", '{"images":[],"annotations":3}'),
                             "is no file of COCO"),
    "damaged json": (_text("x.json", '{"shapes": ['), "cut short or damaged"),
    "json of another kind": (_text("x.json", "{}"), "format of .* is not known"),
    "json that is a list": (_text("x.json", "[]"), "no file of labelme or COCO"),
    "deep json": (_text("x.json", '{"shapes":' + "[" * 100_000), "damaged"),
    "another file": (_text("x.txt", "hello"), "format of .* is not known"),
    "empty folder": (lambda p: p, "format of .* is not known"),
    "nothing": (lambda p: p / "nothing", "does not exist"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_said_in_one_sentence_and_changes_nothing(
    case: str, mine: Project, tmp_path: Path
) -> None:
    write, words = BAD[case]
    place = tmp_path / "in"
    place.mkdir()
    before = state_of(mine)
    with pytest.raises(InspectorError, match=words) as error:
        mine.import_annotations(write(place), "Ada")
    assert error.value.hint
    assert error.value.message.endswith(".") and "\n" not in error.value.message
    assert state_of(mine) == before


def test_one_bad_file_among_good_ones_imports_none(mine: Project, tmp_path: Path) -> None:
    write_labelme(tmp_path / "in" / "a.json", IMAGES[0], "scratch", corners(1, 3))
    write_labelme(tmp_path / "in" / "b.json", "missing.png", "dent", corners(1, 3))
    before = state_of(mine)
    with pytest.raises(InspectorError, match=r"missing\.png"):
        mine.import_annotations(tmp_path / "in", "Ada")
    assert state_of(mine) == before


def test_an_import_that_is_interrupted_imports_none(
    mine: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(2):
        write_labelme(tmp_path / "in" / f"{n}.json", IMAGES[n], "scratch", corners(1, 3))
    before = state_of(mine)

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("inspector.project.annotations._cut", fail)
    with pytest.raises(KeyboardInterrupt):
        mine.import_annotations(tmp_path / "in", "Ada")
    assert state_of(mine) == before


def test_a_folder_with_both_kinds_must_be_named(mine: Project, tmp_path: Path) -> None:
    write_png(tmp_path / "in", painted_rows(1))
    write_labelme(tmp_path / "in" / "a.json", IMAGES[0], "dent", corners(1, 3))
    with pytest.raises(InspectorError, match="PNG masks and JSON"):
        mine.import_annotations(tmp_path / "in", "Ada")
    assert mine.import_annotations(tmp_path / "in", "Ada", "png").types == ("scratch",)
    assert mine.import_annotations(tmp_path / "in", "Ada", "labelme").types == ("dent",)
