"""The files of a scoring: results, evaluation and maps."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from inspector.core.evaluation import Expected, ImageResult, evaluate
from inspector.core.samples import Truth
from inspector.errors import InspectorError
from inspector.project.results import (
    EVALUATION_FILE,
    RESULTS_FILE,
    Results,
    UnreadImage,
    read_evaluation,
    read_results,
    write_evaluation,
    write_results,
)


def result(image_id: int, truth: Truth, score: float, u: float | None = None) -> ImageResult:
    return ImageResult(
        image_id=image_id,
        path=f"/parts/Dübel 木/{image_id}.png",
        class_name="Dübel 木",
        truth=truth,
        defect_kind="scratch" if truth is Truth.DEFECTIVE else "",
        raw_score=score,
        scores={"none": score, "cada": 2 * score},
        statistics={} if u is None else {"cada": Expected(u, 2 * u)},
    )


RESULTS = Results(
    scored=(
        result(7, Truth.GOOD, 0.1, u=0.05),
        result(3, Truth.DEFECTIVE, 1 / 3, u=0.07),
        result(4, Truth.UNKNOWN, 1e-300),
    ),
    unread=(UnreadImage(5, "/parts/x.png", "'/parts/x.png' is empty.", "Copy it again."),),
)


def test_results_come_back_exactly(tmp_path: Path) -> None:
    write_results(tmp_path, RESULTS)
    assert read_results(tmp_path) == RESULTS
    assert [path.name for path in tmp_path.iterdir()] == [RESULTS_FILE]


def test_no_results_at_all(tmp_path: Path) -> None:
    write_results(tmp_path, Results((), ()))
    assert read_results(tmp_path) == Results((), ())


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"scored": [], "unread": 3}', b"\xff"])
def test_results_that_cannot_be_read_are_said(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / RESULTS_FILE).write_bytes(content)
    with pytest.raises(InspectorError, match=r"results\.json") as caught:
        read_results(tmp_path)
    assert caught.value.hint


def test_results_of_the_version_before_are_said_to_be_so(tmp_path: Path) -> None:
    write_results(tmp_path, RESULTS)
    document = msgspec.json.decode((tmp_path / RESULTS_FILE).read_bytes())
    for image in document["scored"]:
        del image["statistics"]
        image |= {"u": 0.1, "gamma": 0.2}
    (tmp_path / RESULTS_FILE).write_bytes(msgspec.json.encode(document))
    with pytest.raises(InspectorError, match="another version of Inspector"):
        read_results(tmp_path)


def test_an_evaluation_comes_back_exactly_undefined_metrics_too(tmp_path: Path) -> None:
    found = evaluate(RESULTS.scored, {"cada": 0.3}, {})
    write_evaluation(tmp_path, found)
    assert read_evaluation(tmp_path) == found
    raw = msgspec.json.decode((tmp_path / EVALUATION_FILE).read_bytes())
    assert raw["variants"][0]["absolute_unified"]["pixel_auroc"] is None
