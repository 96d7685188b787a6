"""Images, and masks for them as other programs write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inspector.core.masks import Mask
from inspector.project.project import Project

SIZE = HEIGHT, WIDTH = 12, 16
# Two of them only their folder tells apart.
IMAGES = (
    "bolt/test/good/000.png",
    "bolt/test/scratch/000.png",
    "bolt/test/scratch/x_mask.png",
    "nut/test/good/000.png",
)


def new_project(at: Path, folder: Path) -> Project:
    project = Project.create(at)
    project.import_folder(folder)
    return project


def ids_of(project: Project) -> dict[str, int]:
    return {
        image.path.relative_to(image.root).as_posix(): image.image_id for image in project.images()
    }


def path_of(project: Project, name: str) -> Path:
    return next(image.path for image in project.images() if image.path.as_posix().endswith(name))


def painted_rows(*rows: int) -> Mask:
    mask = np.zeros(SIZE, np.bool_)
    mask[list(rows)] = True
    return mask


def corners(top: int, bottom: int) -> list[list[float]]:
    return [[0, top], [WIDTH, top], [WIDTH, bottom], [0, bottom]]


def flat(top: int, bottom: int) -> list[float]:
    return [value for corner in corners(top, bottom) for value in corner]


def write_labelme(
    file: Path, image: object, label: str, points: Any, kind: str = "polygon", **more: Any
) -> Path:
    shape = {"label": label, "points": points, "shape_type": kind} | more.pop("shape", {})
    document = {"imagePath": str(image), "shapes": [shape]} | more
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document), "utf-8-sig")  # as editors of Windows save it
    return file


def write_coco(file: Path, annotations: list[dict[str, Any]], **image: Any) -> Path:
    document = {
        "images": [{"id": 1, "file_name": IMAGES[0], "width": 16, "height": 12} | image],
        "categories": [{"id": 7, "name": "scratch"}],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": 7} | a for n, a in enumerate(annotations, 1)
        ],
    }
    file.write_text(json.dumps(document))
    return file


def write_png(place: Path, mask: Any) -> Path:
    file = place / "bolt" / "ground_truth" / "scratch" / "000_mask.png"
    file.parent.mkdir(parents=True)
    Image.fromarray(np.asarray(mask, np.uint8) * 255).save(file)
    return place
