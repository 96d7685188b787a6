"""Painting, undoing and redoing across restarts; versions of what was painted; defect types."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.core.masks import Mask, Patch, decode_mask, xor_patch
from inspector.errors import InspectorError
from inspector.project import verdicts
from inspector.project.annotations import annotation_png
from inspector.project.defect_types import COLOURS, PATTERNS
from inspector.project.project import Project
from inspector.project.verdicts import Trace, Verdict

WriteImage = Callable[..., Path]
HEIGHT, WIDTH = 12, 16


@pytest.fixture
def painted(project: Project, tmp_path: Path, write_image: WriteImage) -> Project:
    """A project with three images and two defect types, numbered from 1."""
    for number in range(3):
        write_image(tmp_path / "images" / f"{number}.png", number)
    project.import_folder(tmp_path / "images")
    project.add_defect_type("scratch")
    project.add_defect_type("dent")
    return project


def _mask(*rows: int) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[list(rows)] = True
    return mask


def _patch(*rows: int) -> Patch:
    patch = xor_patch(_mask(), _mask(*rows))
    assert patch is not None
    return patch


def test_types_get_colours_and_patterns_that_differ(project: Project) -> None:
    types = [project.add_defect_type(f"type {n}") for n in range(len(COLOURS) + 1)]
    assert [kind.colour for kind in types] == [*COLOURS, COLOURS[0]]
    assert [kind.pattern for kind in types[: len(PATTERNS)]] == list(PATTERNS)
    assert len({(kind.colour, kind.pattern) for kind in types}) == len(types)
    assert project.defect_types() == tuple(types)


def test_a_type_is_changed_and_removed_while_nothing_is_painted_with_it(painted: Project) -> None:
    changed = painted.change_defect_type(1, name=" Kratzer ", colour="#ABCDEF", pattern="dots")
    assert (changed.name, changed.colour, changed.pattern) == ("Kratzer", "#abcdef", "dots")
    assert painted.change_defect_type(1, name="KRATZER").name == "KRATZER"  # its own name is free
    painted.remove_defect_type(2)
    assert [kind.type_id for kind in painted.defect_types()] == [1]
    painted.add_stroke(1, 1, _patch(1), "brush", "Ada")
    painted.undo_stroke(1)
    with pytest.raises(InspectorError, match="painted with"):
        painted.remove_defect_type(1)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (("  ",), "needs a name"),
        (("SCRATCH",), "'scratch' already"),
        (("ÖLFLECK",), "'ölfleck' already"),
        (("x", "red"), "no colour"),
        (("x", "#12345"), "no colour"),
        (("x", None, "stripes"), "no pattern"),
    ],
)
def test_types_that_cannot_be_are_refused(
    painted: Project, values: tuple[str, ...], words: str
) -> None:
    painted.add_defect_type("ölfleck")
    before = painted.defect_types()
    with pytest.raises(InspectorError, match=words):
        painted.add_defect_type(*values)
    with pytest.raises(InspectorError, match="no defect type 9"):
        painted.change_defect_type(9, name="x")
    assert painted.defect_types() == before


def test_strokes_of_several_types_and_images_do_not_mix(painted: Project) -> None:
    stroke = painted.add_stroke(1, 1, _patch(1, 2), "brush", "Ada")
    assert (stroke.image_id, stroke.type_id, stroke.tool) == (1, 1, "brush")
    painted.add_stroke(1, 2, _patch(2, 3), "polygon", "Ada")
    painted.add_stroke(2, 1, _patch(5), "brush", "Bo")
    masks = painted.working_masks(1)
    assert list(masks) == [1, 2]
    assert np.array_equal(masks[1], _mask(1, 2)) and np.array_equal(masks[2], _mask(2, 3))
    assert painted.annotated_image_ids() == {1, 2}
    undone = painted.undo_stroke(1)
    assert undone is not None and undone.type_id == 2 and undone.patch == _patch(2, 3)
    assert list(painted.working_masks(1)) == [1]
    assert painted.undo_stroke(3) is None and painted.redo_stroke(2) is None
    assert painted.stroke_counts(1) == (1, 1) and painted.stroke_counts(3) == (0, 0)
    painted.undo_stroke(1)
    assert painted.working_masks(1) == {} and painted.annotated_image_ids() == {2}


def test_a_mask_that_is_set_is_one_stroke(painted: Project) -> None:
    painted.add_stroke(1, 1, _patch(1, 2), "brush", "Ada")
    stroke = painted.set_mask(1, 1, _mask(2, 3), "flood fill", "Ada")
    assert stroke is not None and stroke.patch == xor_patch(_mask(1, 2), _mask(2, 3))
    assert painted.set_mask(1, 1, _mask(2, 3), "flood fill", "Ada") is None
    assert [s.tool for s in painted.strokes(1)] == ["brush", "flood fill"]
    painted.undo_stroke(1)
    assert np.array_equal(painted.working_masks(1)[1], _mask(1, 2))


ACTIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("paint"),
            st.tuples(
                st.integers(1, 2), st.sets(st.integers(0, HEIGHT - 1), min_size=1, max_size=3)
            ),
        ),
        st.tuples(st.sampled_from(["undo", "redo", "reopen", "cut"]), st.none()),
    ),
    max_size=15,
)


@given(ACTIONS)
@settings(
    derandomize=True,
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_history_is_what_a_list_of_masks_would_give(
    painted: Project, actions: list[tuple[str, tuple[int, set[int]] | None]]
) -> None:
    while painted.undo_stroke(1):
        pass
    start, _ = painted.stroke_counts(1)
    states: list[dict[int, Mask]] = [{1: _mask(), 2: _mask()}]
    place = 0
    project = painted.reopened()
    for action, stroke in actions:
        if stroke is not None:
            type_id, rows = stroke
            project.add_stroke(1, type_id, _patch(*rows), "brush", "Ada")
            del states[place + 1 :]
            states.append(states[place] | {type_id: states[place][type_id] ^ _mask(*rows)})
            place += 1
        elif action == "undo":
            assert (project.undo_stroke(1) is None) == (place == 0)
            place = max(place - 1, 0)
        elif action == "redo" and len(states) > 1:  # else strokes of the last example are redone
            assert (project.redo_stroke(1) is None) == (place == len(states) - 1)
            place = min(place + 1, len(states) - 1)
        elif action == "cut":
            project.cut_versions(1, "Ada")
        elif action == "reopen":
            project.close()
            project = painted.reopened()
        expected = {kind: mask for kind, mask in states[place].items() if mask.any()}
        masks = project.working_masks(1)
        assert masks.keys() == expected.keys()
        assert all(np.array_equal(masks[kind], expected[kind]) for kind in expected)
        assert project.stroke_counts(1)[0] == start + place
    project.cut_versions(1)
    versions = {version.type_id: version for version in project.annotations(1)}
    assert versions.keys() == _types(states[place])
    for kind, version in versions.items():
        assert np.array_equal(project.annotation_mask(version.annotation_id), states[place][kind])
    project.close()


def _types(masks: dict[int, Mask]) -> set[int]:
    return {kind for kind, mask in masks.items() if mask.any()}


def test_a_stroke_is_on_the_disk_when_the_call_returns(painted: Project) -> None:
    code = f"""
