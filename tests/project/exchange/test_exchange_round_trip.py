"""Masks out of one project and into another: nothing is lost."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inspector.core.masks import Mask
from inspector.errors import InspectorError
from inspector.project.exchange.transfer import Format
from inspector.project.project import Project

from .documents import (
    IMAGES,
    SIZE,
    corners,
    ids_of,
    new_project,
    painted_rows,
    path_of,
    write_labelme,
)

WriteImage = Callable[..., Path]
# Names that are no names of folders.
TYPES = ("scratch", "a/b: ü?", ".. %41 ")
PAINTED = st.dictionaries(
    st.tuples(st.sampled_from(IMAGES), st.sampled_from(TYPES)),
    arrays(np.bool_, SIZE).filter(lambda mask: bool(mask.any())),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize(
    ("format", "polygons"),
    [("png", False), ("labelme", False), ("labelme", True), ("coco", False)],
)
@given(painted=PAINTED)
@settings(
    derandomize=True,
    deadline=None,
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_round_trip_loses_nothing(
    folder: Path, format: Format, polygons: bool, painted: dict[tuple[str, str], Mask]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with new_project(place / "from", folder) as source:
            types = {kind: source.add_defect_type(kind).type_id for kind in TYPES}
            ids = ids_of(source)
            for (image, kind), mask in painted.items():
                source.set_mask(ids[image], types[kind], mask, "brush", "Ada")
            target = place / "out" / ("file.json" if format == "coco" else "masks")
            target.parent.mkdir()
            exported = source.export_annotations(target, format, polygons=polygons)
        assert exported.masks == len(painted)
        assert exported.types == tuple(sorted({kind.strip() for _, kind in painted}))
        with new_project(place / "to", folder) as goal:
            imported = goal.import_annotations(target, "Bo")
            assert (imported.format, imported.masks, imported.identical) == (
                format, len(painted), 0
            )  # fmt: skip
            assert imported.images == exported.images == len({image for image, _ in painted})
            assert imported.new_types == imported.types == exported.types
            numbers = ids_of(goal)
            found = {
                (version.image_id, version.defect_type): goal.annotation_mask(version.annotation_id)
                for version in goal.annotations()
            }
            assert found.keys() == {(numbers[i], kind.strip()) for i, kind in painted}
            for (image, kind), mask in painted.items():
                assert np.array_equal(found[numbers[image], kind.strip()], mask)
            again = goal.import_annotations(target, "Bo", format)
            assert again.identical == again.masks and again.new_types == ()
            assert len(goal.annotations()) == len(painted)


def test_an_import_can_be_undone_and_leaves_other_types_and_people_alone(
    mine: Project, tmp_path: Path
) -> None:
    image = ids_of(mine)[IMAGES[0]]
    scratch, dent = (mine.add_defect_type(name).type_id for name in ("Scratch", "dent"))
    mine.set_mask(image, scratch, painted_rows(1), "brush", "Ada")
    mine.set_mask(image, dent, painted_rows(9), "brush", "Ada")
    write_labelme(tmp_path / "in" / "a.json", path_of(mine, IMAGES[0]), "SCRATCH", corners(2, 4))
    imported = mine.import_annotations(tmp_path / "in", "Bo")
    assert imported.types == ("Scratch",) and imported.new_types == ()
    masks = mine.working_masks(image)
    assert np.array_equal(masks[scratch], painted_rows(2, 3))
    assert np.array_equal(masks[dent], painted_rows(9))
    history = [(v.defect_type, v.operator, v.tool) for v in mine.annotation_history(image)]
    assert history == [
        ("Scratch", "Ada", "brush"), ("dent", "Ada", "brush"), ("Scratch", "Bo", "import")
    ]  # fmt: skip
    mine.undo_stroke(image)
    assert np.array_equal(mine.working_masks(image)[scratch], painted_rows(1))


def test_images_without_a_class_and_of_two_folders(tmp_path: Path, write_image: WriteImage) -> None:
    for n, name in enumerate(("left/a.png", "left/a.bmp", "right/a.png")):
        write_image(tmp_path / name, n)
    with Project.create(tmp_path / "p") as project:
        for side in ("left", "right"):
            project.import_folder(tmp_path / side, layout="flat")
        kind = project.add_defect_type("scratch").type_id
        for image in project.images():
            project.set_mask(image.image_id, kind, painted_rows(image.image_id), "brush", "Ada")
        targets: dict[Format, Path] = {
            "labelme": tmp_path / "out-l", "coco": tmp_path / "out.coco"
        }  # fmt: skip
        for format, target in targets.items():
            assert project.export_annotations(target, format).masks == 3
            assert project.import_annotations(target, "Bo").identical == 3
        with pytest.raises(InspectorError, match="No name for a mask"):
            project.export_annotations(tmp_path / "out-p", "png")  # a.png and a.bmp, side by side
        assert not (tmp_path / "out-p").exists()
