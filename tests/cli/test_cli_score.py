"""`inspector score`."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from inspector.jobs.model_card import read_model_card
from inspector.jobs.outcome import JobOutcome
from inspector.jobs.spec import ScoreJob
from inspector.project.project import Project
from inspector.project.results import Results
from inspector.project.runs import RunState
from inspector.project.snapshots import SnapshotEntry
from training.run import Run
from training.score_job import load_for_scoring, score_entries

Call = Callable[..., Any]
COLUMNS = ["path", "class", "truth", "decision", "score", "raw_score", "u", "gamma", "alignment"]
COLUMNS += ["threshold", "model", "model_snapshot", "learned_masks", "problem"]


def rows_of(file: Path) -> list[dict[str, str]]:
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")  # what spreadsheets know UTF-8 by
    reader = csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline=""))
    assert reader.fieldnames == COLUMNS
    return list(reader)


def test_a_projects_images_are_scored_kept_and_written(
    project: Path, call: Call, tmp_path: Path
) -> None:
    out = tmp_path / "scores.csv"
    answer = call("score", project, "--device", "cpu", "--out", out, "--json")
    assert answer.code == 0
    found = answer.document
    with Project.open(project) as opened:
        model = opened.find_model()
        card = read_model_card(model.folder)
        kept = {stored.result.path: stored.result for stored in opened.scores(model.model_id)}
    assert (found["state"], found["model"], found["alignment"]) == ("done", model.name, "cada")
    assert found["threshold"] == card.thresholds["cada"].value
    assert found["learned_masks"] == 0
    assert found["unread"] == []
    assert len(found["images"]) == len(kept) == 30
    rows = {row["path"]: row for row in rows_of(out)}
    for image in found["images"]:
        result, row = kept[image["path"]], rows[image["path"]]
        assert image["score"] == result.scores["cada"]
        assert image["raw_score"] == result.raw_score
        assert image["decision"] == ("NG" if image["score"] > found["threshold"] else "OK")
        assert row["decision"] == image["decision"]
        assert float(row["score"]) == pytest.approx(image["score"], abs=1e-6)
        assert (row["class"], row["truth"]) == (result.class_name, result.truth)
        assert float(row["u"]) == pytest.approx(result.statistics["cada"].u, abs=1e-6)
        assert float(row["gamma"]) == pytest.approx(result.statistics["cada"].gamma, abs=1e-6)
        assert row["model_snapshot"] == card.snapshot_digest
        assert row["problem"] == ""


def test_the_statistics_written_are_those_of_the_variant_that_decides(
    project: Path, call: Call, tmp_path: Path
) -> None:
    written = {}
    for variant in ("none", "cada-a", "cada"):
        out = tmp_path / f"{variant}.csv"
        call("score", project, "--device", "cpu", "--alignment", variant, "--out", out)
        written[variant] = rows_of(out)
    assert {(row["u"], row["gamma"]) for row in written["none"]} == {("", "")}
    for variant in ("cada-a", "cada"):
        for row in written[variant]:
            u, gamma, raw = float(row["u"]), float(row["gamma"]), float(row["raw_score"])
            # Exact where the spread is above the smallest that is believed, as it mostly is.
            aligned = (raw - u) / (gamma - u)
            row["is_aligned"] = str(abs(aligned - float(row["score"])) < 1e-3 * (1 + abs(aligned)))
        assert [row["is_aligned"] for row in written[variant]].count("True") > 15
    by_class = {row["class"]: row["u"] for row in written["cada-a"]}
    assert all(row["u"] == by_class[row["class"]] for row in written["cada-a"])
    assert len({row["u"] for row in written["cada"]}) > len(by_class)


def test_the_text_counts_per_class_and_names_the_worst(project: Path, call: Call) -> None:
    answer = call("score", project, "--device", "cpu", "--threshold", "-1000")
    assert answer.code == 0
    assert "30 images scored by" in answer.out
    assert "30 above the threshold -1000.000." in answer.out
    rows = [line.split() for line in answer.out.splitlines()]
    for name in ("ceramic", "fabric", "nut"):
        assert [name, "10", "10"] in rows
    assert "Most anomalous:" in answer.out
    worst = [line.split()[0] for line in answer.out.splitlines() if line.endswith(".png")]
    assert len(worst) == 10
    assert worst == sorted(worst, key=float, reverse=True)


def test_a_folder_that_is_not_imported(
    project: Path, call: Call, tmp_path: Path, tiny_parts: Path
) -> None:
    folder = tmp_path / "Neue, „schwierige“ Teile"
    folder.mkdir()
    for number, image in enumerate(sorted(tiny_parts.glob("nut/test/good/*.png"))):
        shutil.copy(image, folder / f"Teil {number}.png")
    (folder / "broken.png").write_bytes(b"no image")
    (folder / "notes.txt").write_text("no image either")
    out = tmp_path / "scores.csv"
    arguments = ("score", project, folder, "--device", "cpu", "--alignment", "none")
    found = call(*arguments, "--out", out, "--json").document
    assert sorted(Path(image["path"]).name for image in found["images"]) == [
        "Teil 0.png",
        "Teil 1.png",
    ]
    for image in found["images"]:
        assert image["score"] == image["raw_score"]
    unread, problem = found["unread"]
    assert unread["path"] == str(folder / "broken.png")
    assert problem["path"] == str(folder / "notes.txt")
    for row, told in zip(rows_of(out)[-2:], found["unread"], strict=True):
        assert (row["path"], row["problem"]) == (told["path"], told["reason"])
        assert row["score"] == row["decision"] == ""
    with Project.open(project) as opened:
        assert len(opened.images()) == 30
        assert opened.scores(opened.find_model().model_id) == ()
    answer = call(*arguments)
    assert answer.code == 4
    assert "2 files could not be scored:" in answer.out
    assert "broken.png" in answer.out
    (folder / "broken.png").unlink()
    assert call(*arguments).code == 0  # a text is no image that was missed
    (folder / "phone.heic").write_bytes(b"of a kind that is not read")
    assert call(*arguments).code == 4


def test_a_projects_own_images_that_cannot_be_used_are_told(
    project: Path, call: Call, tmp_path: Path
) -> None:
    (tmp_path / "more/nut/test/bent").mkdir(parents=True)
    broken = tmp_path / "more/nut/test/bent/900.png"
    broken.write_bytes(b"no image")
    call("import", project, tmp_path / "more")
    answer = call("score", project, "--device", "cpu", "--json")
    assert answer.code == 4
    (told,) = answer.document["unread"]
    assert told["path"] == str(broken)


def test_a_folder_and_the_project_give_equal_scores(
    project: Path, call: Call, tiny_parts: Path
) -> None:
    own = call("score", project, "--device", "cpu", "--json").document
    other = call("score", project, tiny_parts, "--device", "cpu", "--json").document
    scores = {image["path"]: image["score"] for image in own["images"]}
    assert {image["path"] for image in other["images"]} == set(scores)
    for image in other["images"]:
        assert image["score"] == pytest.approx(scores[image["path"]], rel=1e-4)


@pytest.fixture
def lost_on_cluster(
    project: Path,
    call: Call,
    tmp_path: Path,
    tiny_parts: Path,
    inline: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The folder of a scoring on a cluster, by the variant cada-a, that was lost: run 2."""
    folder = tmp_path / "archive"
    shutil.copytree(tiny_parts / "nut/test/good", folder)
    (folder / "notes.txt").write_text("no image")
    monkeypatch.setattr("inspector.cli.score.require_ray", lambda: None)
    inline.outcome_instead = JobOutcome(state="lost", message="It is gone.", hint="Resume it.")
    arguments = ("--device", "cpu", "--alignment", "cada-a", "--cluster")
    assert call("score", project, folder, *arguments).code == 1
    inline.outcome_instead = None
    return folder


