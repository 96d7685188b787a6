"""`inspector evaluate`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspector.cli.evaluate import show_evaluation
from inspector.cli.output import Output
from inspector.core.words import variant_label
from inspector.engine.alignment.variants import VARIANTS
from inspector.project.project import Project

Call = Callable[..., Any]
METRICS = {
    "n_good",
    "n_defective",
    "image_auroc",
    "image_ap",
    "image_f1_max",
    "pixel_auroc",
    "pixel_ap",
    "pixel_f1_max",
    "pixel_aupro",
    "false_positive_rate",
    "true_positive_rate",
}


def test_raw_stands_beside_aligned_for_machines_and_for_people(
    project: Path, call: Call, capsys: Any
) -> None:
    answer = call("evaluate", project, "--device", "cpu", "--json")
    assert answer.code == 0
    found = answer.document
    assert (found["state"], found["n_unread"]) == ("done", 0)
    report = Path(found["report"])
    assert report.read_text("utf-8").lstrip().lower().startswith("<!doctype html>")
    assert Path(found["evaluation_file"]).exists()
    variants = {v["variant"]: v for v in found["evaluation"]["variants"]}
    assert list(variants) == list(VARIANTS)
    for variant in variants.values():
        assert list(variant["per_class"]) == ["ceramic", "fabric", "nut"]
        rows = (
            variant["absolute_unified"],
            variant["class_average"],
            *variant["per_class"].values(),
        )
        for row in rows:
            assert set(row) == METRICS
            assert 0 <= row["image_auroc"] <= 1
            assert 0 <= row["pixel_auroc"] <= 1
        assert (rows[0]["n_good"], rows[0]["n_defective"]) == (6, 6)

    with Project.open(project) as opened:
        show_evaluation(opened, opened.find_run(2), opened.find_model(), Output(), n_painted=2)
    text = capsys.readouterr().out
    assert f"Model: {found['model']}" in text
    assert "2 test images left out: the model has learned" in text
    assert "Images: raw beside aligned" in text
    assert "Pixels: raw beside aligned" in text
    assert str(report) in text
    lines = [line for line in text.splitlines() if "absolute-unified" in line]
    expected = [
        f"{variants[name]['absolute_unified']['image_auroc']:.3f}" for name in ("none", "cada")
    ]
    assert re.findall(r"\d\.\d{3}", lines[0])[:2] == expected
    assert all(variant_label(name) in text for name in VARIANTS)
    for name in ("ceramic", "fabric", "nut", "class average"):
        assert sum(line.strip(" │|").startswith(name) for line in text.splitlines()) == 3


def test_one_variant_comes_with_raw_and_the_default(project: Path, call: Call) -> None:
    answer = call("evaluate", project, "--device", "cpu", "--alignment", "none", "--json")
    variants = [v["variant"] for v in answer.document["evaluation"]["variants"]]
    assert variants == ["none", "cada"]


def test_a_project_without_test_images(tmp_path: Path, tiny_parts: Path, call: Call) -> None:
    only_train = tmp_path / "parts"
    for name in ("nut", "fabric"):
        shutil.copytree(tiny_parts / name / "train", only_train / name / "train")
    project = tmp_path / "project"
    assert call("import", project, only_train).code == 0
    settings = ["image_size=64", "revdist.iterations=1", "alignment.iterations=1"]
    settings += ["alignment.statistics=fitted"]
    arguments = [a for pair in settings for a in ("--set", pair)]
    assert call("train", project, "--device", "cpu", *arguments).code == 0
    answer = call("evaluate", project, "--device", "cpu")
    assert answer.code == 1
    assert "no test images" in answer.err
    assert "labelled test images" in answer.err


def test_a_project_without_a_model(tmp_path: Path, tiny_parts: Path, call: Call) -> None:
    project = tmp_path / "project"
    call("import", project, tiny_parts)
    for command in ("evaluate", "score"):
        answer = call(command, project)
        assert answer.code == 1
        assert "no model yet" in answer.err
        assert answer.err.count("\n") == 2


def test_images_that_went_missing_are_counted(
    tmp_path: Path, tiny_parts: Path, project: Path, call: Call
) -> None:
    parts = tmp_path / "parts"
    shutil.copytree(tiny_parts, parts)
    for image in parts.glob("*/test/good/*.png"):
        image.write_bytes(image.read_bytes() + b"\n")  # other files to the project
    call("import", project, parts)
    (parts / "nut" / "test" / "good" / "000.png").unlink()
    answer = call("evaluate", project, "--device", "cpu")
    assert answer.code == 0
    assert "1 images could not be read" in answer.out
