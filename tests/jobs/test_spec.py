from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from inspector.errors import InspectorError
from inspector.jobs.parameters import AlignmentParameters, CommonParameters
from inspector.jobs.spec import JOB_FILE, Job, ScoreJob, TrainJob, read_job

TRAIN = TrainJob(
    method="revdist",
    preset="quick",
    snapshot="/projects/Dübel/snapshots/0001.json",
    cache="/projects/Dübel/cache",
    common=CommonParameters(backbone="tf_efficientnet_lite0", image_size=64, seed=3),
    alignment=AlignmentParameters(folds=2),
    method_parameters={"iterations": 5},
    device="cpu",
)
SCORE = ScoreJob(model="models/0001", snapshot="s.json", variants=("none", "cada"), evaluate=True)


@pytest.mark.parametrize("job", [TRAIN, SCORE], ids=["train", "score"])
def test_a_job_is_read_as_it_was_written(tmp_path: Path, job: Job) -> None:
    (tmp_path / JOB_FILE).write_bytes(msgspec.json.encode(job))
    assert read_job(tmp_path) == job


def test_a_folder_without_a_job_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match=r"job\.json") as caught:
        read_job(tmp_path)
    assert caught.value.hint


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1, 2]",
        msgspec.json.encode(TRAIN)[:-20],
        b'{"type":"dance"}',
        msgspec.json.encode(TRAIN).replace(b'"folds":2', b'"folds":1'),
        msgspec.json.encode(TRAIN).replace("Dübel".encode(), b"D\xfcbel"),
    ],
    ids=["empty", "no type", "a list", "cut off", "unknown type", "out of bounds", "not UTF-8"],
)
def test_a_damaged_job_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / JOB_FILE).write_bytes(content)
    with pytest.raises(InspectorError, match=r"job\.json.*damaged"):
        read_job(tmp_path)
