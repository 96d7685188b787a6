"""What was done: the session's summary, and the export of verdicts."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from inspector.errors import InspectorError
from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.review.desk import VerdictDesk
from inspector.gui.pages.review.export import Exporter
from inspector.gui.pages.review.material import Material
from inspector.gui.pages.review.review_queue import ReviewQueue
from inspector.gui.pages.review.summary import SummaryDialog, agreement
from inspector.gui.pages.review.words import ReviewWords, count
from inspector.gui.session import Session


class Reports(QObject):
    """Opens the summary and asks what to export, over the page."""

    def __init__(
        self,
        page: QWidget,
        session: Session,
        actions: ActionRegistry,
        desk: VerdictDesk,
        queue: ReviewQueue,
        material: Material,
        words: ReviewWords,
    ) -> None:
        super().__init__(page)
        self._page, self._session, self._actions = page, session, actions
        self._desk, self._queue, self._material, self._words = desk, queue, material, words
        self.exporter = Exporter(page, session)
        self.summary: SummaryDialog | None = None

    def show_summary(self) -> None:
        """Opens the session's numbers."""
        try:
            summary, said_ids = self._desk.summary(self._material.class_names())
        except InspectorError as error:
            self._session.notices.error(error)
            return
        verdicts = self._session.library.verdicts
        said = [(verdicts[i].verdict, verdicts[i].trace) for i in said_ids if i in verdicts]
        self.summary = SummaryDialog(
            self._page,
            self._words,
            self._actions,
            summary,
            agreement(said),
            self._desk.pace,
            self._queue.n_open,
        )
        self.summary.open()

    def done_so_far(self) -> str:
        """The session's verdicts in a line; empty where they cannot be read."""
        try:
            summary, _ = self._desk.summary({})
        except InspectorError as error:
            self._session.notices.error(error)
            return ""
        counts = summary.by_verdict
        parts = [f"{count(counts[v])} {m.word}" for v, m in self._words.verdicts.items()]
        return self.tr("This session: {counts}").format(counts=" · ".join(parts))

    def ask_export(self) -> None:
        """Asks which verdicts, then where to."""
        menu = QMenu(self._page)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        every = menu.addAction(self.tr("All verdicts of the project"))
        every.triggered.connect(lambda: self.exporter.ask(None))
        session = menu.addAction(self.tr("Verdicts of this session"))
        session.triggered.connect(self._export_session)
        menu.setActiveAction(every)
        place = QPoint(self._page.width() // 3, self._page.height() // 3)
        menu.popup(self._page.mapToGlobal(place))

    def _export_session(self) -> None:
        try:
            _, said_ids = self._desk.summary({})
        except InspectorError as error:
            self._session.notices.error(error)
            return
        self.exporter.ask(said_ids)
