"""The export job, and its files in their own runtimes against the pipeline."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import training.export_job
from inspector.core.files import sha256_of
from inspector.core.images import read_for_model
from inspector.core.samples import Split, Truth
from inspector.engine.alignment.regressed import Regressed
from inspector.engine.annotating import require_dmad
from inspector.engine.detectors.revdist import RevDist
from inspector.engine.device import Device
from inspector.engine.export.exported_files import load_file, write_onnx
from inspector.engine.export.graph import ScoringGraph, as_onnx, rounded_down
from inspector.engine.loaded_graph import LoadedGraph, OnnxGraph, OpenVinoGraph
from inspector.engine.memory.patches import as_rows, patch_features
from inspector.engine.model_files import load_model
from inspector.engine.tracing import traced
from inspector.errors import InspectorError
from inspector.jobs import events
from inspector.jobs.export_formats import EXPORT_FORMATS, ExportFormat
from inspector.jobs.model_card import CARD_FILE, ModelCard, read_model_card
from inspector.jobs.spec import ExportJob
from inspector.project.project import Project
from inspector.project.snapshots import SnapshotEntry
from training.commands import Cancelled
from training.export_job import chosen_for_proof, export

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("onnx", "onnxruntime", "openvino")),
    reason="the extra 'export' is not installed",
)

MakeRun = Callable[..., Any]
ONNX, OPENVINO = EXPORT_FORMATS["onnx"], EXPORT_FORMATS["openvino"]
FACTS = {"inspector_version": "1", "preprocessing": "", "input_size": "64"}


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True)
class Bench:
    """A trained model, a snapshot of its parts, and an empty folder to export to."""

    model: Path
    card: ModelCard
    entries: tuple[SnapshotEntry, ...]
    snapshot: Path
    folder: Path

    def job(self, **changes: Any) -> ExportJob:
        arguments: dict[str, Any] = {
            "model": str(self.model),
            "name": "Line 2",
            "snapshot": str(self.snapshot),
            "format": "onnx",
            "to": str(self.folder / "line2.onnx"),
        }
        return ExportJob(**(arguments | changes))

    def names(self) -> list[str]:
        """All that lies in the folder, hidden files too."""
        return sorted(file.name for file in self.folder.iterdir())

    def images(self) -> NDArray[np.float32]:
        """All images as an integrator would give them."""
        size = self.card.image_size
        read = [read_for_model(Path(entry.path), size) for entry in self.entries]
        return np.ascontiguousarray(np.stack(read).transpose(0, 3, 1, 2))

    def expected(self, variant: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores and maps by the pipeline itself."""
        pipeline, _ = load_model(self.model)
        images = torch.from_numpy(self.images())
        scored = pipeline.score(images, [""] * len(images), Device("cpu"), (variant,))
        u, gamma = scored.statistics[variant]
        spread = torch.maximum(gamma - u, pipeline.aligners[variant].minimum_spread)
        maps = (scored.smoothed - u[:, None, None]) / spread[:, None, None]
        return scored.scores[variant].numpy(), maps.numpy()


@pytest.fixture
def bench(tiny_project: Any, tmp_path: Path) -> Bench:
    with Project.open(tiny_project.folder) as project:
        snapshot = project.take_snapshot()
        file = project.snapshot_file(snapshot.snapshot_id)
        entries = snapshot.entries
    folder = tmp_path / "exported"
    folder.mkdir()
    model = tiny_project.model.folder
    return Bench(model, read_model_card(model), entries, file, folder)


def test_the_file_scores_as_the_model_and_tells_what_it_is(bench: Bench, new_run: MakeRun) -> None:
    run = new_run()
    made = export(bench.job(), run)
    assert bench.names() == ["line2.onnx", "line2.onnx.json"]
    assert made["files"] == [str(bench.folder / name) for name in bench.names()]
    loaded = load_file(ONNX, bench.folder / "line2.onnx")
    scores, maps = bench.expected(bench.card.default_alignment)
    found = loaded.run(bench.images())
    np.testing.assert_allclose(found.score, scores, atol=1e-4, rtol=1e-4)
    np.testing.assert_allclose(found.anomaly_map, maps, atol=1e-4, rtol=1e-4)
    threshold = bench.card.thresholds[bench.card.default_alignment].value
    assert found.flagged.dtype == np.bool_
    assert (found.flagged == (found.score > threshold)).all()

    described = json.loads((bench.folder / "line2.onnx.json").read_bytes())
    assert described["proof"]["images"] == 12
    assert described["proof"]["score_difference"] <= 1e-4
    assert described["proof"] == made["proof"]
    import onnxruntime

    session = onnxruntime.InferenceSession(bench.folder / "line2.onnx")
    (map_,) = [o for o in session.get_outputs() if o.name == "anomaly_map"]
    assert map_.shape == ["batch", described["input_size"], described["input_size"]]
    facts = session.get_modelmeta().custom_metadata_map
    for name, value in described.items():
        if name != "proof":
            assert facts[name] == value or json.loads(facts[name]) == value
    assert facts["name"] == "Line 2"
    assert facts["model_card_sha256"] == sha256_of(bench.model / CARD_FILE)
    assert float(facts["threshold"]) == threshold
    assert [event.name for event in run.of(events.Stage)] == [
        "load",
        "convert",
        "prove",
    ]


