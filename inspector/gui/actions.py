"""The table of actions: it makes the menus, the shortcut sheet and the command palette.

An action is bound to what it does by whoever can do it. It is enabled while its page (if it
belongs to one) is shown, its condition holds and somebody has bound it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from inspector.gui.icons import icon
from inspector.gui.session import Session


def always(session: Session) -> bool:
    """Enabled at any time."""
    return True


def has_project(session: Session) -> bool:
    """Enabled while a project is open."""
    return session.project is not None


def has_model(session: Session) -> bool:
    """Enabled while there is an active model."""
    return session.scale.model is not None


def has_scores(session: Session) -> bool:
    """Enabled while the active model has scored images."""
    return session.library.scores.n_scored > 0


def has_job(session: Session) -> bool:
    """Enabled while a worker runs."""
    return session.jobs.current is not None


ANY_PART = "*"


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One row of the table.

    Attributes:
        id: Name, "GROUP.WHAT".
        title: In the menu and the palette; a key of the translations' context "Actions".
        keys: Shortcuts, portable text; the first is shown.
        icon: Icon name, may be empty.
        menu: Menu it stands in: "file", "view", "go", "help", a page's name, or "" for none.
        page: Page that must be shown; "" for any.
        part: Part of the page that must be shown; "" for what it usually shows, `ANY_PART` for any.
        enabled: Condition.
        checkable: Whether it is on or off.
    """

    id: str
    title: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    menu: str = ""
    page: str = ""
    part: str = ""
    enabled: Callable[[Session], bool] = always
    checkable: bool = False


def _page(page: str, what: str, title: str, *keys: str, **more: object) -> ActionSpec:
    return ActionSpec(f"{page}.{what}", title, keys, menu=page, page=page, **more)  # type: ignore[arg-type]


