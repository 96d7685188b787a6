"""`inspector split`, and training on what it made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.project.splits import read_split

Call = Callable[..., Any]


def test_a_split_is_made_trained_on_and_evaluated(
    project: Path, tmp_path: Path, call: Call, tiny_settings: list[str]
) -> None:
    file = tmp_path / "split.json"
    made = call("split", project, "--kind", "step", "--beta", 3, "--out", file)
    assert made.code == 0
    split = read_split(file)
    assert sorted(split.counts.values()) == [2, 2, 6]
    assert all(name in made.out for name in split.counts)

    trained = call("train", project, "--split", file, "--json", *tiny_settings)
    assert trained.code == 0
    shown = call("models", project, "--show", trained.document["model"], "--json").document
    assert shown["card"]["training_images"] == dict(sorted(split.counts.items()))
    assert shown["card"]["long_tail"] == {"head": split.head, "tail": split.tail}
    assert shown["card"]["split"] == "step, β 3, seed 0"

    found = call("evaluate", project, "--json").document["evaluation"]["variants"][0]
    aurocs = {name: row["image_auroc"] for name, row in found["per_class"].items()}
    head = [aurocs[name] for name in split.head]
    tail = [aurocs[name] for name in split.tail]
    assert found["head_average"]["image_auroc"] == pytest.approx(sum(head) / len(head))
    assert found["tail_average"]["image_auroc"] == pytest.approx(sum(tail) / len(tail))
    text = call("evaluate", project).out
    assert "head (many images)" in text and "tail (few images)" in text


def test_a_model_that_knows_no_tail_shows_none(project: Path, call: Call) -> None:
    found = call("evaluate", project, "--json").document["evaluation"]["variants"][0]
    assert found["head_average"] is None and found["tail_average"] is None
    assert "tail (few images)" not in call("evaluate", project).out


def test_a_preview_writes_nothing(
    project: Path, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    answer = call("split", project, "--preview", "--json")
    assert answer.code == 0
    assert answer.document["file"] is None
    assert answer.document["split"]["kind"] == "exp"
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("arguments", [("--beta", "0.5"), ("--beta", "nan"), ("--seed", "-1")])
def test_what_makes_no_sense_is_told(project: Path, call: Call, arguments: tuple[str, str]) -> None:
    answer = call("split", project, "--preview", *arguments)
    assert answer.code == 1
    assert "inspector:" in answer.err


def test_a_resumed_run_and_a_model_again_take_no_split(
    project: Path, tmp_path: Path, call: Call
) -> None:
    file = tmp_path / "split.json"
    assert call("split", project, "--out", file).code == 0
    assert call("train", project, "--resume", 1, "--split", file).code == 1
    assert call("train", project, "--from", "1", "--split", file).code == 1
