"""The window as a whole: pages, welcome, leaving with a job, drops, and what it never imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from inspector.core.sampleparts import SamplePlan
from inspector.gui.jobs.job import Job, JobState
from inspector.gui.jobs.requests import ScoreRequest, TrainRequest
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.registry import PAGES
from inspector.gui.session import Session
from inspector.gui.shell.leaving import LeavingDialog
from inspector.gui.shell.welcome import Welcome
from inspector.project.demo import Step, next_step
from inspector.project.project import Project

LEFT, CONTROL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders that came to the import dialog, which a stand-in replaces."""
    folders: list[Path] = []

    class ImportDialog:
        def __init__(self, session: Session, folder: Path, parent: object) -> None:
            folders.append(folder)

        def open(self) -> None:
            pass

    name = "inspector.gui.pages.dataset.import_dialog"
    module = ModuleType(name)
    module.ImportDialog = ImportDialog  # type: ignore[attr-defined]
    for package in ("inspector.gui.pages.dataset", name):
        monkeypatch.setitem(sys.modules, package, module)
    return folders


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    nothing = Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    # As Qt calls it at the end of a drag; without a real one it would not.
    window.dropEvent(QDropEvent(QPointF(400, 300), copy, data, LEFT, nothing))


def test_keys_and_rail_lead_to_every_page(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    assert window.current_page == ""
    qtbot.keyClick(window, Qt.Key.Key_4, CONTROL)
    assert window.current_page == ""  # no project, no page
    window.session.create_project(tmp_path / "a")
    for number, entry in enumerate(PAGES, 1):
        qtbot.keyClick(window, str(number), CONTROL)
        assert window.current_page == entry.name
    for name, button in window._rail._buttons.items():
        qtbot.mouseClick(button, LEFT)
        assert window.current_page == name
        assert button.isChecked()


def test_an_action_works_only_on_its_page(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    done: list[str] = []
    window.registry.bind("review.summary", lambda: done.append("summary"))
    window.session.create_project(tmp_path / "a")
    qtbot.keyClick(window, Qt.Key.Key_S)
    assert done == []
    window.show_page("review")
    qtbot.keyClick(window, Qt.Key.Key_S)
    assert done == ["summary"]


def test_closing_a_project_leads_back_to_the_welcome(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.session.create_project(tmp_path / "Line 3")
    qtbot.keyClick(window, Qt.Key.Key_W, CONTROL)
    assert window.session.project is None
    assert isinstance(window._stack.currentWidget(), Welcome)
    assert window.windowTitle() == "Inspector"
    qtbot.waitUntil(lambda: len(window._welcome.recent) == 1)
    recent = window._welcome.recent[0]
    texts = [label.text() for label in recent.findChildren(QLabel)]
    assert texts[0] == "Line 3"
    assert any(text.startswith("Today") for text in texts)
    recent.setFocus()
    qtbot.keyClick(recent, Qt.Key.Key_Return)
    assert window.session.project is not None


def test_the_welcome_asks_for_a_folder_and_remembers_it(
    window: MainWindow,
    qtbot: QtBot,
    imported: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[str] = []
    answers = [str(tmp_path / "images"), ""]

    def ask(parent: object, title: str, begin: str) -> str:
        begun.append(begin)
        return answers.pop(0)

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", ask)
    for _ in range(2):
        qtbot.mouseClick(window._welcome.open_folder, LEFT)
    assert imported == [tmp_path / "images"]
    assert begun[1] == str(tmp_path)


@pytest.mark.parametrize("zoom", [1.0, 1.25])
def test_nothing_in_the_welcome_is_cut_off(
    window: MainWindow, qtbot: QtBot, zoom: float, tmp_path: Path
) -> None:
    from inspector.gui.theme import THEMES, apply_theme

    application = QApplication.instance()
    assert isinstance(application, QApplication)
    for name in "abcd":
        (tmp_path / name).mkdir()
        window.session.preferences.add_recent(tmp_path / name)
    apply_theme(application, THEMES["light"], zoom)
    qtbot.waitUntil(lambda: len(window._welcome.recent) == 4)
    qtbot.waitUntil(lambda: window._welcome.recent[-1].isVisible())
    for text in window._welcome.findChildren(QLabel):
        if text.isVisible() and text.text():
            assert text.height() >= text.heightForWidth(text.width())
            if not text.wordWrap():
                assert text.width() >= text.sizeHint().width()
    assert window._welcome.verticalScrollBar().maximum() == 0
    assert window._welcome.horizontalScrollBar().maximum() == 0


def test_drops_are_told_apart(window: MainWindow, imported: list[Path], tmp_path: Path) -> None:
    Project.create(tmp_path / "project").close()
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"")
    (tmp_path / "letter.txt").write_text("Dear …")
    drop(window, tmp_path / "images")
    drop(window, tmp_path / "images" / "a.png")
    assert imported == [tmp_path / "images"] * 2
    drop(window, tmp_path / "letter.txt")
    assert "letter.txt" in window.session.notices.history[-1].text
    drop(window, tmp_path / "project")
    assert window.session.project is not None
    assert len(imported) == 2


@pytest.fixture
def busy(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[MainWindow, list[str]]:
    """A window with a running job, and what its queue was told."""
    window.session.create_project(tmp_path / "busy")
    jobs, told = window.session.jobs, list[str]()
    run = SimpleNamespace(kind="train", run_id=1, folder=tmp_path)
    jobs.jobs = [Job(None, "Training", run, JobState.RUNNING)]  # type: ignore[arg-type]
    monkeypatch.setattr(jobs, "cancel", lambda job: told.append("cancel"))
    monkeypatch.setattr(jobs, "leave_running", lambda: told.append("leave"))
    jobs.changed.emit()
    return window, told


@pytest.mark.parametrize(
    ("answer", "expected", "closes"),
    [
        ("leave", ["leave"], True),
        ("cancel", ["cancel", "leave"], True),
        ("stay", [], False),
        ("escape", [], False),
    ],
)
def test_leaving_a_running_job_asks(
    busy: tuple[MainWindow, list[str]],
    qtbot: QtBot,
    answer: str,
    expected: list[str],
    closes: bool,
) -> None:
    window, told = busy

    def reply() -> None:
        dialog = window.findChild(LeavingDialog)
        if answer == "escape":
            qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        else:
            qtbot.mouseClick(getattr(dialog, answer), LEFT)

    QTimer.singleShot(0, reply)
    qtbot.keyClick(window, Qt.Key.Key_W, CONTROL)
    assert told == expected
    assert (window.session.project is None) == closes
    window.session.jobs.jobs = []


def test_a_job_that_ends_meanwhile_needs_no_answer(
    busy: tuple[MainWindow, list[str]], qtbot: QtBot
) -> None:
    window, told = busy
    jobs = window.session.jobs

    def end() -> None:
        job = jobs.jobs[0]
        jobs.jobs = []
        jobs.finished.emit(job)

    QTimer.singleShot(0, end)
    assert window.commands.may_leave_jobs()
    assert told == []


def test_a_job_is_not_given_up_for_a_project_that_does_not_open(
    busy: tuple[MainWindow, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, told = busy
    asked: list[str] = []
    monkeypatch.setattr(LeavingDialog, "exec", lambda dialog: asked.append("asked"))
    present, history = window.session.project, window.session.notices.history
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "project.db").write_bytes(b"no database" * 100)
    window.commands.open_project(broken)
    window.commands.open_project(tmp_path / "nothing")
    (tmp_path / "file").write_bytes(b"")
    window.commands._create(tmp_path / "file" / "project")
    assert (asked, told, len(history)) == ([], [], 3)
    assert window.session.project is present
    Project.create(tmp_path / "whole").close()
    window.commands.open_project(tmp_path / "whole")
    assert asked == ["asked"]
    window.commands._create(tmp_path / "made")  # the user goes back; it is there all the same
    assert window.session.project is present and Project.is_project(tmp_path / "made")
    assert "made" in history[-1].text
    window.session.jobs.jobs = []


@pytest.mark.parametrize("leave", ["close", "switch", "create", "quit"])
def test_what_is_being_typed_is_taken_over_before_the_project_goes(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, leave: str
) -> None:
    window.session.create_project(tmp_path / "one")
    Project.create(tmp_path / "two").close()
    field, taken = QLineEdit(window.centralWidget()), list[str]()
    field.editingFinished.connect(
        lambda: taken.append(window.session.project.folder.name if window.session.project else "")
    )
    field.show()
    field.setFocus()
    qtbot.keyClicks(field, "a note")
    if leave == "close":
        window.commands.close_project()
    elif leave == "switch":
        window.commands.open_project(tmp_path / "two")
    elif leave == "create":
        window.commands._create(tmp_path / "three")
    else:
        window.close()
    assert taken == ["one"]


def test_the_layout_is_remembered(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(760, 700)  # a window larger than the screen is not restored as it was
    window.close()
    again = MainWindow(window.session)
    qtbot.addWidget(again)
    assert (again.width(), again.height()) == (760, 700)


@pytest.fixture
def tiny_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, window: MainWindow) -> Path:
    """The demo with a few small images in a folder of the test; its jobs wait for ever."""
    monkeypatch.setattr(SamplePlan, "demo", classmethod(lambda plan: plan.tiny()))
    monkeypatch.setattr("inspector.gui.demo.default_folder", lambda: tmp_path / "demo")
    monkeypatch.setattr(window.session.jobs, "_start_next", lambda: None)
    return tmp_path / "demo"


def test_the_demo_makes_its_parts_and_trains(
    window: MainWindow, qtbot: QtBot, tiny_demo: Path
) -> None:
    with qtbot.waitSignal(window.commands.demo.opened, timeout=20_000):
        qtbot.mouseClick(window._welcome.try_demo, LEFT)
        assert window.commands.demo.dialog is not None
    project, jobs = window.session.project, window.session.jobs
    assert project is not None
    assert len(project.images()) == 30
    assert window.current_page == "train"
    (job,) = jobs.jobs
    assert isinstance(job.request, TrainRequest)
    assert job.request.changes["image_size"] == 160
    assert window.commands.demo.dialog is None
    with qtbot.waitSignal(window.commands.demo.opened, timeout=20_000):
        window.commands.demo.start()
    assert len(jobs.jobs) == 1  # it waits already


def test_a_demo_that_is_cancelled_leaves_nothing_half_done(
    window: MainWindow, qtbot: QtBot, tiny_demo: Path
) -> None:
    window.commands.demo.start()
    dialog = window.commands.demo.dialog
    assert dialog is not None
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    window.session.background.wait()
    qtbot.wait(1)
    assert window.session.project is None
    assert not list(tiny_demo.glob("*parts*"))
    if Project.is_project(tiny_demo):
        with Project.open(tiny_demo) as project:
            assert next_step(project) is Step.PARTS


def test_a_trained_demo_is_scored_and_evaluated(
    window: MainWindow, qtbot: QtBot, tiny_demo: Path, tiny_project: SimpleNamespace
) -> None:
    import shutil

    shutil.copytree(tiny_project.folder, tiny_demo)
    with qtbot.waitSignal(window.commands.demo.opened, timeout=20_000):
        window.commands.demo.start()
    (job,) = window.session.jobs.jobs
    assert isinstance(job.request, ScoreRequest)
    assert (job.request.evaluate, job.request.everything) == (True, True)
    status = window.statusBar()
    assert status.model.text().startswith(tiny_project.model.name)  # type: ignore[attr-defined]
    assert status.device.text().startswith("Device: CPU")  # type: ignore[attr-defined]


def test_the_window_imports_nothing_heavy(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from inspector.gui.app import make_application, keep_appearance
from inspector.gui.main_window import MainWindow
from inspector.gui.preferences import Preferences
from inspector.gui.session import Session
from inspector.gui.shell.crash import install_crash_handler
app = make_application([])
preferences = Preferences(Path(sys.argv[1]) / "p.ini")
keep_appearance(app, preferences)
window = MainWindow(Session(preferences))
install_crash_handler(window, Path(sys.argv[1]))
window.show()
app.sendPostedEvents()
heavy = "torch torchvision timm sklearn scipy rich pyqtgraph jinja2 training inspector.engine"
heavy += " inspector.cli"
print(sorted({name for name in heavy.split() if name in sys.modules}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == "[]", done.stderr
