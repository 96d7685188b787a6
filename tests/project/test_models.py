"""Registering, finding and removing models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.core.evaluation import ImageResult
from inspector.core.samples import Truth
from inspector.errors import InspectorError
from inspector.project import models
from inspector.project.project import Project
from inspector.project.runs import RunRow

WriteModel = Callable[..., Path]
Train = Callable[..., RunRow]


@pytest.fixture
def train(project: Project, write_model: WriteModel) -> Train:
    """Add a run and leave a model in its folder, as training does."""

    def run_and_write(snapshot_id: int | None = None, digest: str = "abc") -> RunRow:
        run = project.new_run("train", "revdist", b"{}", snapshot_id)
        write_model(run.folder / "model", digest)
        return run

    return run_and_write


def test_a_model_moves_whole_and_is_named_after_its_run(project: Project, train: Train) -> None:
    run = train()
    model = project.add_model(run.run_id, run.folder / "model")
    assert model.folder == project.folder / "models" / "0001-revdist"
    assert (model.folder / "model.safetensors").read_bytes() == b"weights"
    assert not (run.folder / "model").exists()
    assert (model.method, model.backbone, model.digest) == ("revdist", "lite0", "abc")
    assert model.run_id == run.run_id


def test_models_are_found_by_number_name_or_as_the_newest(project: Project, train: Train) -> None:
    with pytest.raises(InspectorError, match="no model yet"):
        project.find_model()
    added = []
    for _ in range(3):
        run = train()
        added.append(project.add_model(run.run_id, run.folder / "model"))
    assert project.models() == tuple(added)
    assert project.find_model() == added[2]
    assert project.find_model(2) == project.find_model("2") == added[1]
    assert project.find_model("0001-revdist") == added[0]
    with pytest.raises(InspectorError, match="no model 'uniad'") as error:
        project.find_model("uniad")
    assert "0001-revdist (1), 0002-revdist (2), 0003-revdist (3)" in error.value.hint


@pytest.mark.parametrize("damage", ["no folder", "no card", "bad card", "half a card"])
def test_what_is_no_model_is_refused_and_stays_where_it_is(
    project: Project, train: Train, damage: str
) -> None:
    run = train()
    folder = run.folder / "model"
    match damage:
        case "no folder":
            folder.rename(run.folder / "elsewhere")
        case "no card":
            (folder / "model.json").unlink()
        case "bad card":
            (folder / "model.json").write_text("{")
        case _:
            (folder / "model.json").write_text('{"method": "revdist"}')
    with pytest.raises(InspectorError, match=r"model\.json"):
        project.add_model(run.run_id, folder)
    assert project.models() == ()
    assert list((project.folder / "models").iterdir()) == []


def test_a_move_that_fails_registers_nothing(
    project: Project, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(InspectorError, match="could not be moved"):
        project.add_model(run.run_id, run.folder / "model")
    monkeypatch.undo()
    assert project.models() == ()
    assert project.add_model(run.run_id, run.folder / "model").name == "0001-revdist"


def test_a_crash_between_moving_and_registering_is_repaired_by_registering_again(
    project: Project, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train()
    move = models._move

    def move_and_die(source: Path, target: Path) -> None:
        move(source, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "_move", move_and_die)
    with pytest.raises(KeyboardInterrupt):
        project.add_model(run.run_id, run.folder / "model")
    monkeypatch.undo()
    assert project.models() == ()
    model = project.add_model(run.run_id, run.folder / "model")
    assert model.name == "0001-revdist"
    assert (model.folder / "model.safetensors").is_file()


def test_a_second_model_of_one_run_gets_a_name_of_its_own(
    project: Project, train: Train, write_model: WriteModel
) -> None:
    run = train()
    first = project.add_model(run.run_id, run.folder / "model")
    write_model(run.folder / "model")
    second = project.add_model(run.run_id, run.folder / "model")
    assert (first.name, second.name) == ("0001-revdist", "0001-revdist-2")
    assert first.folder.is_dir() and second.folder.is_dir()
    with pytest.raises(InspectorError, match=r"model\.json"):  # nothing new was made
        project.add_model(run.run_id, run.folder / "model")


def test_a_model_of_other_images_than_its_runs_is_refused(
    project: Project, train: Train, parts: Path
) -> None:
    project.import_folder(parts)
    snapshot = project.take_snapshot()
    run = train(snapshot.snapshot_id)
    with pytest.raises(InspectorError, match="other images"):
        project.add_model(run.run_id, run.folder / "model")
    run = train(snapshot.snapshot_id, snapshot.digest)
    model = project.add_model(run.run_id, run.folder / "model")
    assert (model.snapshot_id, model.digest) == (snapshot.snapshot_id, snapshot.digest)


def test_removing_a_model_takes_its_folder_and_scores_and_no_others(
    project: Project, train: Train, parts: Path
) -> None:
    project.import_folder(parts)
    snapshot = project.take_snapshot()
    kept, removed = (
        project.add_model(run.run_id, run.folder / "model") for run in (train(), train())
    )
    image = snapshot.entries[0]
    result = ImageResult(
        image.image_id, image.path, "bolt", Truth.GOOD, "", 1.0, {"none": 1.0}, None, None
    )
    for model in (kept, removed):
        project.save_scores(model.model_id, snapshot.snapshot_id, [result])
    project.remove_model("0002-revdist")
    assert project.models() == (kept,)
    assert [f.name for f in (project.folder / "models").iterdir()] == ["0001-revdist"]
    assert project.scores(removed.model_id) == ()
    assert len(project.scores(kept.model_id)) == 1
    project.remove_model(kept.model_id)
    assert project.models() == ()


def test_a_model_in_use_is_not_half_removed(
    project: Project, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train()
    model = project.add_model(run.run_id, run.folder / "model")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(InspectorError, match="could not be moved"):
        project.remove_model(model.name)
    assert project.models() == (model,)
    assert (model.folder / "model.safetensors").is_file()


def test_a_model_whose_folder_is_gone_can_be_removed(project: Project, train: Train) -> None:
    run = train()
    model = project.add_model(run.run_id, run.folder / "model")
    model.folder.rename(project.folder / "elsewhere")
    project.remove_model(model.name)
    assert project.models() == ()
