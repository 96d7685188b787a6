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
from inspector.project.verdicts import Trace, Verdict

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
    assert "0001-revdist, 0002-revdist, 0003-revdist" in error.value.hint


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
    result = ImageResult(image.image_id, image.path, "bolt", Truth.GOOD, "", 1.0, {"none": 1.0}, {})
    for model in (kept, removed):
        project.save_scores(model.model_id, snapshot.snapshot_id, [result], model.run_id)
    project.remove_model("0002-revdist")
    assert project.models() == (kept,)
    assert [f.name for f in (project.folder / "models").iterdir()] == ["0001-revdist"]
    assert project.scores(removed.model_id) == ()
    assert len(project.scores(kept.model_id)) == 1
    project.remove_model(kept.model_id)
    assert project.models() == ()


def test_a_active_model_is_not_half_removed(
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


@pytest.fixture
def add(project: Project, train: Train) -> Callable[[], models.ModelRow]:
    """Train and register one model."""

    def train_and_register() -> models.ModelRow:
        run = train()
        return project.add_model(run.run_id, run.folder / "model")

    return train_and_register


Add = Callable[[], models.ModelRow]


def test_a_renamed_model_keeps_its_folder_and_is_found_by_it(project: Project, add: Add) -> None:
    model = add()
    renamed = project.rename_model(model.name, "  Schrauben, März 木 ")
    assert renamed.name == "Schrauben, März 木"
    assert renamed.folder == model.folder and model.folder.is_dir()
    assert project.find_model("Schrauben, März 木") == renamed
    with pytest.raises(InspectorError, match="no model '0001-revdist'"):
        project.find_model("0001-revdist")
    moved = Path("/another/place/models/0001-revdist")
    assert project.find_model_by_folder(moved) == renamed
    assert project.find_model_by_folder(project.trash_model(1).folder).model_id == 1
    project.remove_model(1)
    assert not model.folder.exists()
    with pytest.raises(InspectorError, match="no longer has the model in '0001-revdist'"):
        project.find_model_by_folder(moved)


@pytest.mark.parametrize(
    "name",
    ["", "  ", "x" * 81, "a/b", "a\\b", "a\nb", "a\x00b", "a\u202eb", "\ud800", "12"],
)
def test_a_name_that_cannot_be_used_is_refused(project: Project, add: Add, name: str) -> None:
    model = add()
    with pytest.raises(InspectorError) as error:
        project.rename_model(model.model_id, name)
    assert error.value.hint == "Choose another name."
    assert project.models() == (model,)


def test_a_name_is_taken_even_in_the_trash_and_in_other_letters(project: Project, add: Add) -> None:
    first, second = add(), add()
    project.rename_model(first.model_id, "Bolts")
    project.trash_model("Bolts")
    for taken in ("Bolts", "bolts", "BOLTS"):
        with pytest.raises(InspectorError, match="Another model is named"):
            project.rename_model(second.model_id, taken)
    assert project.rename_model(second.model_id, "x" * 80).name == "x" * 80
    assert project.rename_model(second.model_id, "X" * 80).name == "X" * 80  # its own


def test_a_name_given_by_a_person_stands_in_no_ones_way(project: Project, add: Add) -> None:
    project.rename_model(add().model_id, "0002-revdist")
    second = add()
    assert second.name == "0002-revdist-2"
    assert second.folder.name == "0002-revdist"


def test_a_crash_before_registering_is_repaired_though_the_name_is_taken(
    project: Project, train: Train, add: Add
) -> None:
    project.rename_model(add().model_id, "0002-revdist")
    run = train()
    (run.folder / "model").rename(project.folder / "models" / run.folder.name)
    model = project.add_model(run.run_id, run.folder / "model")
    assert (model.name, model.folder.name) == ("0002-revdist-2", "0002-revdist")


def test_the_trash_hides_a_model_until_it_is_restored(project: Project, add: Add) -> None:
    first, second = add(), add()
    trashed = project.trash_model(second.name)
    assert trashed.trashed is not None
    assert second.folder.is_dir()
    assert project.models() == (first,) and project.trashed_models() == (trashed,)
    assert project.find_model() == first
    for wanted in (second.name, second.model_id, str(second.model_id)):
        with pytest.raises(InspectorError, match="is in the trash") as error:
            project.find_model(wanted)
        assert error.value.hint == "Restore it first."
    with pytest.raises(InspectorError, match="is in the trash"):
        project.trash_model(second.name)
    with pytest.raises(InspectorError, match="trash holds no model '0001-revdist'") as error:
        project.restore_model(first.name)
    assert "0002-revdist" in error.value.hint
    assert project.restore_model(second.model_id) == second
    assert project.models() == (first, second) and project.trashed_models() == ()


def test_a_project_whose_models_are_all_in_the_trash_says_so(project: Project, add: Add) -> None:
    project.trash_model(add().model_id)
    with pytest.raises(InspectorError, match="are in the trash") as error:
        project.find_model()
    assert "Restore" in error.value.hint


def test_a_model_in_the_trash_can_be_removed_for_good(project: Project, add: Add) -> None:
    kept, trashed = add(), add()
    project.trash_model(trashed.model_id)
    project.remove_model(trashed.name)
    assert project.trashed_models() == () and project.models() == (kept,)
    assert not trashed.folder.exists()
    with pytest.raises(InspectorError, match="no model '0002-revdist'"):
        project.remove_model(trashed.name)


def test_verdicts_outlive_their_model_and_its_number_is_not_used_again(
    project: Project, add: Add, parts: Path
) -> None:
    project.import_folder(parts)
    image = project.images()[0].image_id
    model = add()
    given = project.add_verdict(
        image, Verdict.NG, "Ada", Trace(model_name=model.name, model_id=model.model_id)
    )
    project.remove_model(model.model_id)
    assert project.latest_verdicts() == {image: given}
    assert add().model_id > model.model_id


def test_the_number_of_a_removed_model_is_not_used_again(project: Project, add: Add) -> None:
    """Thresholds set by hand are kept under the model's number."""
    first, second = add(), add()
    project.remove_model(second.model_id)
    project.remove_model(first.model_id)
    assert add().model_id > second.model_id
