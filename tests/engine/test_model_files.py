from __future__ import annotations

import hashlib
import itertools
import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from inspector.engine.alignment.variants import VARIANTS
from inspector.engine.device import Device
from inspector.engine.model_files import WEIGHTS_FILE, load_model, save_model
from inspector.engine.pipeline import Pipeline
from inspector.engine.scorers import TopScorer
from inspector.errors import InspectorError
from inspector.jobs.model_card import CARD_FILE, FORMAT_VERSION, ModelCard

CPU = Device("cpu")


@pytest.fixture(scope="module")
def loaded(tiny_project: Any) -> tuple[Pipeline, ModelCard]:
    return load_model(tiny_project.model.folder)


@pytest.fixture
def model(tmp_path: Path, tiny_project: Any) -> Path:
    """A copy of the model folder, to be damaged."""
    folder = tmp_path / "0001-revdist"
    shutil.copytree(tiny_project.model.folder, folder)
    return folder


def scores(pipeline: Pipeline, card: ModelCard) -> dict[str, Tensor]:
    images = torch.rand(5, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    names = [card.class_names[i % len(card.class_names)] for i in range(5)]
    scored = pipeline.score(images, names, CPU, card.alignments)
    return scored.scores | {"map": scored.smoothed, "descriptor": scored.descriptors}


def change_card(folder: Path, **changes: Any) -> None:
    file = folder / CARD_FILE
    card = msgspec.json.decode(file.read_bytes()) | changes
    file.write_bytes(msgspec.json.encode(card))


class MakesAFolder:
    """What an attacker puts into a pickle: unpickling it runs a call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_a_model_that_was_saved_and_loaded_scores_the_same_to_the_bit(
    loaded: tuple[Pipeline, ModelCard], tmp_path: Path
) -> None:
    pipeline, card = loaded
    save_model(tmp_path / "deeper" / "copy", pipeline, card)
    again, same_card = load_model(tmp_path / "deeper" / "copy")
    assert same_card == card
    before, after = scores(pipeline, card), scores(again, same_card)
    assert set(before) == {*VARIANTS, "map", "descriptor"}
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert bool(torch.stack([before[name] for name in card.alignments]).isfinite().all())


def test_a_loaded_model_is_ready_to_score(loaded: tuple[Pipeline, ModelCard]) -> None:
    pipeline, card = loaded
    assert not pipeline.detector.training
    assert not any(aligner.training for aligner in pipeline.aligners.values())
    assert list(pipeline.aligners) == card.alignments
    assert pipeline.default_alignment == card.default_alignment == "cada"
    assert isinstance(pipeline.scorer, TopScorer)
    assert pipeline.scorer.percent == card.score_percent


def test_a_model_folder_holds_only_what_was_learned(tiny_project: Any) -> None:
    folder = tiny_project.model.folder
    assert sorted(file.name for file in folder.iterdir()) == [CARD_FILE, WEIGHTS_FILE]
    prefixes = ("detector.", *(f"alignment.{name}." for name in VARIANTS))
    names = load_file(folder / WEIGHTS_FILE)
    assert all(name.startswith(prefixes) for name in names)
    assert not any("backbone" in name for name in names)


def test_an_existing_folder_is_never_overwritten(
    loaded: tuple[Pipeline, ModelCard], model: Path
) -> None:
    before = (model / WEIGHTS_FILE).read_bytes()
    with pytest.raises(FileExistsError):
        save_model(model, *loaded)
    assert (model / WEIGHTS_FILE).read_bytes() == before


@pytest.mark.parametrize("failing", [1, 2, 3], ids=["weights", "card", "the folder itself"])
def test_a_folder_appears_whole_or_not_at_all(
    loaded: tuple[Pipeline, ModelCard],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failing: int,
) -> None:
    """Each of the three is written elsewhere, then moved into place: let one move fail."""
    moves = itertools.count(1)
    really_replace = Path.replace

    def replace(source: Path, target: Path) -> Path:
        if next(moves) == failing:
            raise OSError(28, "No space left on device")
        return really_replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        with pytest.raises((OSError, InspectorError), match="No space"):
            save_model(tmp_path / "model", *loaded)
    assert list(tmp_path.iterdir()) == []
    save_model(tmp_path / "model", *loaded)
    load_model(tmp_path / "model")


@pytest.mark.parametrize("kept", [0, 5, 2000, -1])
def test_truncated_weights_are_refused(model: Path, kept: int) -> None:
    file = model / WEIGHTS_FILE
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(InspectorError, match="damaged") as caught:
        load_model(model)
    assert model.name in caught.value.message
    assert caught.value.hint


def test_absent_weights_are_refused(model: Path) -> None:
    (model / WEIGHTS_FILE).unlink()
    with pytest.raises(InspectorError, match="damaged"):
        load_model(model)


@pytest.mark.parametrize("change", ["a tensor is missing", "a tensor is narrower", "one too many"])
def test_weights_of_another_shape_are_refused(model: Path, change: str) -> None:
    state = load_file(model / WEIGHTS_FILE)
    name = "alignment.cada.head.1.weight"
    match change:
        case "a tensor is missing":
            del state[name]
        case "a tensor is narrower":
            state[name] = state[name][:-1].contiguous()
        case "one too many":
            state["detector.decoder.extra"] = torch.zeros(3)
    save_file(state, model / WEIGHTS_FILE)
    with pytest.raises(InspectorError, match="damaged"):
        load_model(model)


def test_a_pickle_in_the_weights_place_is_refused_and_never_runs(
    model: Path, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    torch.save({"detector.payload": MakesAFolder(trap)}, model / WEIGHTS_FILE)
    with pytest.raises(InspectorError, match="damaged"):
        load_model(model)
    assert not trap.exists()
    shutil.copy(model / WEIGHTS_FILE, tmp_path / "as_itself.pth")
    torch.load(tmp_path / "as_itself.pth", weights_only=False)
    assert trap.exists(), "the payload would not have worked anyway"


def test_a_model_on_other_backbone_weights_is_refused(model: Path) -> None:
    other = hashlib.sha256(b"other weights").hexdigest()
    change_card(model, backbone_sha256=other)
    with pytest.raises(InspectorError, match="other weights of 'tf_efficientnet_lite0'") as caught:
        load_model(model)
    assert "weights folder" in caught.value.hint


def test_a_model_of_a_newer_inspector_is_refused(model: Path) -> None:
    change_card(model, format_version=FORMAT_VERSION + 1)
    with pytest.raises(InspectorError, match="newer Inspector"):
        load_model(model)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"method": "telepathy"}, "telepathy"),
        ({"backbone": "resnet_5000"}, "resnet_5000"),
        ({"alignments": ["none", "magic"]}, "magic"),
        ({"default_alignment": "magic"}, "magic"),
    ],
)
def test_a_card_that_names_what_does_not_exist_is_refused(
    model: Path, changes: dict[str, Any], named: str
) -> None:
    change_card(model, **changes)
    with pytest.raises(InspectorError, match=named):
        load_model(model)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="not a model folder"):
        load_model(tmp_path)
    with pytest.raises(InspectorError, match="not a model folder"):
        load_model(tmp_path / "nowhere")
