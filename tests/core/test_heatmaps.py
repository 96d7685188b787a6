"""Heat maps: one fixed scale, transparent where nothing is wrong, contours that touch no input."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from inspector.core.heatmaps import colour_table, colourise, draw_contour, overlay

GREY = np.full((60, 80, 3), 128, np.uint8)


def _ramp() -> NDArray[np.float32]:
    return np.tile(np.linspace(0, 1, 20, dtype=np.float32), (15, 1))


def test_the_table_grows_lighter_all_the_way() -> None:
    table = colour_table().astype(float)
    assert table.shape == (256, 3)
    lightness = table @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > -1.0).all()
    assert lightness[-1] > 4 * lightness[0]
    assert table[128, 0] > table[128, 2]  # RGB, not BGR: the middle of inferno is reddish


def test_equal_scores_get_equal_colours_whatever_else_is_in_the_map() -> None:
    quiet = np.array([[0.2, 0.3]], np.float32)
    loud = np.array([[0.2, 9.0]], np.float32)
    assert (colourise(quiet, 0, 1)[0, 0] == colourise(loud, 0, 1)[0, 0]).all()
    table = colour_table()
    ends = colourise(np.array([[-5, 0, 1, 5]], np.float32), 0, 1)[0]
    assert (ends == table[[0, 0, 255, 255]]).all()


def test_overlay_shows_the_image_where_the_map_is_low() -> None:
    painted = overlay(GREY, _ramp() - np.float32(1.5), 0.0, 1.0)
    assert (painted == GREY).all()
    painted = overlay(GREY, _ramp(), 0.0, 1.0)
    assert painted.shape == GREY.shape
    assert painted.dtype == np.uint8
    assert (painted[:, 0] == 128).all()
    assert (painted[:, -1] != 128).any()
    assert (overlay(GREY, _ramp(), 0.0, 1.0, opacity=0.0) == GREY).all()
    assert (GREY == 128).all()


def test_overlay_outlines_what_exceeds_the_threshold() -> None:
    plain = overlay(GREY, _ramp(), 0.0, 1.0)
    outlined = overlay(GREY, _ramp(), 0.0, 1.0, threshold=0.5)
    columns = np.flatnonzero((plain != outlined).any(axis=(0, 2)))
    assert 36 <= columns.min() <= 40  # the line lies around the middle of 80 columns
    assert (overlay(GREY, _ramp(), 0.0, 1.0, threshold=2.0) == plain).all()


def test_a_contour_is_light_on_dark_and_goes_round_holes() -> None:
    region = np.zeros((60, 80), bool)
    region[10:50, 10:70] = True
    region[25:35, 30:50] = False
    drawn = draw_contour(GREY, region)
    assert drawn.max() > 200  # lines are anti-aliased
    assert drawn.min() < 20
    assert (drawn[15:20, 15:65] == 128).all()  # inside stays
    assert (drawn[24:36, 28:32] != 128).any()  # the hole's edge
    assert (GREY == 128).all()


def test_refuses_a_scale_without_extent() -> None:
    with pytest.raises(ValueError, match="low < high"):
        colourise(_ramp(), 1.0, 1.0)
    with pytest.raises(ValueError, match="alike"):
        draw_contour(GREY, np.zeros((3, 3), bool))
