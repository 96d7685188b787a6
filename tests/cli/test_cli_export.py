"""`inspector export`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.core.images import read_for_model
from inspector.jobs import extras
from inspector.jobs.model_card import read_model_card
from inspector.project.active import threshold_key, variant_key
from inspector.project.project import Project

Call = Callable[..., Any]


def test_a_model_is_exported_and_its_proof_is_told(
    project: Path, call: Call, tmp_path: Path
) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    with Project.open(project) as opened:  # as the window keeps them
        model = opened.find_model()
        opened.set_setting(variant_key(model), "none")
        opened.set_setting(threshold_key(model, "none"), 0.25)
    answer = call("export", project, "--format", "onnx", "--to", tmp_path / "line", "--json")
    assert answer.code == 0, answer.err
    found = answer.document
    assert (found["alignment"], found["threshold"]) == ("none", 0.25)
    assert (found["state"], found["file"]) == ("done", str(tmp_path / "line.onnx"))
    assert sorted(found["files"]) == [str(tmp_path / "line.onnx"), str(tmp_path / "line.onnx.json")]
    assert found["proof"]["images"] == 12
    assert found["proof"]["score_difference"] <= found["proof"]["tolerance"] == 1e-4
    described = json.loads((tmp_path / "line.onnx.json").read_bytes())
    with Project.open(project) as opened:
        card = read_model_card(opened.find_model().folder)
        assert [run.kind for run in opened.runs()] == ["train", "export"]
    assert (described["alignment"], described["threshold"]) == ("none", 0.25)
    assert found["own_threshold"] == card.thresholds["none"].value
    assert (described["images_with_learned_defects"], described["masks_learned_at_once"]) == (0, 0)


def test_a_model_with_tiles_is_exported_to_score_whole_images(
    tiny_parts: Path, call: Call, tmp_path: Path
) -> None:
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    project = tmp_path / "tiled"
    for name in sorted(folder.name for folder in tiny_parts.iterdir())[:2]:
        shutil.copytree(tiny_parts / name, tmp_path / "parts" / name)
    assert call("import", project, tmp_path / "parts").code == 0
    changes = ["image_size=64", "tiles=2", "patchcore.coreset=0.05", "alignment.iterations=4"]
    changes += ["alignment.statistics=fitted"]
    settings = [word for change in changes for word in ("--set", change)]
    trained = call("train", project, "--method", "patchcore", "--device", "cpu", *settings)
    assert trained.code == 0, trained.err
    answer = call("export", project, "--format", "onnx", "--to", tmp_path / "tiled.onnx")
    assert answer.code == 0, answer.err
    assert "agrees with the model on 12 images" in answer.out
    assert "It decides by cada, threshold " in answer.out

    session = onnxruntime.InferenceSession(tmp_path / "tiled.onnx")
    facts = session.get_modelmeta().custom_metadata_map
    size = json.loads(facts["input_size"])
    assert (size, facts["tiles"]) == (112, "2")
    scored = call("score", project, "--device", "cpu", "--json").document["images"][:3]
    read = [read_for_model(Path(row["path"]), size).transpose(2, 0, 1) for row in scored]
    found = session.run(["score", "flagged"], {"images": np.stack(read)})
    for row, score, flagged in zip(scored, *found, strict=True):
        assert score == pytest.approx(row["score"], abs=1e-4)
        assert flagged == (row["decision"] == "NG")


@pytest.mark.parametrize("format_", ["onnx", "openvino"])
def test_without_the_extra_it_says_what_to_install(
    project: Path, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    answer = call("export", project, "--format", format_, "--to", tmp_path / "line")
    assert answer.code == 1
    message, hint = answer.err.splitlines()
    assert "needs packages that are not installed (onnx and" in message
    assert hint.strip() == extras.install_hint("export")
    assert list(tmp_path.iterdir()) == [project]


def test_what_cannot_be_is_told_before_anything_starts(
    project: Path, call: Call, tmp_path: Path, inline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: name)
    asked = ["export", project, "--format", "onnx", "--to"]
    assert "does not exist" in call(*asked, tmp_path / "nowhere" / "line.onnx").err
    (tmp_path / "line.onnx").mkdir()
    assert "is a folder" in call(*asked, tmp_path / "line").err
    answer = call(*asked, tmp_path / "other", "--alignment", "nonsense")
    assert "no alignment 'nonsense'" in answer.err
    assert answer.code == 1
    assert inline.started == []