# fmt: off
ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("file.new", "New project…", ("Ctrl+N",), "plus", "file"),
    ActionSpec("file.open", "Open project…", ("Ctrl+O",), "project", "file"),
    ActionSpec("file.import", "Open folder of images…", ("Ctrl+I",), "folder-open", "file"),
    ActionSpec("file.demo", "Try the demo", (), "play", "file"),
    ActionSpec("file.close", "Close project", ("Ctrl+W",), "", "file", enabled=has_project),
    ActionSpec("file.preferences", "Preferences…", ("Ctrl+,",), "settings", "file"),
    ActionSpec("file.quit", "Quit", ("Ctrl+Q",), "", "file"),

    ActionSpec("view.theme", "Switch between light and dark", ("Ctrl+Shift+L",), "moon", "view"),
    ActionSpec("view.larger", "Larger type", ("Ctrl++", "Ctrl+="), "zoom-in", "view"),
    ActionSpec("view.smaller", "Smaller type", ("Ctrl+-",), "zoom-out", "view"),
    ActionSpec("view.usual", "Usual type size", ("Ctrl+0",), "", "view"),
    ActionSpec("view.full_screen", "Full screen", ("F11",), "present", "view", checkable=True),
    ActionSpec("view.notices", "Notices", ("Ctrl+Shift+N",), "bell", "view"),
    ActionSpec("view.jobs", "Running jobs", ("Ctrl+J",), "processor", "view"),

    ActionSpec("go.dataset", "Dataset", ("Ctrl+1",), "dataset", "go"),
    ActionSpec("go.train", "Train", ("Ctrl+2",), "train", "go"),
    ActionSpec("go.alignment", "Alignment", ("Ctrl+3",), "alignment", "go"),
    ActionSpec("go.review", "Review", ("Ctrl+4",), "review", "go"),
    ActionSpec("go.annotate", "Annotate", ("Ctrl+5",), "annotate", "go"),
    ActionSpec("go.models", "Models", ("Ctrl+6",), "models", "go"),

    ActionSpec("help.commands", "Find a command…", ("Ctrl+K", "Ctrl+Shift+P"), "command", "help"),
    ActionSpec("help.shortcuts", "Keyboard shortcuts", ("?", "F1"), "help", "help"),
    ActionSpec("help.bench", "Measure this computer, use the fastest runtime", (), "processor",
               "help"),
    ActionSpec("help.about", "About Inspector", (), "info", "help"),

    ActionSpec("jobs.finish_early", "Stop this stage early, keep what is learned", (), "stop",
               "train", enabled=has_job),
    ActionSpec("jobs.cancel", "Cancel the running job…", (), "cancel", "train", enabled=has_job),

    _page("dataset", "search", "Search", "Ctrl+F", "/", icon="search"),
    _page("dataset", "view", "Switch between grid and list", "G", icon="grid"),
    _page("dataset", "clear_filters", "Show all images", "Esc"),
    _page("dataset", "score", "Score all images", "Ctrl+Return", icon="play", enabled=has_model),
    _page("dataset", "refresh", "Look for changes in the folders", "F5", icon="refresh",
          enabled=has_project),
    _page("dataset", "split", "Long-tailed split…", icon="long-tail", enabled=has_project),
    _page("dataset", "review", "Review the chosen images", "R", icon="review",
          enabled=has_scores),
    _page("dataset", "annotate", "Annotate the chosen images", "A", icon="annotate",
          enabled=has_project),
    _page("dataset", "inspector", "Show or hide the details", "I", icon="info", checkable=True),

    _page("train", "start", "Start training", "Ctrl+Return", icon="play", enabled=has_project),

    _page("alignment", "play", "Play the morph from raw to aligned", "Space", icon="play",
          enabled=has_scores),
    _page("alignment", "present", "Presentation", "F5", icon="present", checkable=True,
          enabled=has_scores),
    _page("alignment", "reset", "Thresholds of the model", "T", icon="refresh",
          enabled=has_scores),
    _page("alignment", "copy", "Copy picture", "Ctrl+Shift+C", icon="copy", enabled=has_scores),
    _page("alignment", "png", "Export as PNG…", icon="export", enabled=has_scores),
    _page("alignment", "svg", "Export as SVG…", icon="export", enabled=has_scores),
    _page("alignment", "csv", "Export data as CSV…", "Ctrl+E", icon="table", enabled=has_scores),

    _page("review", "ok", "OK", "O", icon="check", enabled=has_scores),
    _page("review", "ng", "NG", "N", icon="cross", enabled=has_scores),
    _page("review", "unsure", "Unsure", "U", icon="question", enabled=has_scores),
    _page("review", "next", "Next image", "Right", "J", icon="chevron-right", enabled=has_scores),
    _page("review", "previous", "Previous image", "Left", "K", icon="chevron-left",
          enabled=has_scores),
    _page("review", "undo", "Undo verdict", "Ctrl+Z", icon="undo", enabled=has_project),
    _page("review", "redo", "Redo verdict", "Ctrl+Shift+Z", "Ctrl+Y", icon="redo",
          enabled=has_project),
    _page("review", "next_open", "Next image without a verdict", "Shift+Right", "Shift+J",
          enabled=has_scores),
    _page("review", "heat", "Show or hide the heat map (hold H for a look)", "Shift+H",
          icon="heat-map", checkable=True, enabled=has_scores),
    _page("review", "mask", "Show or hide the true defect", "G", icon="annotate",
          checkable=True, enabled=has_scores),
    _page("review", "contours", "Show or hide regions", "C", icon="contour", checkable=True,
          enabled=has_scores),
    _page("review", "compare", "Show or hide the nearest normal image", "B", icon="compare",
          checkable=True, enabled=has_scores),
    _page("review", "fit", "Fit the image", "F", icon="fit", enabled=has_scores),
    _page("review", "one_to_one", "One image pixel to one screen pixel", "Z", icon="one-to-one",
          enabled=has_scores),
    _page("review", "note", "Write a note", "M", icon="note", enabled=has_scores),
    _page("review", "annotate", "Annotate this image", "A", icon="annotate",
          enabled=has_scores),
    _page("review", "kind", "Choose the kind of defect", "D", enabled=has_scores),
    _page("review", "summary", "Session summary", "S", icon="table", enabled=has_project),
    _page("review", "export", "Export verdicts as CSV…", "Ctrl+E", icon="export",
          enabled=has_project),

    _page("annotate", "brush", "Brush", "B", icon="annotate", checkable=True, enabled=has_project),
    _page("annotate", "eraser", "Eraser", "E", icon="eraser", checkable=True,
          enabled=has_project),
    _page("annotate", "polygon", "Polygon", "P", icon="polygon", checkable=True,
          enabled=has_project),
    _page("annotate", "rectangle", "Rectangle", "R", icon="rectangle", checkable=True,
          enabled=has_project),
    _page("annotate", "fill", "Fill one colour", "F", icon="fill", checkable=True,
          enabled=has_project),
    _page("annotate", "from_heat", "Grow from the heat map", "H", icon="target", checkable=True,
          enabled=has_project),
    _page("annotate", "smaller", "Smaller brush", "[", icon="minus", enabled=has_project),
    _page("annotate", "larger", "Larger brush", "]", icon="plus", enabled=has_project),
    _page("annotate", "snap", "Snap the mask to edges", "G", icon="snap", enabled=has_project),
    _page("annotate", "invert", "Invert the mask", "I", icon="invert", enabled=has_project),
    _page("annotate", "clear", "Clear the mask", "Del", icon="trash", enabled=has_project),
    _page("annotate", "undo", "Undo stroke", "Ctrl+Z", icon="undo", enabled=has_project),
    _page("annotate", "redo", "Redo stroke", "Ctrl+Shift+Z", "Ctrl+Y", icon="redo",
          enabled=has_project),
    _page("annotate", "next", "Next image", "Right", "J", icon="chevron-right",
          enabled=has_project),
    _page("annotate", "previous", "Previous image", "Left", "K", icon="chevron-left",
          enabled=has_project),
    _page("annotate", "next_open", "Next image without annotation", "Shift+Right", "Shift+J",
          enabled=has_project),
    _page("annotate", "learn", "Learn as I paint", "L", checkable=True,
          enabled=has_project),
    _page("annotate", "learn_now", "Learn what is painted now", "Shift+L",
          enabled=has_model),
    _page("annotate", "add_type", "New defect type", "N", icon="plus", enabled=has_project),
    _page("annotate", "masks", "Show or hide what is painted", "V", icon="eye", checkable=True,
          enabled=has_project),
    _page("annotate", "heat", "Show or hide the heat map", "Shift+H", icon="heat-map",
          checkable=True, enabled=has_project),
    _page("annotate", "truth", "Show or hide the true defect", "T", icon="contour",
          checkable=True, enabled=has_project),
    _page("annotate", "fit", "Fit the image", "0", icon="fit", enabled=has_project),
    _page("annotate", "one_to_one", "One image pixel to one screen pixel", "Z",
          icon="one-to-one", enabled=has_project),
    _page("annotate", "bank", "Show the bank, or paint again", "Shift+B", icon="dataset",
          part=ANY_PART, checkable=True, enabled=has_project),
    _page("annotate", "paint", "Paint again", "Esc", part="bank", enabled=has_project),
    _page("annotate", "mute", "Mute the chosen patches, or let them count again", "M",
          icon="eye-off", part="bank", enabled=has_project),
    _page("annotate", "remove", "Remove the chosen mask", "Del", icon="trash", part="bank",
          enabled=has_project),
    _page("annotate", "go_to_mask", "Go to the chosen mask", "Return", icon="annotate",
          part="bank", enabled=has_project),
    _page("annotate", "undo_bank", "Undo muting or removing", "Ctrl+Z", icon="undo",
          part="bank", enabled=has_project),

    _page("models", "activate", "Use this model", "Return", icon="star", enabled=has_project),
    _page("models", "rename", "Rename…", "F2", icon="rename", enabled=has_project),
    _page("models", "trash", "Move to the trash", "Del", icon="trash", enabled=has_project),
    _page("models", "evaluate", "Evaluate", "Ctrl+Return", icon="play", enabled=has_project),
    _page("models", "export", "Export…", "Ctrl+E", icon="export", enabled=has_project),
)
# fmt: on


