"""The Review page: the line inspector's place. Assembly, and what follows what."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QMainWindow, QWidget

from inspector.core.review_order import Band, Order
from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.page import Page
from inspector.gui.pages.review.desk import VerdictDesk
from inspector.gui.pages.review.empty import empty_state
from inspector.gui.pages.review.filmstrip import Filmstrip
from inspector.gui.pages.review.keys import keeps_arrows
from inspector.gui.pages.review.kind_chooser import KindChooser
from inspector.gui.pages.review.layout import ReviewParts
from inspector.gui.pages.review.material import Material
from inspector.gui.pages.review.patience import Patience
from inspector.gui.pages.review.pending import Pending
from inspector.gui.pages.review.reports import Reports
from inspector.gui.pages.review.review_queue import (
    Criteria,
    ReviewQueue,
    criteria_text,
    kept_criteria,
)
from inspector.gui.pages.review.stage import Stage
from inspector.gui.pages.review.undoing import Undoing
from inspector.gui.pages.review.words import Mark, ReviewWords, count
from inspector.gui.session import Session
from inspector.gui.thumbnails import Thumbnails
from inspector.project.verdicts import Verdict


class ReviewPage(Page):
    """Image, heat map and facts; one key gives a verdict and shows the next image."""

    def __init__(self, session: Session, actions: ActionRegistry) -> None:
        super().__init__(session, actions)
        self.words = ReviewWords()
        self.queue = ReviewQueue(session, self)
        self.desk = VerdictDesk(session, self)
        self.material = Material(session, self.words)
        self.thumbnails = Thumbnails(parent=self)
        strip = Filmstrip(self._small_picture, self._mark_at)
        self.parts = ReviewParts(self, actions, self.words, strip, session.scale)
        self.stage = Stage(session, self.queue, self.material, self.parts.canvas, self)
        self.chooser: KindChooser | None = None
        self.reports = Reports(
            self, session, actions, self.desk, self.queue, self.material, self.words
        )
        self.pending = Pending(session)
        self.undoing = Undoing(
            session, self.desk, self.queue, self.material, self.words, self._say, self
        )
        self._shown_of: tuple[int | None, str] = (None, "")  # model and variant that are shown
        self._is_active, self._is_stale = False, True
        self._patience = Patience(self)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._refresh)
        self._connect()
        self._bind()
        self._on_project()

    def activate(self) -> None:
        """Brings the page up to date where something has changed meanwhile."""
        self._is_active = True
        self.parts.operator.setText(self.session.preferences.operator)
        if self._is_stale:
            self._refresh()

    def deactivate(self) -> None:
        self._is_active = False
        self.parts.canvas.hold_heat(False)

    def show_images(self, image_ids: list[int]) -> None:
        """These images are the queue, in their order, until it is left."""
        criteria = self.queue.criteria
        self._set_criteria(replace(criteria, chosen=tuple(image_ids), order=Order.LISTED))

    def main_focus(self) -> QWidget:
        return self.parts.canvas.image.view

    # What comes in.

    def _connect(self) -> None:
        session, parts = self.session, self.parts
        session.project_changed.connect(self._on_project)
        session.library.images_changed.connect(self._on_scores)
        session.library.scores_changed.connect(self._on_scores)
        session.library.verdicts_changed.connect(self._on_verdicts)
        session.scale.threshold_changed.connect(self._refresh_soon)
        self.queue.changed.connect(self._show_queue)
        self.queue.moved.connect(self._show_current)
        self.stage.shown.connect(self._on_shown)
        self.thumbnails.arrived.connect(lambda paths: parts.filmstrip.update())
        self.desk.failed.connect(self._on_failure)
        parts.bar.criteria_wanted.connect(self._set_criteria)
        parts.filmstrip.chosen.connect(self.queue.jump)
        parts.thresholds.previewed.connect(self._show_counts)
        parts.canvas.pointed.connect(self._say)
        parts.verdicts.note_written.connect(self._note_written)
        parts.operator.editingFinished.connect(self._operator_written)
        parts.operator.returnPressed.connect(self._focus_image)
        parts.verdicts.left.connect(self._focus_image)

    def _bind(self) -> None:
        bind = self.actions_table.bind
        for verdict in (Verdict.OK, Verdict.NG, Verdict.UNSURE):
            action = bind(f"review.{verdict}", partial(self.give, verdict))
            action.setAutoRepeat(False)  # a key that is held must not judge image after image
        bind("review.next", lambda: self.queue.step(1))
        bind("review.previous", lambda: self.queue.step(-1))
        bind("review.next_open", self.queue.next_open)
        bind("review.undo", self.undoing.undo).setAutoRepeat(False)
        bind("review.redo", self.undoing.redo).setAutoRepeat(False)
        bind("review.kind", self.choose_kind)
        bind("review.annotate", self.annotate)
        bind("review.note", self.parts.verdicts.note.setFocus)
        bind("review.summary", self.reports.show_summary)
        bind("review.export", self.reports.ask_export)
        view = self.parts.canvas.image.view
        bind("review.fit", view.fit)
        bind("review.one_to_one", lambda: view.zoom_to(1.0))
        canvas = self.parts.canvas
        for name, show, usual in (
            ("heat", canvas.set_heat, False),
            ("contours", canvas.set_contours, True),
            ("mask", canvas.set_mask, False),
            ("compare", self.stage.set_compare, True),
        ):
            self._bind_switch(name, show, usual)

    def _bind_switch(self, name: str, show: object, usual: bool) -> None:
        """An action that is on or off, and stays so the next time."""
        preferences = self.session.preferences
        action = self.actions_table.action(f"review.{name}")
        key = f"review.{name}"
        action.setChecked(preferences.text(key, "on" if usual else "off") == "on")

        def apply() -> None:
            preferences.set_text(key, "on" if action.isChecked() else "off")
            show(action.isChecked())  # type: ignore[operator]

        self.actions_table.bind(key, apply)
        apply()

    def _on_project(self) -> None:
        project = self.session.project
        self.desk.set_project(project)
        self.thumbnails.set_folder(
            project.cache_folder / "thumbnails" if project is not None else None
        )
        self.pending.load()
        self.parts.verdicts.note.clear()  # what was typed there was about the other project
        self.stage.clear()
        self.queue.criteria = kept_criteria(self.session.preferences.text("review.queue"))
        self.queue.rebuild(keep=False)
        self._on_scores()

    def _on_scores(self) -> None:
        self.stage.comparisons.clear()
        self._refresh_soon()

    def _on_verdicts(self, image_ids: list[int] | None) -> None:
        if image_ids is None:
            self._refresh_soon()
            return
        self.parts.filmstrip.update()
        self._show_progress()
        if self.stage.shown_id in image_ids:
            self._show_said()

    def _refresh_soon(self) -> None:
        """Several changes at once are shown once; nothing is done while nobody looks."""
        self._is_stale = True
        if self._is_active:
            self._soon.start(0)

    def _refresh(self) -> None:
        if not self.desk.knows_scores:
            # What is shown stays until the scores of the new model are there.
            if self.queue.current is None:
                self._show_current()
            return
        scale, before = self.session.scale, self._shown_of
        self._shown_of = self.session.library.scores_model_id, scale.variant
        is_other = self._shown_of != before
        if is_other and self.parts.verdicts.note.hasFocus():
            self._focus_image()  # ends the note, which is of the image that is still shown
        self._is_stale = False
        self.material.refresh()
        self.parts.canvas.set_scale(self.material.scale, scale.threshold)
        self.parts.thresholds.strip.set_scores(self.session.library.scores.of(scale.variant))
        self.parts.thresholds.show_thresholds()
        # Whatever arrived, one goes on looking at the same image: a verdict must not hit another,
        # nor, under another model, be given before the new map is to be seen.
        pin = self.stage.shown_id is not None
        if is_other:
            self.stage.clear()
        self.queue.rebuild(pin=pin)

    def _set_criteria(self, criteria: Criteria) -> None:
        if criteria.chosen is None and self.queue.criteria.chosen is not None:
            kept = kept_criteria(self.session.preferences.text("review.queue"))
            criteria = replace(criteria, order=kept.order)
        elif criteria.chosen is None:
            self.session.preferences.set_text("review.queue", criteria_text(criteria))
        self.queue.set_criteria(criteria)
        self._focus_image()

    # Verdicts.

    def give(self, verdict: Verdict) -> None:
        """Writes a verdict on the image that is on the canvas, then shows the next one."""
        image_id = self.queue.current
        if image_id is None or image_id != self.stage.shown_id or self._patience.is_deaf:
            return  # it is not on the canvas yet, or nobody can have seen it
        if self.parts.operator.hasFocus():
            self._focus_image()  # a click on a button takes no focus: the name counts from here on
        if not self._is_current:
            self._refuse()
            return
        kind, note = self._said_of(image_id)
        with self._patience.watching():
            if self.desk.give(image_id, verdict, kind, note):
                self.pending.drop(image_id)
                self.queue.advance()

    @property
    def _is_current(self) -> bool:
        """Whether what is shown is what would be written: not while another model is read."""
        return self.desk.knows_scores and not self._is_stale

    def _refuse(self) -> None:
        self._say(self.tr("Not written yet: the scores of the model are being read. Try again."))

    def _on_failure(self, problem: str) -> None:
        text = self.tr("Not written. {problem}").format(problem=problem)
        self.parts.verdicts.show_problem(text)

    def _said_of(self, image_id: int) -> tuple[str, str]:
        """Kind and note of an image, given or about to be given."""
        row = self.session.library.verdicts.get(image_id)
        written = (row.defect_kind, row.note) if row is not None else ("", "")
        return self.pending.get(image_id) or written

    def _say_of(self, image_id: int, kind: str, note: str) -> None:
        """Keeps kind and note for the verdict; where there is one, it is given again with them."""
        if (kind, note) == self._said_of(image_id):
            return
        self.pending.put(image_id, kind, note)
        self._write_pending(image_id)
        self._show_said()

    def _write_pending(self, image_id: int) -> None:
        """Kind and note that wait go into the journal where the image has a verdict."""
        is_judged = image_id in self.session.library.verdicts
        if self.pending.get(image_id) is None or not is_judged:
            return
        if not self._is_current:
            self._refuse()
        elif self.desk.amend(image_id, *self._said_of(image_id)):
            self.pending.drop(image_id)

    def choose_kind(self) -> None:
        """Opens the kinds of defect over their button."""
        image_id = self.stage.shown_id
        if image_id is None:
            return
        kind, note = self._said_of(image_id)
        self.chooser = KindChooser(self, self.material.kinds(image_id), kind)
        self.chooser.chosen.connect(lambda chosen: self._say_of(image_id, chosen, note))
        self.chooser.open_above(self.parts.verdicts.kind)

    def annotate(self) -> None:
        """Leads to the Annotate page with this image."""
        if self.stage.shown_id is not None:
            self.session.show_images("annotate", [self.stage.shown_id])

    def _note_written(self, note: str) -> None:
        if self.stage.shown_id is not None:
            self._say_of(self.stage.shown_id, self._said_of(self.stage.shown_id)[0], note)

    def _operator_written(self) -> None:
        self.session.preferences.operator = self.parts.operator.text()
        self.parts.operator.setText(self.session.preferences.operator)

    # What is shown.

    def _show_queue(self) -> None:
        names = self.session.library.images.class_names
        self.parts.bar.show_criteria(self.queue.criteria, names)
        scale = self.session.scale
        self._show_counts(scale.threshold, scale.lower_threshold)

    def _show_counts(self, threshold: float, lower: float) -> None:
        self.parts.bar.show_counts(self.queue.counts(threshold, lower))

    def _show_current(self) -> None:
        if self.parts.verdicts.note.hasFocus():
            self._focus_image()  # ends the note: it belongs to the image before
        image_id = self.queue.current
        self.parts.bar.setVisible(self.session.library.scores.n_scored > 0)
        self.parts.filmstrip.show_queue(len(self.queue), self.queue.position)
        self._show_progress()
        self.stage.show_current()
        if image_id is None:
            self.parts.show_empty(empty_state(self.session, self.queue, self.reports, self))
            return
        was_empty = self.parts.empty is not None
        self.parts.show_work()
        if was_empty and self._is_active:
            self._focus_image()  # the keyboard was on what is gone now

    def _on_shown(self, image_id: int) -> None:
        self.parts.facts.show_facts(self.material.facts(image_id))
        self._write_pending(image_id)  # where it could not be written before
        self._show_said()

    def _show_said(self) -> None:
        image_id = self.stage.shown_id
        if image_id is None:
            return
        row = self.session.library.verdicts.get(image_id)
        self.parts.verdicts.show_said(row.verdict if row else None, *self._said_of(image_id))
        if row is None:
            self.parts.canvas.show_verdict(None)
            return
        when = f"{datetime.fromisoformat(row.created).astimezone():%H:%M}"
        said = " · ".join(text for text in (row.defect_kind, row.operator, when) if text)
        self.parts.canvas.show_verdict(self.words.verdicts[row.verdict], said)

    def _show_progress(self) -> None:
        left, pace = self.queue.n_open, self.desk.pace
        self.parts.left.setText(self.tr("{count} left").format(count=count(left)))
        total = len(self.queue)
        place = f"{count(min(self.queue.position + 1, total))} / {count(total)}" if total else ""
        self.parts.place.setText(place)
        if pace is None:
            self.parts.pace.setText(self.tr("The pace shows after two verdicts."))
            return
        rate = self.tr("{rate} per hour").format(rate=count(round(pace)))
        rest = self.tr("{time} to go").format(time=self.words.duration(3600 * left / pace))
        self.parts.pace.setText(f"{rate} · {rest}" if left else rate)

    def show_all(self) -> None:
        """Back from chosen images to the whole queue."""
        self._set_criteria(replace(self.queue.criteria, chosen=None))

    def show_all_bands(self) -> None:
        """Every image that has no verdict yet, whatever its band."""
        self._set_criteria(replace(Criteria(), bands=frozenset(Band)))

    def _small_picture(self, place: int, side: int) -> QPixmap | None:
        file = self.material.picture(int(self.queue.ids[place]))
        found = self.thumbnails.get(file, side) if file is not None else None
        return found if isinstance(found, QPixmap) else None

    def _mark_at(self, place: int) -> Mark | None:
        row = self.session.library.verdicts.get(int(self.queue.ids[place]))
        return self.words.verdicts[row.verdict] if row is not None else None

    # Keys that no action has, and the status line.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_H and not event.modifiers():
            self.parts.canvas.hold_heat(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_H and not event.isAutoRepeat():
            self.parts.canvas.hold_heat(False)
        else:
            super().keyReleaseEvent(event)

    def event(self, event: QEvent) -> bool:
        if keeps_arrows(event):
            return True
        if event.type() == QEvent.Type.WindowDeactivate:
            self.parts.canvas.hold_heat(False)  # its release goes to another window
        return super().event(event)

    def _focus_image(self) -> None:
        self.main_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    def _say(self, text: str) -> None:
        window = self.window()
        if isinstance(window, QMainWindow):
            window.statusBar().showMessage(text)
