"""The report: opens alone, survives any data, shows the right images, and draws what it says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core import words
from inspector.core.evaluation import Expected, ImageResult, evaluate
from inspector.core.samples import Truth
from inspector.core.thresholds import Threshold
from inspector.errors import InspectorError
from inspector.project.report import ReportContent, marks, write_report
from inspector.project.report.axis import Axis, axis_for
from inspector.project.report.distributions import is_thinned
from inspector.project.report.gallery import gallery, heat_scale
from inspector.project.report.headline import headline
from inspector.project.report.tables import class_table, variant_table
from inspector.project.report.write import render

GOOD, BAD, UNKNOWN = Truth.GOOD, Truth.DEFECTIVE, Truth.UNKNOWN
RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (400, 500, 3), dtype=np.uint8)


def _results(
    classes: Sequence[str] = ("bolt", "nut"), good: int = 12, bad: int = 10, unknown: int = 0
) -> list[ImageResult]:
    """Classes whose raw scores drift apart and whose aligned scores do not."""
    rng = np.random.default_rng(1)
    results: list[ImageResult] = []
    for rank, name in enumerate(classes):
        for truth in [GOOD] * good + [BAD] * bad + [UNKNOWN] * unknown:
            aligned = float(rng.normal(2.0 if truth is BAD else 0.7, 0.15))
            u, gamma = 0.1 + 0.2 * rank, 0.3 + 0.2 * rank
            raw = u + aligned * (gamma - u)
            number = len(results)
            kind = "scratch" if truth is BAD else ""
            path = f"/home/secret/{name}/{number:03d}.png"
            scores = {"none": raw, "cada": aligned}
            statistics = {"cada": Expected(u, gamma), "cada-a": Expected(9.0, 99.0)}
            results.append(ImageResult(number, path, name, truth, kind, raw, scores, statistics))
    return results


def _content(results: Sequence[ImageResult], **changes: object) -> ReportContent:
    thresholds = changes.pop("thresholds", {"none": 0.5, "cada": 1.2})
    evaluation = evaluate(results, thresholds, {})  # type: ignore[arg-type]
    ramp = np.tile(np.linspace(0, 1, 50, dtype=np.float32), (40, 1))
    mask = np.zeros((400, 500), bool)
    mask[100:200, 50:90] = True
    content = ReportContent(
        title="Parts",
        facts={"Method": "RevDist", "Seed": "0"},
        evaluation=evaluation,
        results=results,
        default_variant="cada",
        picture=lambda _: (NOISE, ramp),
        mask=lambda image_id: mask if image_id % 2 else None,
        threshold=Threshold(1.2, 0.01, 120, 0.0, True),
        held_out_scores=[0.5, 0.6, 0.7, 0.9],
    )
    return replace(content, **changes)  # type: ignore[arg-type]


class _Page(HTMLParser):
    """Checks that tags nest, and collects what a page refers to and says."""

    VOID = frozenset({"meta", "img", "br", "link", "line", "path", "circle", "rect", "polyline"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.sources: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        self._collect(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._collect(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def _collect(self, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name in ("src", "href", "xlink:href", "srcset", "data", "action"):
                self.sources.append(value or "")

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


CASES = {
    "usual": _content(_results()),
    "unlabelled too": _content(_results(unknown=5)),
    "only unlabelled": _content(_results(good=0, bad=0, unknown=5)),
    "no defects": _content(_results(bad=0)),
    "no good ones": _content(_results(good=0)),
    "one class without name": _content(_results([""])),
    "forty classes": _content(_results([f"class {i:02d}" for i in range(40)], 4, 3)),
    "one image": _content(_results(["bolt"], 1, 0)),
    "no image": _content([]),
    "no threshold": _content(_results(), thresholds={}, threshold=None, held_out_scores=()),
    "too few for the target": _content(
        _results(), threshold=Threshold(1.2, 0.001, 5, 0.0, False), held_out_scores=()
    ),
    "raw only": _content(_results(), default_variant="none"),
    "constant scores": _content(
        [replace(r, raw_score=1.0, scores={"none": 1.0, "cada": 1.0}) for r in _results()]
    ),
    "no alignment statistics": _content([replace(r, statistics={}) for r in _results()]),
}


@pytest.mark.parametrize("case", CASES)
def test_stands_alone_whatever_the_data(case: str) -> None:
    html = render(CASES[case])
    page = _Page(html)
    assert page.tags.isdisjoint({"script", "link", "iframe", "object", "embed", "base"})
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.sources)
    outside_data = re.sub(r"base64,[A-Za-z0-9+/=]+", "", html)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|nan\b|\binf\b|None", outside_data)
    assert "secret" not in html


def test_is_written_whole_and_small(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    write_report(target, _content(_results([f"c{i}" for i in range(40)], 60, 40)))
    # Pictures of pure noise are the worst that JPEG can meet.
    assert 0.5e6 < target.stat().st_size < 4e6
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(InspectorError, match="could not be written"):
        write_report(tmp_path / "nowhere" / "report.html", CASES["one image"])


def test_names_cannot_break_the_page() -> None:
    name = "<script>alert('x')</script> & \"q\" " + "very long " * 30
    results = [replace(r, class_name=name, defect_kind="<b>", path="x/<i>.png") for r in _results()]
    page = _Page(render(_content(results, title="<h1>&amp;", facts={"<dt>": "</dl>"})))
    assert "script" not in page.tags
    assert "b" in page.tags  # the template's own
    assert "<script>alert('x')</script> & \"q\"" in page.text
    assert "<h1>&amp;" in page.text
    assert "</dl>" in page.text


def test_file_names_that_are_not_unicode_are_written(tmp_path: Path) -> None:
    results = [replace(r, path="a/\udcff.png") for r in _results()]
    write_report(tmp_path / "report.html", _content(results))
    written = (tmp_path / "report.html").read_text("utf-8")
    assert any(f"{stand_in}.png" in written for stand_in in "?\N{REPLACEMENT CHARACTER}")


def test_a_missing_picture_costs_only_itself() -> None:
    def picture(image_id: int) -> tuple[np.ndarray, np.ndarray]:
        if image_id == 3:
            raise InspectorError("'/home/secret/bolt/003.png' could not be read.", "Put it back.")
        return NOISE, np.zeros((4, 5), np.float32)

    page = _Page(render(_content(_results(good=4, bad=2), picture=picture)))
    assert "'003.png' could not be read. Put it back." in page.text
    assert len(page.sources) == 2 * (2 * 6 - 1)


def test_the_gallery_shows_the_images_it_promises() -> None:
    results = _results(good=40, bad=30)
    content = _content(results)
    groups = {group.title: group for group in gallery(content, heat_scale(content))}
    by_score = sorted(results, key=lambda r: r.scores["cada"])
    good = [r for r in by_score if r.truth is GOOD]
    bad = [r for r in by_score if r.truth is BAD]

    def names(wanted: Sequence[ImageResult]) -> list[str]:
        return [Path(r.path).name for r in wanted]

    assert [c.name for c in groups["Best caught"].cards] == names(bad[::-1][:6])
    assert [c.name for c in groups["Weakest catches"].cards] == names(bad[:6])
    assert [c.name for c in groups["Closest to a false alarm"].cards] == names(good[::-1][:6])
    shown = {c.name for title, g in groups.items() if title != "Borderline" for c in g.cards}
    rest = [r for r in by_score if Path(r.path).name not in shown]
    nearest = sorted(rest, key=lambda r: abs(r.scores["cada"] - 1.2))[:6]
    assert {c.name for c in groups["Borderline"].cards} == set(names(nearest))


def test_wrong_verdicts_are_named() -> None:
    results = _results(["bolt"], good=2, bad=2)
    scores = [5.0, 0.1, 4.0, 0.2]  # a false alarm, a right OK, a catch, a miss
    results = [
        replace(r, scores={"none": r.raw_score, "cada": s})
        for r, s in zip(results, scores, strict=True)
    ]
    content = _content(results)
    cards = [card for group in gallery(content, heat_scale(content)) for card in group.cards]
    told = {card.name: (card.verdict, card.mistake) for card in cards}
    assert told == {
        "000.png": ("NG", "false alarm"),
        "001.png": ("OK", ""),
        "002.png": ("NG", ""),
        "003.png": ("OK", "missed"),
    }


def test_heat_maps_share_one_scale_in_aligned_scores() -> None:
    """Two classes' maps that align to the same scores are painted alike, however far apart raw."""
    results = _results(good=3, bad=3)
    grey = np.full((50, 60, 3), 128, np.uint8)
    ramp = np.tile(np.linspace(0, 4, 60, dtype=np.float32), (50, 1))
    by_id = {r.image_id: r for r in results}

    def picture(image_id: int) -> tuple[np.ndarray, np.ndarray]:
        expected = by_id[image_id].statistics["cada"]
        spread = expected.gamma - expected.u
        return grey, (expected.u + ramp * spread).astype(np.float32)

    content = _content(results, picture=picture, mask=lambda _: None)
    scale = heat_scale(content)
    assert scale.low < 1.2 < scale.high
    assert 100 / 8 - 1e-6 <= scale.position(1.2) <= 40 + 1e-6
    cards = [card for group in gallery(content, scale) for card in group.cards]
    assert len({card.class_label for card in cards}) == 2
    assert len({len(card.heat) // 100 for card in cards}) == 1
    assert len({card.image for card in cards}) == 1


def test_the_headline_says_what_the_evaluation_says() -> None:
    content = CASES["usual"]
    raw, aligned = content.raw, content.aligned
    assert raw is not None
    assert aligned is not None
    told = headline(content)
    assert told.before == words.metric(raw.absolute_unified.image_auroc)
    assert told.after == words.metric(aligned.absolute_unified.image_auroc)
    assert "any of the 2 classes" in told.sentence
    tiles = {tile.label: tile for tile in told.tiles}
    assert tiles["Expected false alarms"].value == "≤ 1 %"
    assert tiles["Defects caught"].note == "20 of 20 in this evaluation."

    assert "labelled defective" in headline(CASES["no defects"]).sentence
    assert "labelled good" in headline(CASES["no good ones"]).sentence
    assert "No image" in headline(CASES["no image"]).sentence
    few = {tile.label: tile for tile in headline(CASES["too few for the target"]).tiles}
    assert few["Expected false alarms"].value == "≈ 17 %"
    assert "it takes 999 or more" in few["Expected false alarms"].note


def test_the_table_sets_raw_beside_aligned() -> None:
    rows = class_table(CASES["usual"])
    assert [row.kind for row in rows] == ["class", "class", "average", "unified"]
    unified = rows[-1].cells[0]
    assert float(unified.aligned) - float(unified.raw) == pytest.approx(
        float(unified.change), abs=0.0015
    )
    assert unified.trend.startswith("up")
    assert rows[-1].cells[3].raw == rows[-1].cells[3].aligned == "–"  # no masks
    assert [row.kind for row in class_table(CASES["one class without name"])] == [
        "class",
        "unified",
    ]
    assert class_table(CASES["only unlabelled"]) == []


def test_further_variants_get_a_table() -> None:
    assert variant_table(CASES["usual"]) == []
    results = [replace(r, scores={**r.scores, "cada-a": r.raw_score}) for r in _results()]
    rows = variant_table(_content(results))
    assert [(row.name, row.default) for row in rows] == [
        ("raw", False),
        ("CADA", True),
        ("CaDA-A", False),
    ]
    assert rows[0].metrics == rows[2].metrics


def test_very_many_images_are_thinned_and_the_page_says_so() -> None:
    results = _results(["bolt"], good=5000, bad=0)
    assert is_thinned(results)
    assert not is_thinned(_results())
    html = render(_content(results))
    assert "even selection" in html
    assert "even selection" not in render(CASES["usual"])
    values = RNG.normal(size=1000)
    kept = marks.thinned(values, 50)
    assert kept.size == 50
    assert (kept.min(), kept.max()) == (values.min(), values.max())


_floats = st.lists(st.floats(-1e6, 1e6), max_size=30)


@settings(derandomize=True, deadline=None)
@given(_floats, _floats, st.none() | st.floats(-1e6, 1e6))
def test_an_axis_shows_normals_and_threshold(
    normal: list[float], others: list[float], threshold: float | None
) -> None:
    axis = axis_for(np.array(normal), np.array(others), threshold, 100.0, 500.0)
    assert axis.low < axis.high
    core = np.quantile(normal, [0.002, 0.998]) if normal else np.empty(0)
    for value in [*core, *([] if threshold is None else [threshold])]:
        slack = 1e-9 * max(1.0, abs(value))
        assert value <= axis.high + slack
        if threshold is None or value is not threshold:
            assert axis.low - slack <= value
    places = axis.place(np.array([*normal, *others]))
    assert ((places >= 100) & (places <= 500)).all()
    ticks = axis.ticks()
    assert 1 <= len(ticks) <= 10
    assert all(99.999 <= x <= 500.001 for x, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.floats(0, 10), min_size=1, max_size=60), st.sampled_from([30.0, -30.0]))
def test_marks_overlap_only_where_it_is_said(scores: list[float], height: float) -> None:
    axis = Axis(0.0, 10.0, 0.0, 400.0)
    drawn: list[tuple[float, float]] = []

    def mark(x: float, y: float, size: float) -> str:
        drawn.append((x, y))
        return ""

    marks.swarm(np.array(scores), axis, 100.0, height, 4.0, mark)
    assert len(drawn) == len(scores)
    for _, y in drawn:
        reach = (100.0 - y) if height > 0 else (y - 100.0)
        assert 2.0 < reach <= 30.0
    if marks.overlaps(np.array(scores), axis, 30.0, 4.0) == 0:
        for i, (x, y) in enumerate(drawn):
            for other_x, other_y in drawn[:i]:
                assert abs(x - other_x) >= 4.0 or abs(y - other_y) >= 3.99


def test_a_ridge_peaks_at_its_height_over_the_densest_scores() -> None:
    axis = Axis(0.0, 10.0, 0.0, 1000.0)
    scores = np.concatenate([np.full(50, 4.0), np.linspace(0, 10, 20), [99.0]])
    path = marks.ridge(scores, axis, 100.0, 40.0)
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", path)]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    top = min(points, key=lambda point: point[1])
    assert top[0] == pytest.approx(400, abs=10)
    assert top[1] == pytest.approx(60, abs=0.1)
    assert max(y for _, y in points) <= 100
    assert marks.ridge(scores[:2], axis, 100.0, 40.0) == ""


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "–"),
        (0.0, "0"),
        (0.01234, "0.0123"),
        (-1.005, "−1.00"),
        (12.345, "12.3"),
        (1234.5, "1234"),
        (1e-7, "1.00e−07"),
    ],
)
def test_scores_are_written_with_three_digits(value: float | None, written: str) -> None:
    assert words.score(value) == written


def test_shares_and_counts_in_words() -> None:
    assert [words.percent(x) for x in (None, 0.0, 0.004, 0.01, 0.0996, 0.5)] == [
        "–",
        "0 %",
        "0.4 %",
        "1 %",
        "10 %",
        "50 %",
    ]
    assert words.count(1, "class", "classes") == "1 class"
    assert words.count(1200, "image") == "1\u202f200 images"
    assert words.difference(0.5, 0.25) == "−0.250"
    assert words.difference(0.5, 0.5001) == words.difference(None, 0.5) == ""
    assert words.class_label(" ") == "(no class)"
