"""The sample parts: deterministic, independent of each other, with masks that tell the truth."""

from __future__ import annotations

from pathlib import Path

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.sampleparts import (
    DEFECT_KINDS,
    PART_TYPES,
    SamplePlan,
    expose_part,
    render_part,
    write_sample_parts,
)
from inspector.core.sampleparts.shading import SHADOW_REACH
from inspector.errors import InspectorError

SIZE = 64
PAIRS = [(part, kind) for part in PART_TYPES for kind in DEFECT_KINDS[part]]


def grown(mask: npt.NDArray[np.bool_], pixels: int) -> npt.NDArray[np.bool_]:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    return cv2.dilate(mask.astype(np.uint8), disc) > 0


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_there_are_enough_types_and_kinds() -> None:
    assert len(PART_TYPES) >= 8
    assert all(len(DEFECT_KINDS[part]) >= 4 for part in PART_TYPES)
    assert len({kind for _, kind in PAIRS}) >= 6


@pytest.mark.parametrize("part", PART_TYPES)
def test_same_arguments_give_same_bytes(part: str) -> None:
    one = render_part(part, 3, 5, size=SIZE)
    np.random.seed(1)  # the global generator has no say
    two = render_part(part, 3, 5, size=SIZE)
    assert one.image.tobytes() == two.image.tobytes()
    assert one.image.shape == (SIZE, SIZE, 3)
    assert one.image.dtype == np.uint8
    assert one.mask.shape == (SIZE, SIZE)
    assert one.mask.dtype == np.bool_
    assert not one.mask.any()


@pytest.mark.parametrize("part", PART_TYPES)
def test_other_numbers_and_seeds_give_other_parts(part: str) -> None:
    first = render_part(part, 0, 0, size=SIZE).image
    assert (first != render_part(part, 0, 1, size=SIZE).image).mean() > 0.3
    assert (first != render_part(part, 1, 0, size=SIZE).image).mean() > 0.3


@pytest.mark.parametrize(("part", "kind"), PAIRS)
def test_defect_changes_the_image_at_its_mask_and_nowhere_else(part: str, kind: str) -> None:
    good = expose_part(part, 2, 7, size=SIZE)
    bad = expose_part(part, 2, 7, size=SIZE, defect=kind)
    change = np.abs(bad.light - good.light).max(axis=2)

    assert 0.0005 <= bad.mask.mean() <= 0.3
    assert change[bad.mask].mean() > 0.003
    # Beyond the reach of its shadow and of the lens, nothing at all.
    reach = int(np.ceil(SHADOW_REACH * SIZE / 512)) + 4
    assert np.allclose(change[~grown(bad.mask, reach)], 0, atol=1e-5)
    # Near it, only the lens's blur, but for a little cast shadow.
    near = change[~grown(bad.mask, 2)]
    assert (near > 0.02).mean() < 0.01


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.sampled_from(PAIRS), st.integers(0, 2**40), st.integers(0, 2**31))
def test_every_defect_can_be_found_in_its_mask(
    pair: tuple[str, str], seed: int, index: int
) -> None:
    part = render_part(pair[0], seed, index, size=SIZE, defect=pair[1])
    assert 0.0005 <= part.mask.mean() <= 0.3


def test_defective_part_is_the_good_one_with_a_defect() -> None:
    good = render_part("plate", 4, 9, size=128).image.astype(int)
    bad = render_part("plate", 4, 9, size=128, defect="missing")
    far = ~grown(bad.mask, int(SHADOW_REACH * 128 / 512) + 5)
    assert far.any()
    assert np.array_equal(good[far], bad.image.astype(int)[far])


def test_types_run_from_smooth_to_busy() -> None:
    def busyness(part: str) -> float:
        images = [render_part(part, 0, k, size=128).image for k in range(3)]
        return float(np.mean([cv2.Laplacian(i, cv2.CV_32F)[32:96, 32:96].std() for i in images]))

    assert busyness("fabric") > 4 * busyness("ceramic")
    assert busyness("board") > 4 * busyness("ceramic")


def test_good_parts_of_a_type_are_alike() -> None:
    for part in PART_TYPES:
        levels = [render_part(part, 0, k, size=SIZE).image.mean() for k in range(5)]
        assert 0 < np.std(levels) < 0.1 * np.mean(levels), part


