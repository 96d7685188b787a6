"""The split in force: what is kept of it, and that it is what `inspector split` would draw."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.errors import InspectorError
from inspector.project.kept_splits import put_in_force, split_file, split_in_force, take_off
from inspector.project.project import Project
from inspector.project.splits import check_fit, draw_split, make_split, read_split, training_images


@pytest.fixture
def parts(project: Project, tiny_parts: Path) -> Project:
    project.import_folder(tiny_parts)
    return project


def test_the_window_draws_what_the_command_line_draws(parts: Project) -> None:
    images = training_images(parts.image_columns())
    assert not list((parts.folder / "snapshots").iterdir())  # looking changes nothing
    assert draw_split(images, "exp", 3, 1) == make_split(parts.take_snapshot(), "exp", 3, 1)


def test_a_split_is_kept_until_it_is_taken_off(parts: Project) -> None:
    images = training_images(parts.image_columns())
    assert split_in_force(parts) == ""
    first, second = (draw_split(images, "step", 2, seed) for seed in (0, 1))
    name = put_in_force(parts, first)
    with parts.reopened() as own:
        assert split_in_force(own) == name
    assert put_in_force(parts, second) != name
    assert put_in_force(parts, first) == name  # named by what it is
    take_off(parts)
    assert split_in_force(parts) == ""
    assert read_split(split_file(parts, name)) == first  # a waiting training may name it


def test_other_images_do_not_fit(parts: Project) -> None:
    images = training_images(parts.image_columns())
    split = draw_split(images, "exp", 2, 0)
    check_fit(split, images)
    with pytest.raises(InspectorError, match="does not know the class 'new'"):
        check_fit(split, {**images, "new": frozenset("a")})
    some = next(iter(images))
    with pytest.raises(InspectorError, match="lacks"):
        check_fit(split, {**images, some: frozenset()})