def test_openvino_gets_a_pair_of_files_that_score_as_the_model(
    bench: Bench, new_run: MakeRun
) -> None:
    target = bench.folder / "line2.xml"
    export(bench.job(format="openvino", to=str(target)), new_run())
    assert bench.names() == ["line2.bin", "line2.xml", "line2.xml.json"]
    loaded = load_file(OPENVINO, target)
    scores, maps = bench.expected(bench.card.default_alignment)
    found = loaded.run(bench.images())
    np.testing.assert_allclose(found.score, scores, atol=1e-4, rtol=1e-4)
    np.testing.assert_allclose(found.anomaly_map, maps, atol=1e-4, rtol=1e-4)
    import openvino

    model = openvino.Core().read_model(target)
    assert model.get_rt_info(["inspector", "method"]).value == "revdist"
    described = json.loads((bench.folder / "line2.xml.json").read_bytes())
    assert described["run_with"] == {"INFERENCE_PRECISION_HINT": "f32"}


def test_another_alignment_and_threshold(bench: Bench, tmp_path: Path) -> None:
    pipeline, card = load_model(bench.model)
    for variant in ("none", "cada-b"):
        scores, maps = bench.expected(variant)
        threshold = float(np.median(scores))
        graph = as_onnx(ScoringGraph(pipeline, variant, threshold, card.image_size))
        write_onnx(graph, FACTS, tmp_path / "made.onnx")
        found = load_file(ONNX, tmp_path / "made.onnx").run(bench.images())
        np.testing.assert_allclose(found.score, scores, atol=1e-4, rtol=1e-4)
        np.testing.assert_allclose(found.anomaly_map, maps, atol=1e-4, rtol=1e-4)
        assert (found.flagged == (found.score > threshold)).all()
        assert 0 < found.flagged.sum() < len(scores)


def test_what_was_learned_at_once_is_exported_too(
    bench: Bench, tiny_dmad: Any, tmp_path: Path
) -> None:
    pipeline, card = load_model(tiny_dmad.model.folder)
    images = torch.from_numpy(bench.images())
    odd = [entry.truth for entry in bench.entries].index(Truth.DEFECTIVE)
    detector = require_dmad(pipeline.detector)
    with torch.no_grad():
        rows = as_rows(patch_features(detector.observe(images[odd : odd + 1])))[0]
    painted = rows[detector.normal.nearest(rows).distance.topk(3).indices]
    names = [""] * len(images)
    before = pipeline.score(images, names, Device("cpu"), ("cada",)).scores["cada"]
    detector.fresh.fill(painted, torch.full((3, 4), -1))
    detector.learn_filters()
    after = pipeline.score(images, names, Device("cpu"), ("cada",)).scores["cada"]
    graph = as_onnx(ScoringGraph(pipeline, "cada", 0.5, card.image_size))
    write_onnx(graph, FACTS, tmp_path / "made.onnx")
    found = load_file(ONNX, tmp_path / "made.onnx").run(bench.images())
    assert after[odd] > before[odd] + 0.01
    np.testing.assert_allclose(found.score, after.numpy(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("format_", EXPORT_FORMATS.values(), ids=EXPORT_FORMATS)
def test_what_a_runtime_refuses_is_told(tmp_path: Path, format_: ExportFormat) -> None:
    damaged = tmp_path / f"damaged{format_.suffix}"
    damaged.write_bytes(b"no graph")
    with pytest.raises(InspectorError, match=f"{format_.title} does not take this model"):
        load_file(format_, damaged)


@pytest.mark.parametrize("kind", [OnnxGraph, OpenVinoGraph])
def test_a_runtime_that_fails_is_no_bug(tmp_path: Path, kind: type[LoadedGraph]) -> None:
    file = tmp_path / "graph.onnx"
    file.write_bytes(traced(torch.nn.Conv2d(3, 1, 3), 8, ("map",), fold_constants=True))
    loaded = kind(file, threads=1)
    (found,) = loaded.run(np.zeros((3, 3, 8, 8), np.float32))
    assert found.shape == (3, 1, 6, 6)
    with pytest.raises(RuntimeError):
        loaded.run(np.zeros((1, 2, 8, 8), np.float32))


def test_what_needs_the_class_is_refused(bench: Bench, new_run: MakeRun) -> None:
    with pytest.raises(InspectorError, match="'cada-a' needs the class of every image"):
        export(bench.job(variant="cada-a"), new_run())
    assert bench.names() == []


@settings(derandomize=True)
@given(
    st.floats(allow_nan=False, width=32),
    st.floats(-1e30, 1e30) | st.floats(-2, 2),
    st.booleans(),
)
def test_a_threshold_means_the_same_in_float32(score: float, threshold: float, tie: bool) -> None:
    if tie:
        threshold = float(np.nextafter(score, threshold))  # as close as it can be
    if abs(threshold) <= 1e30:
        rounded = rounded_down(threshold)
        assert (score > threshold) == bool(np.float32(score) > rounded)


def _regressed(graph: ScoringGraph) -> Regressed:
    assert isinstance(graph.aligner, Regressed)
    return graph.aligner


def _lifted(graph: ScoringGraph) -> None:
    _regressed(graph).target_mean.add_(2e-4)


def _lenient(graph: ScoringGraph) -> None:
    graph.threshold.fill_(1e9)


def _broken(graph: ScoringGraph) -> None:
    _regressed(graph).target_mean.fill_(torch.nan)


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        (_lifted, "a score differs by"),
        (_broken, "a score differs by nan"),
        (_lenient, "it flags other images"),
    ],
)
def test_a_file_that_says_something_else_is_not_kept(
    bench: Bench,
    new_run: MakeRun,
    monkeypatch: pytest.MonkeyPatch,
    tamper: Callable[[ScoringGraph], None],
    reason: str,
) -> None:
    def tampered(graph: ScoringGraph) -> bytes:
        wrong = copy.deepcopy(graph)
        tamper(wrong)
        return as_onnx(wrong)

    monkeypatch.setattr(training.export_job, "as_onnx", tampered)
    (bench.folder / "line2.onnx").write_bytes(b"the one before")
    with pytest.raises(InspectorError, match=reason) as told:
        export(bench.job(threshold=-1e9), new_run())
    assert "ONNX Runtime" in told.value.message
    assert bench.names() == ["line2.onnx"]
    assert (bench.folder / "line2.onnx").read_bytes() == b"the one before"


