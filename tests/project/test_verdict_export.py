"""Verdicts as a CSV file, and the summary of a session."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.core.files import sha256_of
from inspector.errors import InspectorError
from inspector.project.project import Project
from inspector.project.verdict_export import COLUMNS, summarise
from inspector.project.verdicts import Trace, Verdict, VerdictRow

WriteImage = Callable[..., Path]


@pytest.fixture
def filled(project: Project, parts: Path) -> Project:
    """A project with two classes of parts."""
    project.import_folder(parts)
    return project


def _read(file: Path) -> list[dict[str, str]]:
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def test_a_row_tells_all_of_a_verdict(filled: Project, tmp_path: Path) -> None:
    snapshot = filled.take_snapshot()
    image = next(i for i in filled.images() if i.record.class_name == "Dübel 木")
    filled.add_verdict(image.image_id, Verdict.OK, "Ada", Trace())
    trace = Trace("Dübel, März", 7, "class-free", 0.5, -0.1, 1 / 3, snapshot.snapshot_id)
    note = 'two\nlines; "quoted", and a comma'
    row = filled.add_verdict(image.image_id, Verdict.NG, "Zoë", trace, "Kratzer", note)
    assert filled.export_verdicts(tmp_path / "v.csv") == 1
    assert _read(tmp_path / "v.csv") == [
        {
            "path": str(image.path),
            "class": "Dübel 木",
            "split": image.record.split,
            "truth": image.record.truth,
            "verdict": "ng",
            "defect_kind": "Kratzer",
            "note": note,
            "operator": "Zoë",
            "time": row.created,
            "model": "Dübel, März",
            "variant": "class-free",
            "threshold": "0.5",
            "score": "-0.1",
            "raw_score": repr(1 / 3),
            "snapshot": str(snapshot.snapshot_id),
            "snapshot_digest": snapshot.digest,
            "sha256": sha256_of(image.path),
            "earlier_verdicts": "1",
        }
    ]


def test_after_an_undo_the_row_tells_of_the_verdict_that_counts_again(
    filled: Project, tmp_path: Path
) -> None:
    image, other = (image.image_id for image in filled.images()[:2])
    given = filled.add_verdict(image, Verdict.OK, "Ada", Trace(model_name="m"))
    filled.add_verdict(image, Verdict.NG, "Bob", Trace())
    filled.undo_verdict("Bob")
    filled.add_verdict(other, Verdict.NG, "Bob", Trace())
    filled.undo_verdict("Bob")
    filled.export_verdicts(tmp_path / "v.csv")
    (row,) = _read(tmp_path / "v.csv")
    assert (row["verdict"], row["operator"], row["time"]) == ("ok", "Ada", given.created)
    assert (row["model"], row["earlier_verdicts"], row["score"]) == ("m", "1", "")


def test_only_the_wanted_images_are_written(filled: Project, tmp_path: Path) -> None:
    images = [image.image_id for image in filled.images()]
    file = tmp_path / "v.csv"
    assert filled.export_verdicts(file) == 0
    assert file.read_text(encoding="utf-8-sig").strip() == ",".join(COLUMNS)
    for image in images[:3]:
        filled.add_verdict(image, Verdict.OK, "Ada", Trace())
    assert filled.export_verdicts(file, [images[2], images[0], images[5]]) == 2
    wanted = [str(filled.images()[n].path) for n in (0, 2)]
    assert [row["path"] for row in _read(file)] == wanted
    assert filled.export_verdicts(file, []) == 0


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_of_a_person_is_a_formula(filled: Project, tmp_path: Path, start: str) -> None:
    image = filled.images()[0].image_id
    text = f"{start}HYPERLINK(A1)"
    filled.add_verdict(image, Verdict.NG, text, Trace(model_name=text), text, text)
    filled.export_verdicts(tmp_path / "v.csv")
    (row,) = _read(tmp_path / "v.csv")
    cells = {row[name] for name in ("operator", "model", "defect_kind", "note")}
    assert cells == {f"'{text}"}


def test_a_class_is_no_formula_either(
    project: Project, tmp_path: Path, write_image: WriteImage
) -> None:
    write_image(tmp_path / "images" / "a.png", 1)
    project.import_folder(tmp_path / "images", class_name="=1+1")
    project.add_verdict(project.images()[0].image_id, Verdict.OK, "Ada", Trace())
    project.export_verdicts(tmp_path / "v.csv")
    assert _read(tmp_path / "v.csv")[0]["class"] == "'=1+1"


def test_a_file_that_cannot_be_written_is_explained(filled: Project, tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="could not be written"):
        filled.export_verdicts(tmp_path / "nowhere" / "v.csv")


def _row(
    number: int,
    image: int,
    verdict: Verdict,
    time: str,
    undoes: int | None = None,
    who: str = "Ada",
) -> VerdictRow:
    moment = f"2026-03-01T{time}.000+00:00"
    return VerdictRow(number, image, verdict, who, moment, "", "", undoes, Trace())


def test_a_session_is_summed_up_without_what_was_taken_back() -> None:
    rows = [
        _row(11, 1, Verdict.OK, "08:00:00"),
        _row(12, 2, Verdict.NG, "08:10:00"),
        _row(13, 2, Verdict.OK, "08:20:00", who="Bob"),
        _row(14, 3, Verdict.UNSURE, "08:30:00"),
        _row(15, 4, Verdict.OK, "09:00:00"),
        _row(16, 4, Verdict.NG, "09:01:00", undoes=15),  # what it had before this session
    ]
    summary = summarise(rows, {1: "nut", 2: "bolt", 3: "bolt"})
    assert summary.images == 3
    assert summary.by_verdict == {Verdict.OK: 2, Verdict.NG: 0, Verdict.UNSURE: 1}
    assert list(summary.by_class) == ["bolt", "nut"]
    assert summary.by_class["bolt"] == {Verdict.OK: 1, Verdict.NG: 0, Verdict.UNSURE: 1}
    assert summary.per_hour == pytest.approx(4.0)  # 8:00, 8:20, 8:30: two in half an hour
    assert (summary.first, summary.last) == (rows[0].created, rows[3].created)
    assert summary.operators == ("Ada", "Bob")


def test_a_session_of_nothing_or_one_verdict_has_no_rate() -> None:
    empty = summarise([])
    assert (empty.images, empty.per_hour, empty.first, empty.operators) == (0, None, None, ())
    one = summarise([_row(1, 1, Verdict.OK, "08:00:00")])
    assert (one.images, one.per_hour) == (1, None)
    assert one.by_class == {"": {Verdict.OK: 1, Verdict.NG: 0, Verdict.UNSURE: 0}}
    both = summarise([_row(1, 1, Verdict.OK, "08:00:00"), _row(2, 2, Verdict.OK, "08:00:00")])
    assert both.per_hour is None
