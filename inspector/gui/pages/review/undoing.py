"""Undo and redo of verdicts, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject

from inspector.gui.notify import NoticeAction
from inspector.gui.pages.review.desk import Earlier, VerdictDesk
from inspector.gui.pages.review.material import Material
from inspector.gui.pages.review.review_queue import ReviewQueue
from inspector.gui.pages.review.words import ReviewWords
from inspector.gui.session import Session
from inspector.project.verdicts import VerdictRow


class Undoing(QObject):
    """Takes verdicts back and shows their images. Beyond this session it asks, verdict by verdict.

    Args:
        say: Shows a line in the window's status line.
    """

    def __init__(
        self,
        session: Session,
        desk: VerdictDesk,
        queue: ReviewQueue,
        material: Material,
        words: ReviewWords,
        say: Callable[[str], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._desk, self._queue = session, desk, queue
        self._material, self._words, self._say = material, words, say

    def undo(self) -> None:
        """Takes this session's newest verdict back; where there is none, offers an earlier one."""
        row = self._desk.undo()
        if row is None:
            self._desk.find_earlier(self._offer)
        else:
            self._show(row)

    def redo(self) -> None:
        """Gives again what was taken back last in this session."""
        row = self._desk.redo()
        if row is None:
            self._say(self.tr("There is no verdict to give again."))
        else:
            self._show(row)

    def _offer(self, earlier: Earlier | None) -> None:
        """Nothing is left of this session: those before may be somebody else's work."""
        if earlier is None:
            self._say(self.tr("There is no verdict to take back."))
            return
        row = earlier.row
        when = datetime.fromisoformat(row.created).astimezone()
        self._session.notices.info(
            self.tr("Every verdict of this session is taken back."),
            self.tr("The one before it: {verdict} for {file}, by {operator}, {when}.").format(
                verdict=self._word(row),
                file=self._file(row),
                operator=row.operator or "–",
                when=f"{when:%Y-%m-%d %H:%M}",
            ),
            NoticeAction(self.tr("Take that back, too"), lambda: self._undo_earlier(earlier)),
        )

    def _undo_earlier(self, earlier: Earlier) -> None:
        row = self._desk.undo_earlier(earlier)
        if row is None:
            self._say(self.tr("Not taken back: something was said since. Undo once more."))
        else:
            self._show(row)

    def _show(self, row: VerdictRow) -> None:
        self._queue.show(row.image_id)
        text = self.tr("{file} has now: {verdict}")
        self._say(text.format(file=self._file(row), verdict=self._word(row)))

    def _file(self, row: VerdictRow) -> str:
        image = self._material.image(row.image_id)
        return image.path.name if image is not None else str(row.image_id)

    def _word(self, row: VerdictRow) -> str:
        mark = self._words.verdicts.get(row.verdict)
        return mark.word if mark is not None else self.tr("no verdict")
