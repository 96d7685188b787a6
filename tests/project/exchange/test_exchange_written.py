"""Exported masks, as the programs expect them for which they are meant."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inspector.errors import InspectorError
from inspector.project.project import Project

from .documents import IMAGES, SIZE, ids_of, painted_rows, path_of


def test_pngs_lie_where_mvtec_ad_has_them(mine: Project, tmp_path: Path) -> None:
    ids = ids_of(mine)
    for name in ("scratch", "dent"):
        kind = mine.add_defect_type(name).type_id
        for image in IMAGES[:2]:
            mine.set_mask(ids[image], kind, painted_rows(1), "brush", "Ada")
    mine.export_annotations(tmp_path / "out", "png")
    files = [path.relative_to(tmp_path / "out").as_posix() for path in tmp_path.rglob("*.png")]
    # As in MVTec AD for test/scratch/000; the folder says which 000 else.
    assert set(files) == {
        "bolt/ground_truth/scratch/000_mask.png",
        "bolt/ground_truth/scratch/test_good_000_mask.png",
        "bolt/ground_truth/dent/scratch_000_mask.png",
        "bolt/ground_truth/dent/test_good_000_mask.png",
    }
    with Image.open(tmp_path / "out/bolt/ground_truth/scratch/000_mask.png") as png:
        assert png.size == SIZE[::-1] and np.array_equal(np.array(png) > 0, painted_rows(1))


def test_what_labelme_and_coco_expect_is_there(mine: Project, tmp_path: Path) -> None:
    ids = ids_of(mine)
    kind = mine.add_defect_type("scratch").type_id
    mask = painted_rows()
    mask[2:5, 3:9] = True
    mask[3, 4] = False
    mine.set_mask(ids[IMAGES[0]], kind, mask, "brush", "Ada")
    mine.set_mask(ids[IMAGES[1]], kind, painted_rows(1), "brush", "Ada")
    mine.export_annotations(tmp_path / "one", "labelme", image_ids={ids[IMAGES[0]]})
    (file,) = (tmp_path / "one").rglob("*.json")
    assert file == tmp_path / "one" / "bolt/test/good/000.json"
    document = json.loads(file.read_text())
    assert (file.parent / document["imagePath"]).resolve() == path_of(mine, IMAGES[0])
    assert (document["imageHeight"], document["imageWidth"]) == SIZE
    (shape,) = document["shapes"]
    assert (shape["label"], shape["shape_type"]) == ("scratch", "mask")
    assert shape["points"] == [[3, 2], [8, 4]]  # the first and the last pixel of its box
    png = np.array(Image.open(io.BytesIO(base64.b64decode(shape["mask"]))))
    assert np.array_equal(png > 0, mask[2:5, 3:9])

    mine.export_annotations(tmp_path / "coco.json", "coco")
    document = json.loads((tmp_path / "coco.json").read_text())
    first, second = document["annotations"]
    assert [image["file_name"] for image in document["images"]] == list(IMAGES[:2])
    assert document["categories"] == [{"id": 1, "name": "scratch", "supercategory": "defect"}]
    assert (first["area"], first["bbox"], first["iscrowd"]) == (17, [3, 2, 6, 3], 0)
    assert second["segmentation"] == {"counts": [1] + [1, 11] * 15 + [1, 10], "size": [12, 16]}


def test_polygons_of_labelme_hold_outlines_only(mine: Project, tmp_path: Path) -> None:
    kind = mine.add_defect_type("scratch").type_id
    mine.set_mask(ids_of(mine)[IMAGES[0]], kind, painted_rows(2, 3), "brush", "Ada")
    mine.export_annotations(tmp_path / "out", "labelme", polygons=True)
    (file,) = (tmp_path / "out").rglob("*.json")
    (shape,) = json.loads(file.read_text())["shapes"]
    assert shape["shape_type"] == "polygon" and "mask" not in shape
    assert shape["points"] == [[0, 2], [16, 2], [16, 4], [0, 4]]


def test_an_export_never_mixes_with_what_is_there(mine: Project, tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="no painted mask"):
        mine.export_annotations(tmp_path / "x", "png")
    mine.set_mask(1, mine.add_defect_type("scratch").type_id, painted_rows(1), "brush", "Ada")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine")
    for target in (tmp_path / "full", tmp_path / "full" / "note.txt"):
        for format in ("png", "labelme"):
            with pytest.raises(InspectorError, match="there already"):
                mine.export_annotations(target, format)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["note.txt"]
    (tmp_path / "empty").mkdir()
    assert mine.export_annotations(tmp_path / "empty", "png").masks == 1
    assert not list(tmp_path.glob(".export-*"))
