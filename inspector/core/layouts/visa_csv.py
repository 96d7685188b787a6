"""VisA with its split: split_csv/1cls.csv lists class, split, label, image and mask."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path, PurePath

from inspector.core.layouts import visa
from inspector.core.layouts.layout import Collected, Layout
from inspector.core.layouts.tree import Folder, classes_in
from inspector.core.layouts.words import split_of
from inspector.core.samples import Problem, Sample, Truth
from inspector.errors import InspectorError

_LABELS = {"normal": Truth.GOOD, "anomaly": Truth.DEFECTIVE}
_COLUMNS = ("object", "split", "label", "image", "mask")
_HINT = "Correct the file, or choose the layout 'visa', which reads the folders only."

_Row = Mapping[str, str]
_Files = Mapping[str, Path]


def _csv_file(root: Folder) -> Path | None:
    folder = root.folder("split_csv")
    return folder.other("1cls.csv") if folder else None


def _collect(root: Folder) -> Collected:
    file = _csv_file(root)
    if file is None:
        return [], []
    rows = _rows(file)
    absent = {row["object"] for row in rows.values() if root.folder(row["object"]) is None} - {""}
    problems = [
        Problem(root.path / name, f"A class that {file.name} lists, but that is not there.")
        for name in sorted(absent)
    ]
    files = {_key(path.relative_to(root.path)): path for f in root.walk() for path in f.images}
    samples: dict[Path, Sample] = {}
    for line, row in rows.items():
        if row["object"] not in absent:
            found, complaints = _read_row(root, row, files, f"line {line} of {file.name}")
            problems += complaints
            if found and samples.setdefault(found.path, found) is not found:
                problems.append(Problem(found.path, f"Listed again in line {line} of {file.name}."))
    problems += _unlisted(root, file, {*samples, *(problem.path for problem in problems)})
    return list(samples.values()), problems


def _rows(file: Path) -> dict[int, _Row]:
    """The rows of the table under the number of their line."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, restval="", strict=True)
            columns = [name.strip().casefold() for name in reader.fieldnames or ()]
            if not set(_COLUMNS[:-1]).issubset(columns):
                wanted = ", ".join(_COLUMNS)
                raise InspectorError(f"'{file}' lacks one of the columns {wanted}.", _HINT)
            reader.fieldnames = columns
            rows: dict[int, _Row] = {}
            for row in reader:
                rows[reader.line_num] = {name: (row.get(name) or "").strip() for name in _COLUMNS}
            return rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InspectorError(f"'{file}' cannot be read as a table: {error}.", _HINT) from error


def _read_row(
    root: Folder, row: _Row, files: _Files, where: str
) -> tuple[Sample | None, list[Problem]]:
    image = files.get(_key(PurePath(row["image"])))
    if image is None:
        return None, [Problem(root.path / row["image"], f"Not there, though {where} lists it.")]
    split, truth = split_of(row["split"]), _LABELS.get(row["label"].casefold())
    if not row["object"] or split is None or truth is None:
        said = ",".join(row[name] for name in _COLUMNS[:3])
        return None, [
            Problem(
                image,
                f"'{said}' in {where} is not understood.",
                "It should be a class, train or test, and normal or anomaly.",
            )
        ]
    mask = files.get(_key(PurePath(row["mask"]))) if row["mask"] else None
    problems = []
    if row["mask"] and mask is None:
        problems.append(Problem(root.path / row["mask"], f"Not there, though {where} lists it."))
    kind = image.parent.name if truth is Truth.DEFECTIVE else ""
    return Sample(image, row["object"], split, truth, kind, (mask,) if mask else ()), problems


def _key(path: PurePath) -> str:
    return path.as_posix().replace("\\", "/").casefold()


def _unlisted(root: Folder, file: Path, known: set[Path]) -> list[Problem]:
    """The images in VisA's own places that the table passes over."""
    return [
        Problem(path, f"Not listed in {file.name}, so it is not used.", _HINT)
        for class_folder in classes_in(root, lambda folder: bool(visa.truth_folders(folder)))
        for folder, _ in visa.truth_folders(class_folder)
        for path in folder.images
        if path not in known
    ]


LAYOUT = Layout(
    id="visa-csv",
    title="VisA with its split file",
    shape="VisA's folders and split_csv/1cls.csv (object,split,label,image,mask)",
    fits=lambda root: visa.fits(root) and _csv_file(root) is not None,
    collect=_collect,
    mask_folder=visa.MASK_FOLDER,
    companions=visa.COMPANIONS,
)