def test_size_need_not_be_even_a_power_of_two() -> None:
    assert render_part("gear", 0, 0, size=100, defect="missing").image.shape == (100, 100, 3)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"part_type": "spoon", "seed": 0, "index": 0}, "spoon"),
        ({"part_type": "ceramic", "seed": 0, "index": 0, "defect": "missing"}, "missing"),
        ({"part_type": "ceramic", "seed": -1, "index": 0}, "negative"),
        ({"part_type": "ceramic", "seed": 0, "index": -1}, "negative"),
        ({"part_type": "ceramic", "seed": 0, "index": 0, "size": 8}, "8 pixels"),
        ({"part_type": "ceramic", "seed": 0, "index": 0, "size": 9000}, "9000 pixels"),
    ],
)
def test_nonsense_is_refused_in_words(arguments: dict[str, object], word: str) -> None:
    with pytest.raises(InspectorError, match=word) as caught:
        render_part(**arguments)  # type: ignore[arg-type]
    assert caught.value.hint


@pytest.mark.parametrize(
    "fields",
    [
        {"part_types": ()},
        {"part_types": ("spoon",)},
        {"part_types": ("nut", "nut")},
        {"part_types": ("nut", "cap"), "train_per_class": {"nut": 3}},
        {"part_types": ("nut",), "train_per_class": {"nut": 3, "cap": 3}},
        {"train_per_class": 0},
        {"part_types": ("nut",), "train_per_class": {"nut": -1}},
        {"test_good": -1},
        {"test_defective": -1},
        {"size": 5},
        {"seed": -3},
    ],
)
def test_plan_refuses_nonsense(fields: dict[str, object]) -> None:
    with pytest.raises(InspectorError) as caught:
        SamplePlan(**fields)  # type: ignore[arg-type]
    assert caught.value.hint


def test_demo_plan_is_long_tailed_and_many_images() -> None:
    plan = SamplePlan.demo()
    counts = sorted(plan.train_count(part) for part in plan.part_types)
    assert plan.part_types == PART_TYPES
    assert (counts[0], counts[-1]) == (24, 120)
    assert counts[len(counts) // 2] < 50
    assert 700 <= plan.total <= 800


def test_plan_survives_json() -> None:
    for plan in (SamplePlan.demo(), SamplePlan.tiny()):
        assert msgspec.json.decode(msgspec.json.encode(plan), type=SamplePlan) == plan


def test_tiny_plan_on_disk(tmp_path: Path) -> None:
    plan = SamplePlan.tiny()
    seen: list[tuple[int, int]] = []
    write_sample_parts(tmp_path / "teile-ü", plan, progress=lambda k, of: seen.append((k, of)))
    files = files_of(tmp_path / "teile-ü")

    assert seen == [(k, plan.total) for k in range(1, plan.total + 1)]
    assert [path.name for path in tmp_path.iterdir()] == ["teile-ü"]
    expected = set()
    for part in plan.part_types:
        expected |= {f"{part}/train/good/{k:03d}.png" for k in range(6)}
        expected |= {f"{part}/test/good/{k:03d}.png" for k in range(2)}
        for kind in DEFECT_KINDS[part][:2]:
            expected |= {f"{part}/test/{kind}/000.png"}
            expected |= {f"{part}/ground_truth/{kind}/000_mask.png"}
    assert set(files) == expected
    assert len(set(files.values())) == len(files)
    for name, data in files.items():
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if "ground_truth" in name:
            assert pixels.shape == (64, 64)
            assert set(np.unique(pixels)) == {0, 255}
        else:
            assert pixels.shape == (64, 64, 3)


def test_files_hold_what_is_rendered(tmp_path: Path) -> None:
    plan = SamplePlan(("cap",), 1, 0, 0, 64, seed=11)
    write_sample_parts(tmp_path / "out", plan)
    data = np.frombuffer((tmp_path / "out/cap/train/good/000.png").read_bytes(), np.uint8)
    pixels = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    assert np.array_equal(pixels, render_part("cap", 11, 0, size=64).image)


def test_an_image_does_not_depend_on_how_many_there_are(tmp_path: Path) -> None:
    write_sample_parts(tmp_path / "few", SamplePlan(("nut",), 2, 1, 3, 64))
    write_sample_parts(tmp_path / "many", SamplePlan(("washer", "nut"), 4, 2, 7, 64))
    few, many = files_of(tmp_path / "few"), files_of(tmp_path / "many")
    assert few
    assert few.items() <= many.items()


def test_a_used_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InspectorError, match="already"):
        write_sample_parts(tmp_path, SamplePlan.tiny())
    with pytest.raises(InspectorError, match="already"):
        write_sample_parts(tmp_path / "mine.txt", SamplePlan.tiny())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    write_sample_parts(tmp_path, SamplePlan(("cap",), 1, 0, 0, 64))
    assert list(files_of(tmp_path)) == ["cap/train/good/000.png"]


def test_stopping_leaves_nothing_behind(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise StopError

    with pytest.raises(StopError):
        write_sample_parts(tmp_path / "out", SamplePlan.tiny(), progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_an_impossible_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InspectorError, match="cannot be written") as caught:
        write_sample_parts(tmp_path / "file" / "out", SamplePlan.tiny())
    assert caught.value.hint
