"""What a person has chosen on this computer: theme, font size, recent projects, layout."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

RECENT_SHOWN = 8
MIN_ZOOM, MAX_ZOOM, ZOOM_STEP = 0.8, 2.0, 0.125


class Preferences(QObject):
    """Typed access to the preferences file; a value that is damaged counts as not set.

    Args:
        file: The INI file; by default the one in the user's configuration folder.
    """

    appearance_changed = Signal()
    recent_changed = Signal()

    def __init__(self, file: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        folder = Path(platformdirs.user_config_dir("inspector", appauthor=False))
        self._file = file or folder / "preferences.ini"
        self._settings = QSettings(str(self._file), QSettings.Format.IniFormat)

    @property
    def theme(self) -> str:
        """ "light" or "dark"."""
        return "light" if self._text("theme") == "light" else "dark"

    @theme.setter
    def theme(self, name: str) -> None:
        self._settings.setValue("theme", name)
        self.appearance_changed.emit()

    @property
    def zoom(self) -> float:
        """Size of the UI font relative to its usual size."""
        try:
            value = float(self._text("zoom") or 1.0)
        except ValueError:
            return 1.0
        return min(max(value, MIN_ZOOM), MAX_ZOOM)

    @zoom.setter
    def zoom(self, value: float) -> None:
        self._settings.setValue("zoom", str(min(max(value, MIN_ZOOM), MAX_ZOOM)))
        self.appearance_changed.emit()

    @property
    def reduced_motion(self) -> bool:
        """Whether animations are to be left out."""
        return self._text("reduced_motion") == "true"

    @reduced_motion.setter
    def reduced_motion(self, value: bool) -> None:
        self._settings.setValue("reduced_motion", "true" if value else "false")
        self.appearance_changed.emit()

    @property
    def operator(self) -> str:
        """Name that is written beside every verdict; the account's name until one is given."""
        import getpass

        try:
            return self._text("operator") or getpass.getuser()
        except (OSError, KeyError, ImportError):
            return "operator"

    @operator.setter
    def operator(self, name: str) -> None:
        self._settings.setValue("operator", name.strip())

    @property
    def recent_projects(self) -> list[Path]:
        """Projects opened last, the newest first; those that are gone are left out."""
        texts = self._text("recent_projects").split("\n")
        return [Path(text) for text in texts if text and Path(text).is_dir()]

    def add_recent(self, folder: Path) -> None:
        """Puts a project on top of the recent ones."""
        others = [path for path in self.recent_projects if path != folder]
        kept = [str(path) for path in (folder, *others)][:RECENT_SHOWN]
        self._settings.setValue("recent_projects", "\n".join(kept))
        self.recent_changed.emit()

    def bytes(self, name: str) -> QByteArray:
        """A saved layout (window geometry, splitter or header state); empty if there is none."""
        value = self._settings.value(f"layout/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_bytes(self, name: str, state: QByteArray) -> None:
        """Saves a layout."""
        self._settings.setValue(f"layout/{name}", state)

    def text(self, name: str, default: str = "") -> str:
        """A page's own small choice, for example how a list is sorted."""
        return self._text(f"choice/{name}") or default

    def set_text(self, name: str, value: str) -> None:
        """Keeps a page's own small choice."""
        self._settings.setValue(f"choice/{name}", value)

    def save(self) -> None:
        """Writes to disk now (Qt also does it by itself from time to time)."""
        self._settings.sync()

    def _text(self, name: str) -> str:
        value = self._settings.value(name, "")
        return value if isinstance(value, str) else ""