def test_cancelled_while_it_is_proved_it_leaves_nothing(bench: Bench, new_run: MakeRun) -> None:
    with pytest.raises(Cancelled):
        export(bench.job(), new_run("prove", Cancelled))
    assert bench.names() == []


def test_a_part_without_a_counterpart_is_told_in_one_sentence(
    bench: Bench, new_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = RevDist.predict_features

    def unusual(self: RevDist, features: Any, size: Any) -> Any:
        found = predict(self, features, size)
        return found._replace(map=torch.linalg.svdvals(found.map)[:, :, None] + found.map)

    monkeypatch.setattr(RevDist, "predict_features", unusual)
    with pytest.raises(InspectorError, match=r"This model cannot be exported: .*svdvals") as told:
        export(bench.job(), new_run())
    assert "\n" not in told.value.message
    assert bench.names() == []


def test_without_an_image_nothing_can_be_proved(
    bench: Bench, new_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InspectorError, match="no image to prove"):
        chosen_for_proof([])
    gone = [_entry(1, "a", Truth.GOOD)]
    monkeypatch.setattr(training.export_job, "chosen_for_proof", lambda entries: gone)
    with pytest.raises(InspectorError, match="None of the images to prove"):
        export(bench.job(), new_run())
    assert bench.names() == []


def test_the_proof_sees_all_classes_good_and_defective() -> None:
    entries = [_entry(n, f"class {n % 5}", Truth.GOOD) for n in range(100)]
    entries += [_entry(n, f"class {n % 5}", Truth.DEFECTIVE) for n in range(100, 110)]
    chosen = chosen_for_proof(entries)
    assert len(chosen) == len({entry.image_id for entry in chosen}) == 12
    assert len({(entry.class_name, entry.truth) for entry in chosen}) == 10


def _entry(number: int, class_name: str, truth: Truth) -> SnapshotEntry:
    return SnapshotEntry(
        image_id=number,
        path=f"/nowhere/{number}.png",
        sha256="",
        class_name=class_name,
        split=Split.TEST,
        truth=truth,
        defect_kind="",
        masks=(),
        window=None,
    )


def test_a_failed_move_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "part.onnx"
    described = tmp_path / "part.onnx.json"
    made = tmp_path / "made"
    made.mkdir()
    for file, content in ((target, "old"), (described, "old facts")):
        file.write_text(content)
        (made / file.name).write_text("new")
    replace = Path.replace

    def refuse(self: Path, place: Path) -> Path:
        if self == made / target.name:
            raise PermissionError(13, "in use")
        return replace(self, place)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PermissionError):
        training.export_job._moved(made, target)
    assert (target.read_text(), described.read_text()) == ("old", "old facts")
