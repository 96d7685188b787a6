from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from inspector.core.windows import IntensityWindow
from inspector.errors import InspectorError
from inspector.jobs.model_card import (
    CARD_FILE,
    FORMAT_VERSION,
    ModelCard,
    ThresholdCard,
    read_model_card,
)

CARD = ModelCard(
    method="revdist",
    preset="quick",
    backbone="tf_efficientnet_lite0",
    backbone_sha256="ab" * 32,
    image_size=64,
    score_percent=1.0,
    alignments=["none", "cada"],
    default_alignment="cada",
    alignment_statistics="on held-out normal images",
    thresholds={
        "cada": ThresholdCard(
            value=1.25,
            target_false_positive_rate=0.02,
            supported=False,
            calibration_scores=[0.5, 1.25],
            held_out=True,
        )
    },
    class_names=["Dübel 木", "nut"],
    training_images={"Dübel 木": 4, "nut": 6},
    windows={"nut": IntensityWindow(100.0, 4000.0)},
    parameters={"common": {"seed": 0}},
    snapshot_id=1,
    snapshot_digest="cd" * 32,
    seed=0,
    device="CPU, 2 threads",
    precision="float32",
    steps={"detector": 400},
    created="2026-01-01T00:00:00+00:00",
    versions={"torch": "2.9"},
    notes=["Stopped early."],
)


def write(folder: Path, content: bytes) -> None:
    (folder / CARD_FILE).write_bytes(content)


def as_json(**changes: Any) -> bytes:
    """The card with some of its keys changed; None takes a key away."""
    values = msgspec.to_builtins(CARD) | changes
    return msgspec.json.encode({k: v for k, v in values.items() if v is not None})


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path, msgspec.json.format(msgspec.json.encode(CARD)))
    assert read_model_card(tmp_path) == CARD
    assert CARD.format_version == FORMAT_VERSION


def test_a_folder_without_a_card_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="not a model folder") as caught:
        read_model_card(tmp_path)
    assert str(tmp_path) in caught.value.message
    assert "inspector train" in caught.value.hint


def test_a_newer_format_asks_for_an_update(tmp_path: Path) -> None:
    """Even where the newer card would no longer fit today's fields."""
    write(tmp_path, as_json(format_version=FORMAT_VERSION + 1, method=None, thresholds=3))
    with pytest.raises(InspectorError, match="newer Inspector") as caught:
        read_model_card(tmp_path)
    assert tmp_path.name in caught.value.message
    assert "Update" in caught.value.hint


def test_keys_of_a_later_release_of_the_same_format_are_ignored(tmp_path: Path) -> None:
    write(tmp_path, as_json(favourite_colour="green"))
    assert read_model_card(tmp_path) == CARD


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        as_json()[:-9],
        as_json(method=None),
        as_json(image_size="small"),
        as_json(windows={"nut": {"low": 5.0, "high": 5.0}}),
        as_json(format_version="2"),
        as_json().replace("Dübel".encode(), b"D\xfcbel"),
    ],
    ids=[
        "empty",
        "a list",
        "cut off",
        "a key is missing",
        "wrong type",
        "impossible window",
        "version is text",
        "not UTF-8",
    ],
)
def test_a_damaged_card_is_refused(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, content)
    with pytest.raises(InspectorError, match="damaged") as caught:
        read_model_card(tmp_path)
    assert str(tmp_path / CARD_FILE) in caught.value.message
    assert caught.value.hint
