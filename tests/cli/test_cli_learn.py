"""`inspector annotate learn`: painted defects into a model at once, and out again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.jobs.fresh_file import read_fresh_masks
from inspector.project.active import threshold_key
from inspector.project.project import Project

Call = Callable[..., Any]


PAINTED = 20


@pytest.fixture
def folder(tiny_dmad: Any, tmp_path: Path) -> Path:
    """A project with a small DMAD; the defect is painted on one image."""
    shutil.copytree(tiny_dmad.folder, tmp_path / "project")
    with Project.open(tmp_path / "project") as project:
        mask = np.zeros((64, 64), np.bool_)
        mask[13:27, 0:15] = True
        project.set_mask(PAINTED, project.add_defect_type("flaw").type_id, mask, "brush", "Ada")
    return tmp_path / "project"


def masks(folder: Path) -> list[int]:
    with Project.open(folder) as project:
        return [mask.image_id for mask in read_fresh_masks(project.find_model().folder)]


def test_what_is_painted_is_learned_and_forgotten(folder: Path, call: Call) -> None:
    with Project.open(folder) as project:
        model = project.find_model()
        before = {s.result.image_id: s.result.raw_score for s in project.scores(model.model_id)}
    answer = call("annotate", "learn", folder)
    assert answer.code == 0
    assert f"{model.name} has learned 1 painted mask at once; 30 images scored" in answer.out
    assert "Changed most" in answer.out
    assert masks(folder) == [PAINTED]
    with Project.open(folder) as project:
        after = {s.result.image_id: s.result.raw_score for s in project.scores(model.model_id)}
    assert after[PAINTED] > before[PAINTED] + 0.3

    answer = call("annotate", "learn", folder)
    assert "knows all that is painted" in answer.out

    answer = call("annotate", "learn", folder, "--forget")
    assert "is back to what its training made of it" in answer.out
    assert masks(folder) == []
    assert "learned nothing at once" in call("annotate", "learn", folder, "--forget").out


def test_machines_get_one_document(folder: Path, call: Call) -> None:
    with Project.open(folder) as project:  # as the window keeps it: nothing is above it
        project.set_setting(threshold_key(project.find_model(), "cada"), 1e6)
    answer = call("annotate", "learn", folder, "--model", "1", "--json")
    document = json.loads(answer.out)
    assert (document["state"], document["masks"], document["scored"]) == ("done", 1, 30)
    first = document["changes"][0]
    assert set(first) == {"path", "class", "before", "after", "decision_before", "decision"}
    moved = [abs(c["after"] - c["before"]) for c in document["changes"]]
    assert moved == sorted(moved, reverse=True)
    assert document["changed"] == len(moved)
    assert {change["decision"] for change in document["changes"]} == {"OK"}
    assert call("annotate", "learn", folder, "--json").document == {
        "state": "unchanged", "model": document["model"], "masks": 1, "changes": []
    }  # fmt: skip


def test_a_model_that_does_not_learn_from_defects_says_so(
    tiny_project: Any, tmp_path: Path, call: Call
) -> None:
    shutil.copytree(tiny_project.folder, tmp_path / "other")
    answer = call("annotate", "learn", tmp_path / "other")
    assert answer.code == 1
    assert "does not learn from painted defects" in answer.err
    assert "dmad" in answer.err
