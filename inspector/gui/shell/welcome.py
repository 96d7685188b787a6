"""The first screen: what Inspector is, and the two ways to begin."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.actions import ActionRegistry
from inspector.gui.icons import icon
from inspector.gui.session import Session
from inspector.gui.shell.words import moment
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, button, label
from inspector.project.paths import DATABASE

_RECENT_SHOWN = 4


class _WideButton(QPushButton):
    """A button as large as what lies in it."""

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def _transparent(widget: QWidget) -> QWidget:
    """Clicks go to the button behind it."""
    widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return widget


class Choice(_WideButton):
    """A large button: icon, title, and what comes of it."""

    def __init__(self, icon_name: str, title: str, text: str, action: QAction) -> None:
        super().__init__()
        self.setProperty("kind", "choice")
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(action.trigger)
        layout = QVBoxLayout(self)
        gap = em(self, 1.1)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.35))
        layout.addWidget(_transparent(IconLabel(icon_name, "accent", 1.7)))
        layout.addSpacing(em(self, 0.25))
        layout.addWidget(_transparent(label(title, "title")))
        body = label(text, "muted", wrap=True)
        body.setMinimumWidth(em(self, 15))
        body.setMinimumHeight(em(self, 3))
        body.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(_transparent(body))
        layout.addStretch(1)


class RecentProject(_WideButton):
    """A project that was open before; arrow keys go from one to the next."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.setProperty("kind", "row")
        self.setAccessibleName(folder.name)
        self.setAccessibleDescription(str(folder))
        self.setToolTip(str(folder))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        layout = QHBoxLayout(self)
        side, gap = em(self, 0.7), em(self, 0.4)
        layout.setContentsMargins(side, gap, side, gap)
        layout.setSpacing(em(self, 0.7))
        layout.addWidget(_transparent(IconLabel("project", "muted", 1.2)))
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(_transparent(label(folder.name, "headline")))
        where = label("", "muted")
        where.setMinimumWidth(em(self, 8))
        metrics = where.fontMetrics()
        shown = metrics.elidedText(
            _short(folder.parent), Qt.TextElideMode.ElideMiddle, em(self, 24)
        )
        where.setText(shown)
        names.addWidget(_transparent(where))
        layout.addLayout(names, 1)
        layout.addWidget(_transparent(label(_last_change(folder), "muted")))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.focusNextChild()
        elif event.key() == Qt.Key.Key_Up:
            self.focusPreviousChild()
        else:
            super().keyPressEvent(event)


class Welcome(QScrollArea):
    """Shown while no project is open."""

    def __init__(self, session: Session, registry: ActionRegistry) -> None:
        super().__init__()
        self._session, self._registry = session, registry
        self._size = 0
        # Not within the change itself: Qt goes through all widgets then, and these would be gone.
        self._refill = QTimer(self)
        self._refill.setSingleShot(True)
        self._refill.timeout.connect(self._fill)
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("Welcome"))
        self._fill()
        for changed in (session.preferences.recent_changed, session.project_changed):
            changed.connect(lambda: self._refill.start(0))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._size != em(self):
            self._refill.start(0)

    def _fill(self) -> None:
        """Builds it anew: other projects, or another type size."""
        self._size = em(self)
        centre = QWidget()
        centre.setFixedWidth(em(self, 42))
        layout = QVBoxLayout(centre)
        gap = em(self, 0.75)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.5))
        layout.addStretch(3)
        layout.addLayout(self._head())
        layout.addSpacing(em(self, 1.4))
        layout.addLayout(self._choices())
        layout.addSpacing(em(self, 0.2))
        layout.addLayout(self._others())
        self._add_recent(layout)
        layout.addStretch(4)
        hint = label(
            self.tr("You can also drop a folder of images or a project anywhere in this window."),
            "muted",
        )
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(hint)
        outer = QWidget()
        around = QHBoxLayout(outer)
        around.setContentsMargins(0, 0, 0, 0)
        around.addStretch(1)
        around.addWidget(centre)
        around.addStretch(1)
        self.setWidget(outer)

    def _head(self) -> QHBoxLayout:
        picture = QLabel()
        side = em(self, 3.4)
        picture.setPixmap(icon("app").pixmap(QSize(side, side), self.devicePixelRatio()))
        layout = QHBoxLayout()
        layout.setSpacing(em(self, 1))
        layout.addWidget(picture)
        texts = QVBoxLayout()
        texts.setSpacing(em(self, 0.1))
        texts.addWidget(label("Inspector", "hero"))
        texts.addWidget(
            label(
                self.tr("Finds defects on every kind of part, with one score scale for all."),
                "lead",
            )
        )
        layout.addLayout(texts, 1)
        return layout

    def _choices(self) -> QHBoxLayout:
        layout = QHBoxLayout()
        layout.setSpacing(em(self, 0.9))
        self.open_folder = Choice(
            "folder-open",
            self.tr("Open folder of images"),
            self.tr("See what is in it before anything is imported. Images stay where they are."),
            self._registry.action("file.import"),
        )
        self.try_demo = Choice(
            "play",
            self.tr("Try the demo"),
            self.tr(
                "Makes 764 sample parts and trains on them: about 5 minutes on two processor "
                "cores, less with a GPU."
            ),
            self._registry.action("file.demo"),
        )
        layout.addWidget(self.open_folder, 1)
        layout.addWidget(self.try_demo, 1)
        return layout

    def _others(self) -> QHBoxLayout:
        layout = QHBoxLayout()
        for action_id, icon_name in (("file.new", "plus"), ("file.open", "project")):
            action = self._registry.action(action_id)
            made = button(action.text(), "plain", icon_name)
            made.setToolTip(action.toolTip())
            made.clicked.connect(action.trigger)
            layout.addWidget(made)
        layout.addStretch(1)
        return layout

    def _add_recent(self, layout: QVBoxLayout) -> None:
        self.recent: list[RecentProject] = []
        folders = self._session.preferences.recent_projects[:_RECENT_SHOWN]
        if not folders:
            return
        layout.addSpacing(em(self, 0.8))
        layout.addWidget(label(self.tr("Recent projects"), "section"))
        rows = QVBoxLayout()
        rows.setSpacing(em(self, 0.1))
        for folder in folders:
            made = RecentProject(folder)
            made.clicked.connect(
                lambda checked=False, folder=folder: self._session.open_project(folder)
            )
            rows.addWidget(made)
            self.recent.append(made)
        layout.addLayout(rows)


def _short(folder: Path) -> str:
    """A path with the home folder as "~"."""
    try:
        return str(Path("~") / folder.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(folder)


def _last_change(folder: Path) -> str:
    """When the project's database was last written; empty where that cannot be told."""
    times = []
    for name in (DATABASE, f"{DATABASE}-wal"):
        try:
            times.append((folder / name).stat().st_mtime)
        except OSError:
            continue
    return moment(datetime.fromtimestamp(max(times)), datetime.now()) if times else ""
