"""Masks of other programs: what they mean, and for which image they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inspector.errors import InspectorError
from inspector.project.project import Project

from .documents import (
    IMAGES,
    SIZE,
    corners,
    flat,
    ids_of,
    painted_rows,
    path_of,
    write_coco,
    write_labelme,
)


def test_a_real_ground_truth_folder_is_read(mine: Project, tmp_path: Path) -> None:
    place = tmp_path / "bolt" / "ground_truth" / "scratch"
    place.mkdir(parents=True)
    Image.fromarray(painted_rows(3).astype(np.uint8) * 255).save(place / "000_mask.png")
    (place / "Thumbs.db").write_text("litter")
    for root in (tmp_path / "bolt", tmp_path):
        mine.import_annotations(root, "Ada", "png")
        (version,) = mine.annotations()
        assert version.image_id == ids_of(mine)["bolt/test/scratch/000.png"]


def test_every_region_that_labelme_draws_is_read(mine: Project, tmp_path: Path) -> None:
    image = path_of(mine, IMAGES[0])
    drawn = {
        "rectangle": ([[14, 9], [2, 3]], np.pad(np.ones((6, 12), bool), ((3, 3), (2, 2)))),
        "circle": (
            [[8, 6], [8, 2]],
            np.hypot(*(np.mgrid[:12, :16] + 0.5 - [[[6]], [[8]]])) <= 4,
        ),
    }
    for kind, (points, expected) in drawn.items():
        file = write_labelme(tmp_path / "x.json", image, kind, points, kind)
        mine.import_annotations(file, "Ada")
        assert np.array_equal(mine.annotation_mask(mine.annotations()[-1].annotation_id), expected)


def test_polygons_of_coco_are_united(mine: Project, tmp_path: Path) -> None:
    file = write_coco(
        tmp_path / "c.json",
        [{"segmentation": [flat(1, 3), flat(5, 6)]}, {"segmentation": [flat(2, 4)]}],
    )
    assert mine.import_annotations(file, "Ada").masks == 1
    (version,) = mine.annotations()
    assert np.array_equal(mine.annotation_mask(version.annotation_id), painted_rows(1, 2, 3, 5))
    # Compressed: 24 clear pixels, then 12 painted ones, then 156 clear ones.
    segmentation = {"counts": "h0<l4", "size": [12, 16]}
    file = write_coco(tmp_path / "c.json", [{"segmentation": segmentation}])
    mine.import_annotations(file, "Ada")
    column = np.zeros(SIZE, np.bool_)
    column[:, 2] = True
    (version,) = mine.annotations()
    assert np.array_equal(mine.annotation_mask(version.annotation_id), column)


def test_images_that_moved_are_found_by_the_end_of_their_path(
    mine: Project, tmp_path: Path
) -> None:
    for image in ("../elsewhere/bolt/test/good/000.png", "D:\\x\\nut\\test\\good\\000.png"):
        file = write_labelme(tmp_path / "a.json", image, "scratch", corners(1, 2))
        mine.import_annotations(file, "Ada")
    ids = ids_of(mine)
    assert {v.image_id for v in mine.annotations()} == {ids[IMAGES[0]], ids[IMAGES[3]]}
    file = write_labelme(tmp_path / "a.json", "good/000.png", "scratch", corners(1, 2))
    with pytest.raises(InspectorError, match="of which the project has 3"):
        mine.import_annotations(file, "Ada")
    file = write_labelme(tmp_path / "a.json", "/x/screw/000.png", "scratch", corners(1, 2))
    with pytest.raises(InspectorError, match="not in the project"):  # a name alone is too little
        mine.import_annotations(file, "Ada")
