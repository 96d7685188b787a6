"""What cannot be done with tiles."""

from __future__ import annotations

import pytest

from inspector.errors import InspectorError
from inspector.jobs.parameters import CommonParameters
from inspector.jobs.tiles import check_tiles, check_tiles_of_file


def test_too_large_a_canvas_is_refused() -> None:
    check_tiles(CommonParameters(backbone="tf_efficientnet_lite0", image_size=1024, tiles=4))
    with pytest.raises(InspectorError, match="too large"):
        check_tiles(CommonParameters(backbone="tf_efficientnet_lite0", image_size=1024, tiles=8))


def test_a_file_computes_all_tiles_at_once_so_they_are_not_too_many() -> None:
    check_tiles_of_file("0001-revdist", 8)
    with pytest.raises(InspectorError, match="9 × 9 tiles") as caught:
        check_tiles_of_file("0001-revdist", 9)
    assert "8 × 8" in caught.value.hint
