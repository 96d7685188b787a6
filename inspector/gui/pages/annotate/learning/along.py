"""Learning along with the strokes: when they rest, and what the page shows of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QPixmap

from inspector.gui.pages.annotate.learning.changes import ChangedImage, most_changed
from inspector.gui.pages.annotate.learning.panel import LearningPanel
from inspector.gui.pages.annotate.learning.words import LearningWords
from inspector.gui.pages.review.words import Mark
from inspector.jobs.events import Change
from inspector.project.learning import Order

if TYPE_CHECKING:
    from inspector.gui.pages.annotate.page import AnnotatePage

REST_MS = 700
"""So long after the last stroke it is learned."""

_SHOW_MS = 120
_PLACE = 2  # at the side: behind what is painted, before the thorough way
_CHOICE = "annotate.learn"


class LearnAlong(QObject):
    """Joins the page and the session's `learning`."""

    def __init__(self, page: AnnotatePage) -> None:
        super().__init__(page)
        self._page, self._session = page, page.session
        self._learning = page.session.learning
        self._words = LearningWords()
        actions = page.actions_table
        self._switch = actions.bind("annotate.learn", self._on_switch)
        self._switch.setChecked(self._session.preferences.text(_CHOICE, "on") == "on")
        now = actions.bind("annotate.learn_now", self.learn)
        self.panel = LearningPanel(self._words, self._switch, now, self._picture)
        page.parts.add_to_side(self.panel, _PLACE)
        self._rest = self._timer(REST_MS, self.learn)
        self._soon = self._timer(_SHOW_MS, self._show)
        self._own_scores = False
        self._learned_here = False  # in this window: then it is known what did not change
        self._connect()
        self._show()

    @property
    def is_on(self) -> bool:
        """Whether strokes are learned when they rest."""
        return self._switch.isChecked()

    def learn(self) -> None:
        """Learns what is painted, beginning with the image on the canvas."""
        self._rest.stop()
        queue = self._page.queue
        self._learning.learn(Order(queue.current, tuple(queue.ids.tolist())))

    def takes_scores(self) -> bool:
        """Whether the new scores are those of painting: then the queue must not move under it."""
        is_own, self._own_scores = self._own_scores, False
        if is_own:
            self._page.pictures.refresh()
            self._page.stage.show_current()
            self._show()
        return is_own

    def _timer(self, interval: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval)
        timer.timeout.connect(slot)
        return timer

    def _connect(self) -> None:
        page, session, learning = self._page, self._session, self._learning
        page.painting.kept.connect(self._on_stroke)
        page.stage.shown.connect(self._show)
        page.thumbnails.arrived.connect(lambda paths: self.panel.images.viewport().update())
        learning.changed.connect(self._show_soon)
        learning.current_scored.connect(self._on_current)
        learning.learned.connect(self._on_learned)
        for signal in (
            session.scale.threshold_changed,
            session.library.images_changed,
            session.project_changed,
        ):
            signal.connect(self._show_soon)
        session.project_changed.connect(self._on_project)
        self.panel.train_wanted.connect(lambda: session.page_wanted.emit("train"))
        self.panel.images.wanted.connect(self.go_to)

    def go_to(self, image_id: int) -> None:
        """Shows an image of the list on the canvas."""
        queue = self._page.queue
        places = (queue.ids == image_id).nonzero()[0]
        if len(places):
            queue.jump(int(places[0]))
        else:
            self._page.show_images([image_id])

    def _on_switch(self) -> None:
        self._session.preferences.set_text(_CHOICE, "on" if self.is_on else "off")
        if self.is_on and self._learning.n_unlearned:
            self.learn()
        elif not self.is_on:
            self._rest.stop()
        self._show()

    def _on_stroke(self) -> None:
        if self.is_on:
            self._learning.wake()
            self._rest.start()
        else:
            self._learning.refresh()

    def _on_current(self, image_id: int, folder: Path) -> None:
        """The map of the image that is looked at is there before all the others."""
        self._page.pictures.show_map(image_id, folder)
        if image_id == self._page.queue.current:
            self._page.stage.show_current()

    def _on_project(self) -> None:
        self._rest.stop()
        self._learned_here = False

    def _on_learned(self) -> None:
        self._own_scores = True  # those that the library reads now
        self._learned_here = True

    def _show_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _show(self) -> None:
        learning, current = self._learning, self._page.queue.current
        self.panel.show_state(
            learning, is_on=self.is_on, n_painted=len(self._page.painting.annotated)
        )
        own = learning.changes.get(current) if current is not None else None
        variant = self._session.scale.variant
        if own is not None and variant in own.after:
            scores = self._words.scores(own.before[variant], own.after[variant])
            self.panel.show_current(scores, self._mark(own))
        elif (
            self._learned_here and learning.has_learned and current in self._page.painting.annotated
        ):
            self.panel.show_current(self._words.unchanged, None)
        else:
            self.panel.show_current("", None)
        changed = most_changed(learning.changes.values(), variant, current)
        rows = (self._row(change) for change in changed)
        self.panel.show_images([row for row in rows if row is not None])

    def _row(self, change: Change) -> ChangedImage | None:
        image = self._page.pictures.image(change.image_id)
        if image is None:
            return None
        variant = self._session.scale.variant
        return ChangedImage(
            change.image_id,
            f"{image.path.parent.name}/{image.path.name}",
            image.record.class_name or self._words.no_class,
            self._words.scores(change.before[variant], change.after[variant]),
            self._mark(change),
        )

    def _mark(self, change: Change) -> Mark | None:
        """Where a score crossed the threshold."""
        variant, threshold = self._session.scale.variant, self._session.scale.threshold
        was, now = change.before[variant] > threshold, change.after[variant] > threshold
        if was == now:
            return None
        return self._words.now_ng if now else self._words.now_ok

    def _picture(self, image_id: int, side: int) -> QPixmap | None:
        file = self._page.pictures.picture(image_id)
        found = self._page.thumbnails.get(file, side) if file is not None else None
        return found if isinstance(found, QPixmap) else None
