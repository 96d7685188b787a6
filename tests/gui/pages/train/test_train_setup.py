"""The Train page's form by mouse and keys: what may be started, and what is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QLineEdit
from pytestqt.qtbot import QtBot

from inspector.gui.jobs.requests import TrainRequest
from inspector.gui.pages.train.page import TrainPage
from inspector.gui.session import Session
from inspector.jobs import backbones
from inspector.project.project import Project

Click = Callable[[QAbstractButton], None]


def test_without_normal_images_start_is_off_and_says_why(
    page: TrainPage, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    assert not page.setup.start.isEnabled()
    assert "Open a project" in page.setup.reason.text()
    Project.create(tmp_path / "empty").close()
    session.open_project(tmp_path / "empty")
    qtbot.waitUntil(lambda: "no normal images" in page.setup.reason.text())
    assert not page.setup.start.isEnabled()
    assert page.setup.import_button.isVisible()
    assert page.now.first_steps.isVisible()


def test_start_asks_for_what_the_form_says(
    page: TrainPage,
    project: Project,
    session: Session,
    held_jobs: None,
    qtbot: QtBot,
    click: Click,
) -> None:
    click(page.setup.presets.button_of("paper"))
    click(page.setup.backbones.cards["tf_efficientnet_lite0"].radio)
    click(page.setup.more)
    editor = page.setup.form.row_of("image_size").editor
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "64")
    click(page.setup.start)
    (job,) = session.jobs.waiting
    assert job.request == TrainRequest(
        method="revdist",
        preset="paper",
        changes={"image_size": 64, "backbone": "tf_efficientnet_lite0"},
    )


def test_while_something_is_invalid_start_is_off(
    page: TrainPage,
    project: Project,
    session: Session,
    held_jobs: None,
    qtbot: QtBot,
    click: Click,
) -> None:
    click(page.setup.more)
    row = page.setup.form.row_of("alignment.folds")
    assert isinstance(row.editor, QLineEdit)
    row.editor.selectAll()
    qtbot.keyClicks(row.editor, "1")
    assert not page.setup.start.isEnabled()
    assert "Folds" in page.setup.reason.text()
    page.actions_table.action("train.start").trigger()
    assert session.jobs.waiting == []
    qtbot.keyClicks(row.editor, "0")
    assert page.setup.start.isEnabled()


def test_values_that_do_not_go_together_are_said(
    page: TrainPage, project: Project, session: Session, held_jobs: None, click: Click
) -> None:
    click(page.setup.methods.cards["dmad"].radio)
    page.setup.form.set_changes({"tiles": 9, "image_size": 1024})
    assert not page.setup.start.isEnabled()
    assert "too large" in page.setup.reason.text()
    page.actions_table.action("train.start").trigger()
    assert session.jobs.waiting == []
    click(page.setup.methods.cards["patchcore"].radio)
    page.setup.form.set_changes({"tiles": 2})
    assert page.setup.start.isEnabled()


def test_a_choice_is_found_again(
    page: TrainPage, project: Project, session: Session, held_jobs: None, click: Click
) -> None:
    click(page.setup.presets.button_of("paper"))
    page.setup.form.set_changes({"seed": 5})
    click(page.setup.start)
    folder = project.folder
    session.close_project()
    page.setup.form.reset()
    session.open_project(folder)
    assert page.setup.presets.value == "paper"
    assert page.setup.form.changes == {"seed": 5}


def test_the_method_of_a_project_is_in_sight(
    page: TrainPage,
    project: Project,
    session: Session,
    held_jobs: None,
    click: Click,
    qtbot: QtBot,
) -> None:
    card = page.setup.methods.cards["ltad"]
    card.radio.click()
    click(page.setup.start)
    folder = project.folder
    session.close_project()
    page.setup.methods.set_value("revdist")
    page.setup._area.verticalScrollBar().setValue(0)
    assert card.visibleRegion().isEmpty()
    session.open_project(folder)
    qtbot.waitUntil(lambda: card.visibleRegion().boundingRect() == card.rect())


def test_backbones_say_whether_their_weights_are_here(
    page: TrainPage, project: Project, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, click: Click
) -> None:
    def origin(name: str) -> str | None:
        return None if name == "resnet18.tv_in1k" else "imported"

    monkeypatch.setattr("inspector.gui.pages.train.setup_panel.weights_origin", origin)
    page.activate()
    cards = page.setup.backbones.cards
    qtbot.waitUntil(lambda: cards["resnet50.tv_in1k"].note == "At hand")
    assert cards["resnet18.tv_in1k"].note == "Not here"
    click(cards["resnet18.tv_in1k"].radio)
    assert "fetches them" in page.setup.caution.text()
    assert page.setup.start.isEnabled()  # they can be fetched
    click(cards["other"].radio)
    assert not page.setup.start.isEnabled()
    qtbot.keyClicks(page.setup.backbones.other_name, "resnet34.tv_in1k")
    assert page.setup.start.isEnabled()
    assert page.setup.request.changes["backbone"] == "resnet34.tv_in1k"
    qtbot.waitUntil(lambda: cards["other"].note == "At hand")


def test_a_method_offers_the_backbones_that_it_takes(
    page: TrainPage, project: Project, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, click: Click
) -> None:
    monkeypatch.setattr("inspector.gui.pages.train.setup_panel.weights_origin", lambda _: None)
    setup = page.setup
    cards = setup.backbones.cards

    def offered() -> set[str]:
        return {name for name, card in cards.items() if not card.isHidden()}

    pyramids = {known.name for known in backbones.KNOWN_BACKBONES if known.kind == "pyramid"}
    transformers = {known.name for known in backbones.KNOWN_BACKBONES} - pyramids
    assert offered() == pyramids | {"other"}
    click(setup.methods.cards["dinomaly"].radio)
    assert offered() == transformers | {"other"}
    assert setup.backbones.name == "vit_small_patch14_reg4_dinov2.lvd142m"
    assert not setup.request.changes
    qtbot.waitUntil(lambda: "weights of this backbone" in setup.caution.text())
    assert str(backbones.weights_folder()) in setup.caution.text()
    assert setup.start.isEnabled()  # they can be fetched
    click(setup.methods.cards["uniad"].radio)
    assert offered() == pyramids | transformers | {"other"}
    click(setup.methods.cards["revdist"].radio)
    assert setup.backbones.name == "tf_efficientnet_lite0"
    assert offered() == pyramids | {"other"}


def test_weights_are_found_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbones, "weights_folder", lambda: tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    assert backbones.weights_origin("tf_efficientnet_lite0") == backbones.EMBEDDED
    assert backbones.weights_origin("resnet18.tv_in1k") is None
    repository = tmp_path / "hub" / "models--timm--resnet18.tv_in1k"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc", "utf-8")
    (repository / "snapshots" / "abc").mkdir(parents=True)
    assert backbones.weights_origin("resnet18.tv_in1k") is None
    (repository / "snapshots" / "abc" / "model.safetensors").write_bytes(b"")
    assert backbones.weights_origin("resnet18.tv_in1k") == backbones.HUB_CACHE
    (tmp_path / "resnet18.tv_in1k.pth").write_bytes(b"")
    assert backbones.weights_origin("resnet18.tv_in1k") == backbones.IMPORTED