def test_a_resumed_run_decides_and_lists_as_it_was_asked_to(
    project: Path,
    call: Call,
    tmp_path: Path,
    lost_on_cluster: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def here(job: ScoreJob, run: Run, entries: Sequence[SnapshotEntry]) -> Results:
        return score_entries(job, load_for_scoring(job), entries, run.folder)

    monkeypatch.setattr("training.cluster.score_on_cluster", here)
    out = tmp_path / "scores.csv"
    found = call("score", project, "--resume", 2, "--out", out, "--json").document
    assert (found["run"], found["alignment"]) == (2, "cada-a")
    last = rows_of(out)[-1]
    assert last["path"] == str(lost_on_cluster / "notes.txt")
    assert last["problem"]


@pytest.mark.parametrize(
    "arguments",
    [("--alignment", "cada"), ("--device", "cuda"), ("--layout", "flat"), ("--class-name", "x")],
)
def test_what_contradicts_a_resumed_run_is_refused(
    project: Path, call: Call, lost_on_cluster: Path, arguments: tuple[str, str]
) -> None:
    answer = call("score", project, "--resume", 2, *arguments)
    assert answer.code == 1
    assert arguments[0] in answer.err
    with Project.open(project) as opened:
        assert opened.find_run(2).state is RunState.LOST


@pytest.mark.parametrize(
    ("arguments", "told", "hint"),
    [
        (("--model", "nonsense"), "nonsense", "0001"),
        (("--alignment", "cada-z"), "cada-z", "cada-a"),
    ],
)
def test_what_the_project_does_not_have_is_refused_before_anything_is_made(
    project: Path, call: Call, inline: Any, arguments: tuple[str, ...], told: str, hint: str
) -> None:
    for command in ("score", "evaluate"):
        answer = call(command, project, *arguments)
        assert answer.code == 1
        assert told in answer.err
        assert hint in answer.err
        assert answer.err.count("\n") == 2
    assert inline.started == []
    with Project.open(project) as opened:
        assert len(opened.runs()) == 1


@pytest.mark.parametrize("kind", ["missing", "empty", "unreadable"])
def test_a_folder_with_nothing_to_score(
    project: Path, call: Call, tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "images"
    if kind != "missing":
        folder.mkdir()
    if kind == "unreadable":
        (folder / "broken.png").write_bytes(b"no image")
    answer = call("score", project, folder, "--device", "cpu", "--json")
    assert answer.code == 1
    assert str(folder) in answer.document["error"]
    assert answer.document["hint"]
    assert "Traceback" not in answer.err


def test_a_file_that_cannot_be_written_is_said(project: Path, call: Call, tmp_path: Path) -> None:
    out = tmp_path / "no such folder" / "scores.csv"
    answer = call("score", project, "--device", "cpu", "--out", out)
    assert answer.code == 1
    assert str(out) in answer.err
    assert "Traceback" not in answer.err


def test_a_threshold_that_is_no_number(project: Path, call: Call) -> None:
    for text in ("nan", "high"):
        with pytest.raises(SystemExit) as ended:
            call("score", project, "--threshold", text)
        assert ended.value.code == 2


def test_a_damaged_model_is_said(project: Path, call: Call) -> None:
    with Project.open(project) as opened:
        folder = opened.find_model().folder
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    answer = call("score", project, "--device", "cpu")
    assert answer.code == 1
    assert "damaged" in answer.err
    (folder / "model.json").write_text("{")
    answer = call("score", project, "--device", "cpu")
    assert answer.code == 1
    assert "damaged" in answer.err
