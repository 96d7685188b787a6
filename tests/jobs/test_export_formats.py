"""The file that a format makes of what somebody chose."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.errors import InspectorError
from inspector.jobs.export_formats import EXPORT_FORMATS

ONNX = EXPORT_FORMATS["onnx"]


@pytest.mark.parametrize(
    ("chosen", "made"),
    [
        ("line", "line.onnx"),
        ("line.onnx", "line.onnx"),
        ("a.B.ONNX", "a.B.ONNX"),
        ("v1.2", "v1.2.onnx"),
    ],
)
def test_the_suffix_is_added_where_it_lacks(tmp_path: Path, chosen: str, made: str) -> None:
    assert ONNX.file(tmp_path / chosen) == tmp_path / made


def test_the_name_of_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="a name for OpenVINO, not for ONNX") as error:
        ONNX.file(tmp_path / "line.xml")
    assert "'openvino'" in error.value.hint


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="does not exist"):
        ONNX.file(tmp_path / "no" / "line")
