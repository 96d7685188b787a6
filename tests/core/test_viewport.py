"""Zoom and pan as arithmetic: what stays under the cursor, and that no image is ever lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.viewport import FITTED, MAX_SCALE, RelativeView, Viewport

sizes = st.tuples(st.integers(1, 6000), st.integers(1, 6000))
views = st.tuples(st.floats(50, 4000), st.floats(50, 3000))
shares = st.tuples(st.floats(0, 1), st.floats(0, 1))
factors = st.floats(0.05, 20)


@st.composite
def viewports(draw: st.DrawFn) -> Viewport:
    """Any view that a person can reach."""
    viewport = Viewport.fitting(draw(sizes), draw(views))
    for _ in range(draw(st.integers(0, 4))):
        x, y = draw(shares)
        at = (x * viewport.view[0], y * viewport.view[1])
        viewport = viewport.zoomed_about(at, draw(factors))
        viewport = viewport.panned(draw(st.floats(-900, 900)), draw(st.floats(-900, 900)))
    return viewport


def close(a: tuple[float, float], b: tuple[float, float], tolerance: float = 1e-6) -> bool:
    pairs = zip(a, b, strict=True)
    return all(abs(x - y) <= tolerance * max(1.0, abs(x), abs(y)) for x, y in pairs)


@settings(derandomize=True)
@given(sizes, views)
def test_fitted_shows_the_whole_image_in_the_middle_touching_two_sides(
    image: tuple[int, int], view: tuple[float, float]
) -> None:
    viewport = Viewport.fitting(image, view)
    left, top = viewport.to_view((0, 0))
    right, bottom = viewport.to_view((float(image[0]), float(image[1])))
    assert close((left, top), (view[0] - right, view[1] - bottom), 1e-5)
    assert min(left, top) == pytest.approx(0, abs=1e-6)
    assert viewport.is_fitted and not viewport.is_zoomed
    assert viewport.visible == pytest.approx((0, 0, *image), abs=1e-6)


@settings(derandomize=True)
@given(viewports(), shares)
def test_view_and_image_points_go_both_ways(viewport: Viewport, share: tuple[float, float]) -> None:
    point = (share[0] * viewport.image[0], share[1] * viewport.image[1])
    assert close(viewport.to_image(viewport.to_view(point)), point)


@settings(derandomize=True)
@given(viewports(), shares, st.floats(1, 20))
def test_zooming_in_keeps_the_image_point_under_the_cursor(
    viewport: Viewport, share: tuple[float, float], factor: float
) -> None:
    point = (share[0] * viewport.image[0], share[1] * viewport.image[1])
    # Below the fitting scale the image is centred, and zooming there centres it again.
    if viewport.scale < viewport.fit_scale:
        viewport = viewport.fitted()
    at = viewport.to_view(point)
    assert close(viewport.zoomed_about(at, factor).to_view(point), at, 1e-5)


@settings(derandomize=True)
@given(viewports(), shares, st.floats(1, 20))
def test_zooming_in_and_out_again_comes_back(
    viewport: Viewport, share: tuple[float, float], factor: float
) -> None:
    point = (share[0] * viewport.image[0], share[1] * viewport.image[1])
    if viewport.scale < viewport.fit_scale or viewport.scale * factor > MAX_SCALE:
        viewport, factor = viewport.fitted(), 1.0
    at = viewport.to_view(point)
    back = viewport.zoomed_about(at, factor).zoomed_about(at, 1 / factor)
    assert back.scale == pytest.approx(viewport.scale)
    assert close(back.offset, viewport.offset, 1e-4)


@settings(derandomize=True)
@given(viewports())
def test_the_image_is_never_lost_and_the_scale_stays_within_bounds(viewport: Viewport) -> None:
    low, high = viewport.scale_range
    assert low * (1 - 1e-9) <= viewport.scale <= high * (1 + 1e-9)
    x, y = viewport.centre
    assert -1e-6 <= x <= viewport.image[0] + 1e-6 and -1e-6 <= y <= viewport.image[1] + 1e-6
    left, top, right, bottom = viewport.visible
    assert right > left and bottom > top
    # Along the side that fits first, no ground is shown while the image is larger than the view.
    for image, view, first, last in zip(
        viewport.image, viewport.view, (left, top), (right, bottom), strict=True
    ):
        if viewport.is_zoomed and view / image <= viewport.fit_scale * (1 + 1e-12):
            assert (last - first) * viewport.scale == pytest.approx(view, rel=1e-5)


@settings(derandomize=True)
@given(viewports())
def test_a_view_survives_being_told_in_relative_terms(viewport: Viewport) -> None:
    again = viewport.fitted().from_relative(viewport.relative())
    assert again.scale == pytest.approx(viewport.scale)
    assert close(again.offset, viewport.offset, 1e-5)


@settings(derandomize=True)
@given(viewports(), sizes, views)
def test_linked_views_of_other_sizes_show_the_same_share(
    viewport: Viewport, image: tuple[int, int], view: tuple[float, float]
) -> None:
    relative = viewport.relative()
    other = Viewport.fitting(image, view)
    low, high = other.scale_range
    linked = other.from_relative(relative)
    if low <= other.fit_scale * relative.zoom <= high:
        assert linked.relative() == pytest.approx(relative, rel=1e-5, abs=1e-6)
    assert low * (1 - 1e-9) <= linked.scale <= high * (1 + 1e-9)
    assert other.from_relative(FITTED).is_fitted


@settings(derandomize=True)
@given(viewports(), views)
def test_a_resized_view_stays_fitted_or_keeps_its_scale(
    viewport: Viewport, view: tuple[float, float]
) -> None:
    resized = viewport.resized(view)
    if viewport.is_fitted:
        assert resized.is_fitted
    else:
        low, high = resized.scale_range
        assert resized.scale == pytest.approx(min(max(viewport.scale, low), high))


@settings(derandomize=True)
@given(sizes, views)
def test_one_to_one_can_always_be_had(image: tuple[int, int], view: tuple[float, float]) -> None:
    assert Viewport.fitting(image, view).at_scale(1.0).scale == 1.0


def test_bounds_of_the_scale() -> None:
    viewport = Viewport.fitting((2000, 1000), (500, 500))
    assert viewport.scale == 0.25
    assert viewport.zoomed_about((0, 0), 1e-9).scale == 0.25 / 4
    assert viewport.zoomed_about((0, 0), 1e9).scale == MAX_SCALE


def test_panning_moves_by_whole_view_pixels_and_stops_at_the_edge() -> None:
    viewport = Viewport.fitting((1000, 1000), (500, 500)).at_scale(2.0)
    moved = viewport.panned(30, -20)
    assert close(moved.to_view((500, 500)), (280, 230))
    assert close(viewport.panned(1e6, 1e6).to_view((0, 0)), (0, 0))
    fitted = viewport.fitted()
    assert fitted.panned(100, 100) == fitted


def test_a_view_without_a_size_yet_and_an_image_without_pixels() -> None:
    assert Viewport.fitting((100, 100), (0, 0)).resized((200, 300)).scale == 2
    with pytest.raises(ValueError, match="0 x 5"):
        Viewport.fitting((0, 5), (100, 100))


def test_relative_terms_of_a_known_view() -> None:
    viewport = Viewport.fitting((400, 200), (400, 400)).zoomed_about((0, 200), 2)
    assert viewport.relative() == pytest.approx(RelativeView(2, 0.25, 0.5))