def title_of(spec: ActionSpec) -> str:
    """The title in the user's language."""
    return QCoreApplication.translate("Actions", spec.title)


class ActionRegistry(QObject):
    """One QAction for each row of the table, added to the window so that its keys work everywhere.

    Args:
        window: The main window.
        session: For the conditions.
    """

    refreshed = Signal()

    def __init__(self, window: QWidget, session: Session) -> None:
        super().__init__(window)
        self._session = session
        self._page, self._part = "", ""
        self._bound: set[str] = set()
        self.specs = {spec.id: spec for spec in ACTIONS}
        self._actions = {spec.id: self._made(spec, window) for spec in ACTIONS}
        for signal in (
            session.project_changed,
            session.models_changed,
            session.scale.model_changed,
            session.library.scores_changed,
            session.jobs.changed,
        ):
            signal.connect(self.refresh)
        self.refresh()

    def action(self, action_id: str) -> QAction:
        """The action, for a menu or a tool button (`QToolButton.setDefaultAction`)."""
        return self._actions[action_id]

    def bind(self, action_id: str, handler: Callable[[], object]) -> QAction:
        """Says what an action does; for a checkable one the handler reads `isChecked()`."""
        action = self._actions[action_id]
        action.triggered.connect(lambda checked=False: handler())
        self._bound.add(action_id)
        self.refresh()
        return action

    def set_page(self, page: str, part: str = "") -> None:
        """Another page, or part of one, is shown: its actions work, those of the others do not."""
        self._page, self._part = page, part
        self.refresh()

    def refresh(self) -> None:
        """Enables what can be done now."""
        for spec in ACTIONS:
            enabled = (
                spec.id in self._bound and self._is_shown(spec) and spec.enabled(self._session)
            )
            self._actions[spec.id].setEnabled(enabled)
        self.refreshed.emit()

    def _is_shown(self, spec: ActionSpec) -> bool:
        if not spec.page:
            return True
        return spec.page == self._page and spec.part in (ANY_PART, self._part)

    def shown_keys(self, action_id: str) -> str:
        """The first shortcut as the system writes it; empty if there is none."""
        keys = self._actions[action_id].shortcuts()
        return keys[0].toString(QKeySequence.SequenceFormat.NativeText) if keys else ""

    def _made(self, spec: ActionSpec, window: QWidget) -> QAction:
        action = QAction(title_of(spec), window)
        action.setObjectName(spec.id)
        if spec.icon:
            action.setIcon(icon(spec.icon))
        action.setShortcuts([QKeySequence(keys) for keys in spec.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setCheckable(spec.checkable)
        keys = action.shortcuts()
        if keys:
            shown = keys[0].toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{title_of(spec)} ({shown})")
        window.addAction(action)
        return action
