"""`inspector annotate`: masks out and in again, for people and for machines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inspector.cli.main import main
from inspector.project.project import Project


@pytest.fixture
def painted(tmp_path: Path) -> Path:
    """A project with two images, one of them painted on."""
    for n in range(2):
        file = tmp_path / "images" / f"{n}.png"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((8, 8), 50 + n, np.uint8)).save(file)
    with Project.create(tmp_path / "painted") as project:
        project.import_folder(tmp_path / "images")
        mask = np.eye(8, dtype=np.bool_)
        project.set_mask(1, project.add_defect_type("scratch").type_id, mask, "brush", "Ada")
        return project.folder


@pytest.mark.parametrize("format", ["png", "labelme", "coco"])
def test_masks_go_out_and_in_again(
    painted: Path, tmp_path: Path, call: Callable[..., Any], format: str
) -> None:
    target = tmp_path / "out.json"
    answer = call("annotate", "export", painted, target, "--format", format, "--json")
    assert answer.code == 0 and answer.document == {
        "format": format, "target": str(target), "images": 1, "masks": 1, "types": ["scratch"]
    }  # fmt: skip
    with Project.create(tmp_path / "other") as other:
        other.import_folder(tmp_path / "images")
    answer = call("annotate", "import", tmp_path / "other", target, "--operator", "Bo")
    assert answer.code == 0
    assert f"1 mask on 1 image read from {target} ({format})." in answer.out
    assert "Defect types: scratch (new)." in answer.out
    with Project.open(tmp_path / "other") as other:
        (version,) = other.annotations()
        assert version.operator == "Bo"
        assert np.array_equal(other.annotation_mask(version.annotation_id), np.eye(8))
    answer = call("annotate", "import", tmp_path / "other", target)
    assert "Painted exactly so already: 1 of them." in answer.out


def test_the_user_is_the_operator_and_json_may_stand_anywhere(
    painted: Path, tmp_path: Path, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    call("annotate", "export", painted, tmp_path / "c.json", "--format", "coco")
    with Project.open(painted) as project:
        project.undo_stroke(1)
    for place in (("--json", "import"), ("import", "--json")):
        answer = call("annotate", *place, painted, tmp_path / "c.json")
        assert answer.document["masks"] == 1
    with Project.open(painted) as project:
        assert project.annotations()[0].operator == "ada"


def test_what_is_wrong_is_said_and_changes_nothing(
    painted: Path, tmp_path: Path, call: Callable[..., Any]
) -> None:
    (tmp_path / "x.json").write_text('{"shapes": [], "imagePath": "nowhere.png"}')
    answer = call("annotate", "import", painted, tmp_path / "x.json", "--json")
    assert answer.code == 1
    assert "names the image 'nowhere.png', which is not in the project" in answer.document["error"]
    assert answer.document["hint"] and "nowhere.png" in answer.err
    answer = call("annotate", "export", painted, tmp_path / "o", "--format", "png", "--polygons")
    assert answer.code == 1 and "--polygons is for labelme" in answer.err
    assert not (tmp_path / "o").exists()
    answer = call("annotate", "import", tmp_path / "no project", tmp_path / "x.json")
    assert answer.code == 1 and not (tmp_path / "no project").exists()


@pytest.mark.parametrize(
    "arguments", [[], ["export", "p", "t"], ["import", "p"], ["export", "p", "t", "--format", "x"]]
)
def test_wrong_usage_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["annotate", *arguments])
    assert stopped.value.code == 2
