"""Masks out of one project and into another: nothing is lost, and what is wrong changes nothing."""

from __future__ import annotations

import base64
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from inspector.core.masks import Mask
from inspector.errors import InspectorError
from inspector.project.exchange.transfer import Format
from inspector.project.project import Project

WriteImage = Callable[..., Path]
SIZE = HEIGHT, WIDTH = 12, 16
# Names that are no names of folders, and two images that only their folder tells apart.
TYPES = ("scratch", "a/b: ü?", ".. %41 ")
IMAGES = (
    "bolt/test/good/000.png",
    "bolt/test/scratch/000.png",
    "bolt/test/scratch/x_mask.png",
    "nut/test/good/000.png",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of two classes."""
    root = tmp_path_factory.mktemp("exchange") / "parts"
    rng = np.random.default_rng(0)
    for name in (*IMAGES, "bolt/train/good/000.png", "nut/train/good/007.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, SIZE, dtype=np.uint8)).save(root / name)
    return root


def _project(at: Path, folder: Path) -> Project:
    project = Project.create(at)
    project.import_folder(folder)
    return project


def _ids(project: Project) -> dict[str, int]:
    return {
        image.path.relative_to(image.root).as_posix(): image.image_id for image in project.images()
    }


def _path(project: Project, name: str) -> Path:
    return next(image.path for image in project.images() if image.path.as_posix().endswith(name))


@pytest.fixture
def mine(tmp_path: Path, folder: Path) -> Any:
    """A project with the images."""
    with _project(tmp_path / "mine", folder) as project:
        yield project


def _state(project: Project) -> tuple[object, ...]:
    """All that an import could change."""
    tables = ("defect_type", "annotation", "working_mask", "stroke")
    return tuple(list(map(tuple, project._database.rows(f"SELECT * FROM {t}"))) for t in tables)


def _rows(*rows: int) -> Mask:
    mask = np.zeros(SIZE, np.bool_)
    mask[list(rows)] = True
    return mask


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
        with _project(place / "from", folder) as source:
            types = {kind: source.add_defect_type(kind).type_id for kind in TYPES}
            ids = _ids(source)
            for (image, kind), mask in painted.items():
                source.set_mask(ids[image], types[kind], mask, "brush", "Ada")
            target = place / "out" / ("file.json" if format == "coco" else "masks")
            target.parent.mkdir()
            exported = source.export_annotations(target, format, polygons=polygons)
        assert exported.masks == len(painted)
        assert exported.types == tuple(sorted({kind.strip() for _, kind in painted}))
        with _project(place / "to", folder) as goal:
            imported = goal.import_annotations(target, "Bo")
            assert (imported.format, imported.masks, imported.identical) == (
                format, len(painted), 0
            )  # fmt: skip
            assert imported.images == exported.images == len({image for image, _ in painted})
            assert imported.new_types == imported.types == exported.types
            numbers = _ids(goal)
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
    image = _ids(mine)[IMAGES[0]]
    scratch, dent = (mine.add_defect_type(name).type_id for name in ("Scratch", "dent"))
    mine.set_mask(image, scratch, _rows(1), "brush", "Ada")
    mine.set_mask(image, dent, _rows(9), "brush", "Ada")
    _write_labelme(tmp_path / "in" / "a.json", _path(mine, IMAGES[0]), "SCRATCH", _corners(2, 4))
    imported = mine.import_annotations(tmp_path / "in", "Bo")
    assert imported.types == ("Scratch",) and imported.new_types == ()
    masks = mine.working_masks(image)
    assert np.array_equal(masks[scratch], _rows(2, 3)) and np.array_equal(masks[dent], _rows(9))
    history = [(v.defect_type, v.operator, v.tool) for v in mine.annotation_history(image)]
    assert history == [
        ("Scratch", "Ada", "brush"), ("dent", "Ada", "brush"), ("Scratch", "Bo", "import")
    ]  # fmt: skip
    mine.undo_stroke(image)
    assert np.array_equal(mine.working_masks(image)[scratch], _rows(1))


def test_pngs_lie_where_mvtec_ad_has_them(mine: Project, tmp_path: Path) -> None:
    ids = _ids(mine)
    for name in ("scratch", "dent"):
        kind = mine.add_defect_type(name).type_id
        for image in IMAGES[:2]:
            mine.set_mask(ids[image], kind, _rows(1), "brush", "Ada")
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
        assert png.size == (WIDTH, HEIGHT) and np.array_equal(np.array(png) > 0, _rows(1))


def test_a_real_ground_truth_folder_is_read(mine: Project, tmp_path: Path) -> None:
    place = tmp_path / "bolt" / "ground_truth" / "scratch"
    place.mkdir(parents=True)
    Image.fromarray(_rows(3).astype(np.uint8) * 255).save(place / "000_mask.png")
    (place / "Thumbs.db").write_text("litter")
    for root in (tmp_path / "bolt", tmp_path):
        mine.import_annotations(root, "Ada", "png")
        (version,) = mine.annotations()
        assert version.image_id == _ids(mine)["bolt/test/scratch/000.png"]


def test_what_labelme_and_coco_expect_is_there(mine: Project, tmp_path: Path) -> None:
    ids = _ids(mine)
    kind = mine.add_defect_type("scratch").type_id
    mask = _rows()
    mask[2:5, 3:9] = True
    mask[3, 4] = False
    mine.set_mask(ids[IMAGES[0]], kind, mask, "brush", "Ada")
    mine.set_mask(ids[IMAGES[1]], kind, _rows(1), "brush", "Ada")
    mine.export_annotations(tmp_path / "one", "labelme", image_ids={ids[IMAGES[0]]})
    (file,) = (tmp_path / "one").rglob("*.json")
    assert file == tmp_path / "one" / "bolt/test/good/000.json"
    document = json.loads(file.read_text())
    assert (file.parent / document["imagePath"]).resolve() == _path(mine, IMAGES[0])
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
    mine.set_mask(_ids(mine)[IMAGES[0]], kind, _rows(2, 3), "brush", "Ada")
    mine.export_annotations(tmp_path / "out", "labelme", polygons=True)
    (file,) = (tmp_path / "out").rglob("*.json")
    (shape,) = json.loads(file.read_text())["shapes"]
    assert shape["shape_type"] == "polygon" and "mask" not in shape
    assert shape["points"] == [[0, 2], [16, 2], [16, 4], [0, 4]]


def _corners(top: int, bottom: int) -> list[list[float]]:
    return [[0, top], [WIDTH, top], [WIDTH, bottom], [0, bottom]]


def _write_labelme(
    file: Path, image: object, label: str, points: Any, kind: str = "polygon", **more: Any
) -> Path:
    shape = {"label": label, "points": points, "shape_type": kind} | more.pop("shape", {})
    document = {"imagePath": str(image), "shapes": [shape]} | more
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document), "utf-8-sig")  # as editors of Windows save it
    return file


def test_every_region_that_labelme_draws_is_read(mine: Project, tmp_path: Path) -> None:
    image = _path(mine, IMAGES[0])
    drawn = {
        "rectangle": ([[14, 9], [2, 3]], np.pad(np.ones((6, 12), bool), ((3, 3), (2, 2)))),
        "circle": (
            [[8, 6], [8, 2]],
            np.hypot(*(np.mgrid[:12, :16] + 0.5 - [[[6]], [[8]]])) <= 4,
        ),
    }
    for kind, (points, expected) in drawn.items():
        file = _write_labelme(tmp_path / "x.json", image, kind, points, kind)
        mine.import_annotations(file, "Ada")
        assert np.array_equal(mine.annotation_mask(mine.annotations()[-1].annotation_id), expected)


def test_polygons_of_coco_are_united(mine: Project, tmp_path: Path) -> None:
    file = _write_coco(
        tmp_path / "c.json",
        [{"segmentation": [_flat(1, 3), _flat(5, 6)]}, {"segmentation": [_flat(2, 4)]}],
    )
    assert mine.import_annotations(file, "Ada").masks == 1
    (version,) = mine.annotations()
    assert np.array_equal(mine.annotation_mask(version.annotation_id), _rows(1, 2, 3, 5))
    # Compressed: 24 clear pixels, then 12 painted ones, then 156 clear ones.
    segmentation = {"counts": "h0<l4", "size": [12, 16]}
    file = _write_coco(tmp_path / "c.json", [{"segmentation": segmentation}])
    mine.import_annotations(file, "Ada")
    column = np.zeros(SIZE, np.bool_)
    column[:, 2] = True
    (version,) = mine.annotations()
    assert np.array_equal(mine.annotation_mask(version.annotation_id), column)


def _flat(top: int, bottom: int) -> list[float]:
    return [value for corner in _corners(top, bottom) for value in corner]


def _write_coco(file: Path, annotations: list[dict[str, Any]], **image: Any) -> Path:
    document = {
        "images": [{"id": 1, "file_name": IMAGES[0], "width": 16, "height": 12} | image],
        "categories": [{"id": 7, "name": "scratch"}],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": 7} | a for n, a in enumerate(annotations, 1)
        ],
    }
    file.write_text(json.dumps(document))
    return file


def test_images_that_moved_are_found_by_the_end_of_their_path(
    mine: Project, tmp_path: Path
) -> None:
    for image in ("../elsewhere/bolt/test/good/000.png", "D:\\x\\nut\\test\\good\\000.png"):
        kept = image.replace("D:\\x\\", "").replace("../elsewhere/", "")
        file = _write_labelme(tmp_path / "a.json", kept, "scratch", _corners(1, 2))
        mine.import_annotations(file, "Ada")
    ids = _ids(mine)
    assert {v.image_id for v in mine.annotations()} == {ids[IMAGES[0]], ids[IMAGES[3]]}
    file = _write_labelme(tmp_path / "a.json", "good/000.png", "scratch", _corners(1, 2))
    with pytest.raises(InspectorError, match="of which the project has 3"):
        mine.import_annotations(file, "Ada")


def _png(place: Path, mask: Any) -> Path:
    file = place / "bolt" / "ground_truth" / "scratch" / "000_mask.png"
    file.parent.mkdir(parents=True)
    Image.fromarray(np.asarray(mask, np.uint8) * 255).save(file)
    return place


def _cut_short(place: Path) -> Path:
    _png(place, np.random.default_rng(0).random(SIZE) > 0.5)
    file = next(place.rglob("*.png"))
    file.write_bytes(file.read_bytes()[:60])
    return place


def _renamed(place: Path, old: str, new: str) -> Path:
    _png(place, _rows(1))
    file = next(place.rglob("*.png"))
    goal = Path(str(file).replace(old, new))
    goal.parent.mkdir(parents=True, exist_ok=True)
    file.rename(goal)
    return place


def _labelme(points: Any, kind: str = "polygon", **more: Any) -> Callable[[Path], Path]:
    image = more.pop("image", IMAGES[0])
    return lambda place: _write_labelme(place / "x.json", image, "scratch", points, kind, **more)


def _coco(segmentation: Any, annotation: Any = None, **image: Any) -> Callable[[Path], Path]:
    values = {"segmentation": segmentation} | (annotation or {})
    return lambda place: _write_coco(place / "x.json", [{"segmentation": [_flat(1, 3)]}, values],
                                     **image)  # fmt: skip


def _text(name: str, text: str) -> Callable[[Path], Path]:
    def write(place: Path) -> Path:
        (place / name).write_text(text)
        return place / name

    return write


BOX_OF_PNG = base64.b64encode(cv2.imencode(".png", np.ones((2, 2), np.uint8))[1].tobytes()).decode()

BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "png of another size": (lambda p: _png(p, np.ones((6, 8))), "is 8×6 pixels, but its image"),
    "empty png": (lambda p: _png(p, np.zeros(SIZE)), "is empty"),
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
        _labelme(_corners(1, 3), imageWidth=8, imageHeight=6), "of 8×6 pixels, but"),
    "labelme of no image": (_labelme(_corners(1, 3), image="b/9.png"), "'b/9.png', which is not"),
    "labelme without a label": (_labelme(_corners(1, 3), shape={"label": " "}), "names no type"),
    "labelme with a damaged mask": (
        _labelme([[0, 0], [1, 1]], "mask", shape={"mask": "AAAA"}), "is damaged"),
    "labelme with a mask of another size": (
        _labelme([[0, 0], [2, 1]], "mask", shape={"mask": BOX_OF_PNG}), "do not fill its box"),
    "labelme with a mask beside the image": (
        _labelme([[15, 0], [16, 1]], "mask", shape={"mask": BOX_OF_PNG}), "not in the image"),
    "coco of no image": (_coco([_flat(1, 3)], file_name="no.png"), "'no.png', which is not in"),
    "coco of another size": (_coco([_flat(1, 3)], width=20), "of 20×12 pixels, but"),
    "coco with runs of another size": (
        _coco({"counts": [0, 48], "size": [6, 8]}), "of 8×6 pixels, but"),
    "coco with runs that do not fill": (
        _coco({"counts": [0, 48], "size": [12, 16]}), "annotation 2 is damaged"),
    "coco with damaged text": (_coco({"counts": "~", "size": [12, 16]}), "annotation 2 is damaged"),
    "coco with an empty mask": (_coco({"counts": [192], "size": [12, 16]}), "is empty"),
    "coco with a polygon of two points": (_coco([[0, 0, 5, 5]]), "it takes three points"),
    "coco with a box only": (_coco([]), "has a box but no mask"),
    "coco with an unlisted image": (_coco([_flat(1, 3)], {"image_id": 5}), "the image 5"),
    "coco with an unlisted category": (_coco([_flat(1, 3)], {"category_id": 5}), "the category 5"),
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
    before = _state(mine)
    with pytest.raises(InspectorError, match=words) as error:
        mine.import_annotations(write(place), "Ada")
    assert error.value.hint
    assert error.value.message.endswith(".") and "\n" not in error.value.message
    assert _state(mine) == before


def test_one_bad_file_among_good_ones_imports_none(mine: Project, tmp_path: Path) -> None:
    _write_labelme(tmp_path / "in" / "a.json", IMAGES[0], "scratch", _corners(1, 3))
    _write_labelme(tmp_path / "in" / "b.json", "missing.png", "dent", _corners(1, 3))
    before = _state(mine)
    with pytest.raises(InspectorError, match=r"missing\.png"):
        mine.import_annotations(tmp_path / "in", "Ada")
    assert _state(mine) == before


def test_an_import_that_is_interrupted_imports_none(
    mine: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(2):
        _write_labelme(tmp_path / "in" / f"{n}.json", IMAGES[n], "scratch", _corners(1, 3))
    before = _state(mine)

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("inspector.project.annotations._cut", fail)
    with pytest.raises(KeyboardInterrupt):
        mine.import_annotations(tmp_path / "in", "Ada")
    assert _state(mine) == before


def test_a_folder_with_both_kinds_must_be_named(mine: Project, tmp_path: Path) -> None:
    _png(tmp_path / "in", _rows(1))
    _write_labelme(tmp_path / "in" / "a.json", IMAGES[0], "dent", _corners(1, 3))
    with pytest.raises(InspectorError, match="PNG masks and JSON"):
        mine.import_annotations(tmp_path / "in", "Ada")
    assert mine.import_annotations(tmp_path / "in", "Ada", "png").types == ("scratch",)
    assert mine.import_annotations(tmp_path / "in", "Ada", "labelme").types == ("dent",)


def test_an_export_never_mixes_with_what_is_there(mine: Project, tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="no painted mask"):
        mine.export_annotations(tmp_path / "x", "png")
    mine.set_mask(1, mine.add_defect_type("scratch").type_id, _rows(1), "brush", "Ada")
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


def test_images_without_a_class_and_of_two_folders(tmp_path: Path, write_image: WriteImage) -> None:
    for n, name in enumerate(("left/a.png", "left/a.bmp", "right/a.png")):
        write_image(tmp_path / name, n)
    with Project.create(tmp_path / "p") as project:
        for side in ("left", "right"):
            project.import_folder(tmp_path / side, layout="flat")
        kind = project.add_defect_type("scratch").type_id
        for image in project.images():
            project.set_mask(image.image_id, kind, _rows(image.image_id), "brush", "Ada")
        targets: dict[Format, Path] = {
            "labelme": tmp_path / "out-l", "coco": tmp_path / "out.coco"
        }  # fmt: skip
        for format, target in targets.items():
            assert project.export_annotations(target, format).masks == 3
            assert project.import_annotations(target, "Bo").identical == 3
        with pytest.raises(InspectorError, match="No name for a mask"):
            project.export_annotations(tmp_path / "out-p", "png")  # a.png and a.bmp, side by side
        assert not (tmp_path / "out-p").exists()
