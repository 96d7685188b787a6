"""A model whose image scorer is fitted: saved, loaded, scored and evaluated like any other."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from inspector.core.images import read_for_model
from inspector.engine.device import Device
from inspector.engine.model_files import load_model, save_model
from inspector.engine.scorers import FittedScorer, TopScorer
from inspector.jobs.model_card import CARD_FILE
from inspector.jobs.spec import ScoreJob
from inspector.project.project import Project
from inspector.project.results import read_evaluation, read_results
from training.score_job import score
from training.scorer_fit import fit_scorer

CPU = Device("cpu")


@pytest.fixture
def folder(tmp_path: Path, tiny_project: Any) -> Path:
    """The tiny model with a scorer that is fitted to noise."""
    pipeline, card = load_model(tiny_project.model.folder)
    scorer = FittedScorer(card.alignments, card.score_percent)
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(20, 7, generator=generator).sort(dim=1, descending=True).values
    fit_scorer(scorer, dict.fromkeys(card.alignments, noise))
    pipeline.scorer = scorer
    save_model(tmp_path / "fitted", pipeline, msgspec.structs.replace(card, image_scorer="fitted"))
    return tmp_path / "fitted"


def test_what_is_stored_is_what_the_loaded_model_says(
    folder: Path, tiny_project: Any, new_run: Callable[..., Any]
) -> None:
    run = new_run()
    with Project.open(tiny_project.folder) as project:
        snapshot = project.take_snapshot()
        file = project.snapshot_file(snapshot.snapshot_id)
    score(ScoreJob(model=str(folder), snapshot=str(file), device="cpu", evaluate=True), run)
    results = read_results(run.folder).scored
    pipeline, card = load_model(folder)
    read = [read_for_model(Path(found.path), card.image_size) for found in results]
    images = torch.from_numpy(np.stack(read)).permute(0, 3, 1, 2)
    names = [found.class_name for found in results]
    found = pipeline.score(images, names, CPU, card.alignments)
    for name, scores in found.scores.items():
        stored = [result.scores[name] for result in results]
        np.testing.assert_allclose(stored, scores.numpy(), rtol=1e-3, atol=1e-4)
    raw = [result.raw_score for result in results]
    np.testing.assert_allclose(raw, found.scores["none"].numpy(), rtol=1e-3, atol=1e-4)
    other = load_model(tiny_project.model.folder)[0].score(images, names, CPU, ["cada"])
    assert not np.allclose(other.scores["cada"], found.scores["cada"], atol=0.05)
    variants = {variant.variant for variant in read_evaluation(run.folder).variants}
    assert variants == set(card.alignments)
    assert "how far the map lies above normal maps" in (run.folder / "report.html").read_text()


def test_a_model_that_names_no_scorer_has_the_top_percentage(
    tmp_path: Path, tiny_project: Any
) -> None:
    """As those that were saved before there was a choice."""
    folder = shutil.copytree(tiny_project.model.folder, tmp_path / "old")
    file = folder / CARD_FILE
    card = msgspec.json.decode(file.read_bytes())
    del card["image_scorer"]
    file.write_bytes(msgspec.json.encode(card))
    pipeline, read = load_model(folder)
    assert read.image_scorer == "top"
    assert isinstance(pipeline.scorer, TopScorer)
    assert pipeline.scorer.percent == card["score_percent"]