import os
import numpy as np
from pathlib import Path
from inspector.core.masks import xor_patch
from inspector.project.project import Project
project = Project.open(Path({str(painted.folder)!r}))
before = np.zeros(({HEIGHT}, {WIDTH}), np.bool_)
for row in (1, 2, 3):
    after = before.copy()
    after[row] = True
    project.add_stroke(1, 1, xor_patch(before, after), "brush", "Ada")
    before = after
project.undo_stroke(1)
project._database.run("BEGIN IMMEDIATE")
project._database.run("UPDATE working_mask SET mask = NULL, sha256 = NULL")
os._exit(9)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == 9
    with Project.open(painted.folder) as project:
        assert np.array_equal(project.working_masks(1)[1], _mask(1, 2))
        assert project.annotation_history(1) == ()  # opening cuts no version
        assert project.stroke_counts(1) == (2, 1)
        project.redo_stroke(1)
        assert np.array_equal(project.working_masks(1)[1], _mask(1, 2, 3))


def test_versions_tell_who_painted_with_what(painted: Project) -> None:
    assert painted.cut_versions() == ()
    painted.add_stroke(1, 1, _patch(1), "brush", "Ada")
    painted.add_stroke(1, 1, _patch(2), "brush", "Bo")
    painted.add_stroke(1, 1, _patch(1), "eraser", "Bo")
    (first,) = painted.cut_versions(1)
    assert (first.version, first.operator, first.tool) == (1, "Ada, Bo", "brush, eraser")
    assert (first.defect_type, first.area) == ("scratch", WIDTH)
    assert (first.height, first.width) == (HEIGHT, WIDTH)
    assert painted.cut_versions() == ()
    painted.add_stroke(1, 1, _patch(5), "polygon", "Ada")
    painted.add_stroke(1, 2, _patch(6), "brush", "Ada")
    painted.add_stroke(2, 1, _patch(7), "brush", "Ada")
    assert [v.type_id for v in painted.cut_versions(1, "Cy")] == [1, 2]
    second = painted.annotations(1)[0]
    assert (second.version, second.operator, second.tool) == (2, "Cy", "polygon")
    assert [v.image_id for v in painted.cut_versions()] == [2]
    assert [(v.image_id, v.type_id) for v in painted.annotations()] == [(1, 1), (1, 2), (2, 1)]
    assert [v.version for v in painted.annotation_history(1) if v.type_id == 1] == [1, 2]
    assert np.array_equal(painted.annotation_mask(first.annotation_id), _mask(2))
    png = annotation_png(painted._database, second.annotation_id)
    assert np.array_equal(decode_mask(png), _mask(2, 5))


