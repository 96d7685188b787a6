"""A folder as it comes from a shop floor: what can be used is learned from, the rest is listed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inspector.cli.main import main
from inspector.jobs.model_card import read_model_card
from inspector.project.project import Project

TRAINING = (
    "image_size=64",
    "revdist.iterations=3",
    "revdist.batch_size=4",
    "alignment.iterations=4",
    "alignment.folds=2",
)


def part(seed: int) -> NDArray[np.uint8]:
    """A bright disc somewhere on a dark, uneven ground, (48, 64) grey."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:48, :64]
    disc = (y - rng.uniform(18, 30)) ** 2 + (x - rng.uniform(24, 40)) ** 2 < 150
    grey = 30 + 150 * disc + 0.4 * x + rng.integers(0, 12, (48, 64))
    return np.asarray(grey, np.uint8)


@pytest.fixture
def shop_floor(tmp_path: Path) -> Path:
    """Eight plain images, one of each odd but good kind, and one of each bad kind."""
    folder = tmp_path / "Teile für Prüfung"
    folder.mkdir()
    for seed in range(8):
        Image.fromarray(part(seed)).convert("RGB").save(folder / f"plain {seed}.png")
    odd = Image.fromarray(part(10))
    Image.fromarray(part(11).astype(np.uint16) * 40).save(folder / "odd 16 bit.png")
    odd.convert("CMYK").save(folder / "odd cmyk.jpg")
    turned = Image.Exif()
    turned[0x0112] = 6
    odd.rotate(90, expand=True).save(folder / "odd rotated.jpg", exif=turned)
    Image.fromarray(part(12)).convert("RGB").save(folder / "as jpeg.jpg")
    (folder / "as jpeg.jpg").rename(folder / "odd misnamed jpeg.png")

    whole = (folder / "plain 0.png").read_bytes()
    (folder / "bad truncated.png").write_bytes(whole[: len(whole) // 2])
    jpeg = (folder / "odd cmyk.jpg").read_bytes()
    (folder / "bad truncated.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    (folder / "bad empty.png").write_bytes(b"")
    (folder / "bad misnamed.png").write_text("this is a note, not an image")
    Image.new("1", (20_000, 10_000)).save(folder / "bad giant.png")
    (folder / "bad notes.txt").write_text("shift 2, lamp was replaced")
    return folder


REASONS = {
    "bad truncated.png": "cut short or damaged",
    "bad truncated.jpg": "cut short or damaged",
    "bad empty.png": "is empty (0 bytes)",
    "bad misnamed.png": "its content is no PNG",
    "bad giant.png": "too large: 20000×10000 pixels",
    "bad notes.txt": "",
}


def test_every_bad_file_is_listed_with_its_reason_and_the_rest_trains(
    shop_floor: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    project = str(tmp_path / "project")
    assert main(["import", project, str(shop_floor), "--assume-good", "--json"]) == 0
    imported = json.loads(capsys.readouterr().out)
    told = {Path(problem["path"]).name: problem for problem in imported["problems"]}
    assert told.keys() == REASONS.keys()
    for name, reason in REASONS.items():
        assert reason in told[name]["reason"]
    assert [count["n_images"] for count in imported["counts"]] == [12]

    # Said to people too, on every import, and nothing is imported twice.
    assert main(["import", project, str(shop_floor)]) == 0
    text = capsys.readouterr().out
    for name in REASONS:
        assert name in text
    assert "0 new, 0 changed" in text

    arguments = [argument for pair in TRAINING for argument in ("--set", pair)]
    assert main(["train", project, "--device", "cpu", "--json", *arguments]) == 0
    trained = json.loads(capsys.readouterr().out)
    with Project.open(Path(project)) as opened:
        card = read_model_card(opened.find_model(trained["model"]).folder)
    assert sum(card.training_images.values()) == 12
    assert list(card.windows) == [""]  # the 16-bit image keeps its range
    assert not any("Left out" in note for note in card.notes)
