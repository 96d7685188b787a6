"""Kind and note that were said of images before there is a verdict to carry them."""

from __future__ import annotations

from inspector.errors import InspectorError
from inspector.gui.session import Session
from inspector.project.verdicts import storable

_SETTING = "review_pending"


class Pending:
    """Kept in the project's settings, so that nothing that was typed is lost with the window."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._said: dict[int, tuple[str, str]] = {}

    def load(self) -> None:
        """Takes over what the open project has kept."""
        project = self._session.project
        self._said = {}
        if project is not None:
            self._said = project.get_setting(_SETTING, dict[int, tuple[str, str]], {})

    def get(self, image_id: int) -> tuple[str, str] | None:
        """Kind and note of an image; None where nothing waits."""
        return self._said.get(image_id)

    def put(self, image_id: int, kind: str, note: str) -> None:
        """Keeps kind and note until there is a verdict."""
        self._said[image_id] = (storable(kind), storable(note))
        self._write()

    def drop(self, image_id: int) -> None:
        """A verdict carries them now, or they were taken back."""
        if self._said.pop(image_id, None) is not None:
            self._write()

    def _write(self) -> None:
        project = self._session.project
        if project is None:
            return
        try:
            project.set_setting(_SETTING, self._said)
        except InspectorError as error:
            self._session.notices.error(error)