def test_what_is_painted_no_more_is_a_version_too(painted: Project) -> None:
    painted.add_stroke(1, 1, _patch(1), "brush", "Ada")
    painted.cut_versions(1)
    painted.undo_stroke(1)
    (gone,) = painted.cut_versions(1)
    assert (gone.version, gone.area, gone.sha256, gone.tool) == (2, 0, None, "undo/redo")
    assert gone.operator == "Ada"
    assert painted.annotations() == ()
    assert not painted.annotation_mask(gone.annotation_id).any()
    painted.redo_stroke(1)
    (again,) = painted.cut_versions(1)
    assert again.version == 3 and painted.annotations() == (again,)
    with pytest.raises(InspectorError, match="no painted mask 99"):
        painted.annotation_mask(99)


def test_painting_and_undoing_it_again_is_no_version(painted: Project) -> None:
    painted.add_stroke(1, 1, _patch(1), "brush", "Ada")
    painted.undo_stroke(1)
    assert painted.cut_versions() == () == painted.annotation_history(1)


def test_a_mask_and_its_verdict_are_one_transaction(
    painted: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Trace("0001-revdist", 1, "cada", 0.5, 0.75, 1.25, 3)
    version = painted.add_annotation(1, 2, _mask(4), "Ada", "brush", Verdict.NG, seen)
    assert version is not None and version.defect_type == "dent"
    row = painted.latest_verdict(1)
    assert row is not None and (row.verdict, row.defect_kind) == (Verdict.NG, "dent")
    assert row.trace == seen
    assert painted.add_annotation(1, 2, _mask(4), "Ada", "brush") is None

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("inspector.project.annotations.record_verdict", fail)
    with pytest.raises(KeyboardInterrupt):
        painted.add_annotation(2, 1, _mask(4), "Ada", "brush", Verdict.NG)
    assert painted.annotation_history(2) == () and painted.working_masks(2) == {}
    assert painted.stroke_counts(2) == (0, 0)
    assert len(verdicts.verdicts_since(painted._database)) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE annotation SET operator = 'x'",
        "DELETE FROM annotation",
        "INSERT OR REPLACE INTO annotation SELECT * FROM annotation",
        "INSERT OR REPLACE INTO annotation SELECT 99, image_id, defect_type_id, version, mask,"
        " sha256, area, width, height, 'x', tool, created, last_stroke FROM annotation",
        "UPDATE stroke SET tool = 'x'",
        "UPDATE stroke SET patch = x'00'",
        "DELETE FROM stroke",
        "INSERT OR REPLACE INTO stroke SELECT * FROM stroke",
    ],
)
def test_versions_and_strokes_are_never_changed(painted: Project, change: str) -> None:
    painted.add_stroke(1, 1, _patch(1), "brush", "Ada")
    painted.cut_versions()
    before = painted.annotation_history(1), painted.strokes(1)
    with (
        pytest.raises(sqlite3.IntegrityError, match="only"),
        painted._database.transaction(),
    ):
        painted._database.run(change)
    assert (painted.annotation_history(1), painted.strokes(1)) == before


def test_what_cannot_be_painted_is_refused_and_leaves_nothing(
    painted: Project, tmp_path: Path
) -> None:
    (tmp_path / "images" / "9.png").write_text("no image")
    painted.import_folder(tmp_path / "images")
    for image, kind, words in ((4, 1, "cannot be painted"), (77, 1, "image 77"), (1, 9, "type 9")):
        with pytest.raises(InspectorError, match=words):
            painted.add_stroke(image, kind, _patch(1), "brush", "Ada")
    with pytest.raises(InspectorError, match="size of image 1"):
        painted.set_mask(1, 1, np.ones((3, 4), np.bool_), "brush", "Ada")
    with pytest.raises(ValueError, match="beyond"):
        painted.add_stroke(1, 1, Patch(WIDTH, 0, 1, 1, b""), "brush", "Ada")
    assert painted.annotated_image_ids() == frozenset() and painted.stroke_counts(1) == (0, 0)


def test_an_image_that_is_replaced_by_one_of_another_size_starts_anew(
    painted: Project, tmp_path: Path, write_image: WriteImage
) -> None:
    painted.add_stroke(1, 1, _patch(1), "brush", "Ada")
    painted.cut_versions()
    write_image(tmp_path / "images" / "0.png", 50, shape=(20, 30))
    painted.import_folder(tmp_path / "images")
    assert painted.working_masks(1) == {} and painted.annotations() == ()
    assert painted.annotated_image_ids() == frozenset()
    assert painted.undo_stroke(1) is None and painted.stroke_counts(1) == (0, 0)
    assert len(painted.annotation_history(1)) == 1  # what was is kept
    mask = np.zeros((20, 30), np.bool_)
    mask[19, 29] = True
    painted.set_mask(1, 1, mask, "brush", "Ada")
    assert np.array_equal(painted.working_masks(1)[1], mask)
    (version,) = painted.cut_versions()
    assert (version.version, version.width) == (2, 30)
    assert painted.undo_stroke(1) is not None and painted.undo_stroke(1) is None


def test_the_data_sets_own_masks_and_truth_stay_what_they_are(
    project: Project, parts: Path
) -> None:
    project.import_folder(parts)
    project.add_defect_type("scratch")
    before = tuple(project.images())
    for image in before:
        project.set_mask(image.image_id, 1, _mask(3), "brush", "Ada")
    project.cut_versions()
    assert tuple(project.images()) == before
