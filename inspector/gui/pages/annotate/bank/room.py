"""Reads the bank and its map in threads, and does what one asks of it. Imports pyqtgraph."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from inspector.core.bank_map import Projection
from inspector.errors import InspectorError
from inspector.gui.actions import ActionRegistry
from inspector.gui.background import Task
from inspector.gui.jobs.requests import ScoreRequest
from inspector.gui.pages.annotate.bank.desk import BankDesk
from inspector.gui.pages.annotate.bank.empty import BankEmptyWords, learns
from inspector.gui.pages.annotate.bank.facts import PAINTED, BankFacts, read_facts
from inspector.gui.pages.annotate.bank.map_points import MapPoints, map_points
from inspector.gui.pages.annotate.bank.muting import Muting
from inspector.gui.pages.annotate.bank.pictures import PatchPictures
from inspector.gui.pages.annotate.bank.view import BankView
from inspector.gui.pages.annotate.bank.words import BankWords
from inspector.gui.pages.annotate.pictures import Pictures
from inspector.gui.session import Session
from inspector.gui.thumbnails import Thumbnails
from inspector.jobs.bank_file import MUTED_FILE
from inspector.jobs.spec import JOB_FILE

_FACTS, _MAP = "annotate.bank", "annotate.bank.map"


class BankRoom(QObject):
    """The bank of the active model, read anew each time it is looked at."""

    mask_wanted = Signal(object)  # PaintedMask: go to it
    paint_wanted = Signal()
    repainted = Signal(int, bool)  # image id, and whether anything is painted on it now

    def __init__(
        self,
        session: Session,
        actions: ActionRegistry,
        pictures: Pictures,
        thumbnails: Thumbnails,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._pictures = session, pictures
        self.words, self._empty = BankWords(), BankEmptyWords()
        self.patches = PatchPictures(pictures, thumbnails)
        self.muting = Muting(session, self)
        self.view = BankView(actions, self.words, self.patches)
        self.desk = BankDesk(self.view, self.words, pictures, self.muting)
        self._tasks: list[Task] = []
        self._maps: dict[str, MapPoints] = {}
        self._is_shown = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._read)
        self._connect()
        for name, run in (
            ("mute", self.mute),
            ("remove", self.remove),
            ("go_to_mask", self.go_to_mask),
            ("undo_bank", self.muting.undo),
        ):
            actions.bind(f"annotate.{name}", run)

    def enter(self) -> None:
        """The view is shown: the bank is read."""
        self._is_shown = True
        self._read()

    def leave(self) -> None:
        """The view is not shown any more: what is under way is given up."""
        self._is_shown = False
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    # What one asks of it.

    def mute(self) -> None:
        """Mutes the chosen patches, or lets them count again where all of them are muted."""
        places = [patch.place for patch in self.desk.targets]
        if places:
            self.muting.set_muted(places, self.desk.silences)

    def remove(self) -> None:
        """Erases the chosen mask and mutes its patches."""
        mask = self.view.masks.current
        if mask is not None:
            self.muting.remove(mask)

    def go_to_mask(self) -> None:
        """Leads to where the chosen mask is painted."""
        mask = self.view.masks.current
        if mask is not None:
            self.mask_wanted.emit(mask)

    # How it gets there.

    def _connect(self) -> None:
        session, view = self._session, self.view
        session.scale.model_changed.connect(self._read_soon)
        session.library.images_changed.connect(self._read_soon)
        session.library.scores_changed.connect(self._show_stale)
        session.jobs.changed.connect(self._show_stale)
        session.learning.changed.connect(self._show_stale)
        session.learning.learned.connect(self._read_soon)
        self.muting.changed.connect(self._show_stale)
        self.muting.repainted.connect(self._on_repainted)
        self.desk.mask_wanted.connect(self.mask_wanted.emit)
        self.patches.arrived.connect(self._on_pictures)
        view.method.chosen.connect(lambda method: self._show_map())
        view.stale.button.clicked.connect(self._score)
        view.untaught.button.clicked.connect(lambda: session.page_wanted.emit("train"))

    def _read_soon(self) -> None:
        if self._is_shown:
            self._soon.start(0)

    def _read(self) -> None:
        """Reads all of it anew."""
        session, view = self._session, self.view
        project, model, card = session.project, session.scale.model, session.scale.card
        if project is None or model is None or card is None or not learns(model):
            self.muting.set_model(None)
            self._show_nothing()
            view.show_empty(self._empty.no_bank(session))
            return
        self.muting.set_model(model)
        facts = self.desk.facts
        if facts is None or facts.model != model:  # else what is known stays until there is more
            self._show_nothing()
            view.show_empty(self._empty.reading())
        class_names = self._pictures.class_names()

        def work(task: Task) -> BankFacts:
            with project.reopened() as own:
                return read_facts(own, model, card, class_names, task.report)

        task = session.background.run(
            work, self._show, key=_FACTS, failed=self._on_failed, progress=self._on_progress
        )
        self._tasks.append(task)

    def _show(self, facts: BankFacts) -> None:
        view, before = self.view, self.desk.facts
        if before is None or before.model != facts.model or not _same_painted(before, facts):
            self._maps = {}
        self.patches.grid = facts.grid
        self.desk.show_facts(facts, self._open_classes(facts))
        if not facts.masks:
            view.show_empty(self._empty.nothing_painted(self.paint_wanted.emit))
            return
        view.show_body()
        view.untaught.say(
            ""
            if facts.is_supervised
            else self.tr(
                "{name} was trained before anything was painted: nothing of it is in its bank. "
                "Train again to learn from what is painted."
            ).format(name=facts.model.name)
        )
        self._show_stale()
        self._show_map()

    def _show_map(self) -> None:
        facts, method = self.desk.facts, self.view.method.value
        if facts is None or not facts.masks:
            return
        if method in self._maps:
            self.desk.show_points(self._maps[method])
            return
        projection: Projection = "tsne" if method == "tsne" else "pca"
        self.desk.show_waiting(self.tr("Laying out the map…"))

        def work(task: Task) -> MapPoints:
            return map_points(facts.banks, projection, task.report)

        def done(points: MapPoints) -> None:
            self._maps[method] = points
            if self.view.method.value == method:
                self.desk.show_points(points)

        def progress(part: int, total: int) -> None:
            text = self.tr("Laying out the map: {percent} %")
            self.desk.show_waiting(text.format(percent=round(100 * part / total)))

        run = self._session.background.run
        self._tasks.append(run(work, done, key=_MAP, progress=progress))

    def _show_nothing(self) -> None:
        self.desk.facts, self._maps = None, {}
        self.view.title.setText(self.tr("Bank"))
        self.view.summary.setText("")

    def _on_progress(self, done: int, total: int) -> None:
        empty = self.view.empty
        if empty is not None:
            empty.set_texts(self.tr("Reading the bank…"), self._empty.part(done, total))

    def _on_failed(self, error: InspectorError) -> None:
        self._show_nothing()
        self.view.show_empty(self._empty.failed(error, self._read))

    def _on_pictures(self) -> None:
        for one in (self.view.masks, self.view.tiles):
            one.viewport().update()
        self.view.card.refresh()

    def _on_repainted(self, image_id: int) -> None:
        project = self._session.project
        if project is not None:
            try:
                self.repainted.emit(image_id, image_id in project.annotated_image_ids())
            except InspectorError as error:
                self._session.notices.error(error)
        self._read_soon()

    # Scores.

    def _show_stale(self) -> None:
        """Muting takes effect when images are scored again."""
        view, model = self.view, self._session.scale.model
        if not self._is_shown or model is None:
            return
        scoring = any(
            isinstance(job.request, ScoreRequest)
            and job.request.model == model.name
            and not job.state.is_over
            for job in self._session.jobs.jobs
        )
        scoring = scoring or self._session.learning.is_busy
        view.stale.button.setEnabled(not scoring)
        view.stale.button.setText(self.tr("Scoring…") if scoring else self.tr("Score again"))
        text = self.tr("The scores are from before: patches were muted or let in again since.")
        view.stale.say(text if self._is_stale() else "")

    def _is_stale(self) -> bool:
        """Whether the list of muted patches is newer than the newest scoring."""
        session, model = self._session, self._session.scale.model
        library, project = session.library, session.project
        if model is None or project is None or library.scores_model_id != model.model_id:
            return False
        newest = int(library.scores.run_ids.max(initial=-1))
        if newest < 0:
            return False
        try:
            scored = (project.find_run(newest).folder / JOB_FILE).stat().st_mtime_ns
            return (model.folder / MUTED_FILE).stat().st_mtime_ns > scored
        except (InspectorError, OSError):  # never muted, or the run's folder was tidied away
            return False

    def _score(self) -> None:
        self._session.learning.learn(anyway=True)

    def _open_classes(self, facts: BankFacts) -> list[tuple[str, int]]:
        """Classes with flagged images on which nothing is painted, most flagged first."""
        library, scale = self._session.library, self._session.scale
        scores, images = library.scores.of(scale.variant), library.images
        if len(scores) != len(images):
            return []
        names = self._pictures.class_names()
        painted = {names.get(one.annotation.image_id) for one in facts.masks if one.newest}
        flagged = Counter(
            images.class_names[code] for code in images.classes[scores > scale.threshold].tolist()
        )
        return [(name, n) for name, n in flagged.most_common() if name not in painted]


def _same_painted(one: BankFacts, other: BankFacts) -> bool:
    """Whether both have the same painted patches; the rest of a model never changes."""
    nothing = np.zeros((0, 0), np.float16)

    def features(facts: BankFacts, name: str) -> NDArray[np.float16]:
        return facts.banks[name].features if name in facts.banks else nothing

    return all(np.array_equal(features(one, name), features(other, name)) for name in PAINTED)
