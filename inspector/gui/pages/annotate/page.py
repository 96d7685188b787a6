"""The Annotate page: defects are painted, and every finished stroke is kept. Assembly."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QMainWindow, QWidget

from inspector.core.brushes import bounds_of, clear, count_regions, invert
from inspector.gui.actions import ActionRegistry
from inspector.gui.background import Task
from inspector.gui.canvas.tools.brush import BrushTool
from inspector.gui.canvas.tools.regions import FillTool, HeatTool
from inspector.gui.canvas.tools.shapes import PolygonTool, RectangleTool
from inspector.gui.canvas.tools.tool import Tool
from inspector.gui.pages.annotate.annotate_queue import AnnotateQueue, Wish
from inspector.gui.pages.annotate.bank.mode import BankMode
from inspector.gui.pages.annotate.empty import empty_state
from inspector.gui.pages.annotate.layout import AnnotateParts
from inspector.gui.pages.annotate.learning.along import LearnAlong
from inspector.gui.pages.annotate.mask_stack import MaskStack
from inspector.gui.pages.annotate.page_easel import PageEasel
from inspector.gui.pages.annotate.painting import Painting
from inspector.gui.pages.annotate.pictures import Pictures
from inspector.gui.pages.annotate.retraining.panel import RetrainingPanel
from inspector.gui.pages.annotate.snapper import Snapper
from inspector.gui.pages.annotate.stage import Stage
from inspector.gui.pages.annotate.words import SHAPES, AnnotateWords
from inspector.gui.pages.page import Page
from inspector.gui.pages.review.filmstrip import Filmstrip
from inspector.gui.pages.review.words import Mark, count
from inspector.gui.session import Session
from inspector.gui.thumbnails import Thumbnails


class AnnotatePage(Page):
    """Canvas, tools and defect types; the queue brings what is flagged first."""

    def __init__(self, session: Session, actions: ActionRegistry) -> None:
        super().__init__(session, actions)
        self.words = AnnotateWords()
        self.painting = Painting(session, self)
        self.queue = AnnotateQueue(session, self.painting.annotated, self)
        self.pictures = Pictures(session)
        self.thumbnails = Thumbnails(parent=self)
        strip = Filmstrip(self._small_picture, self._mark_at)
        self.parts = AnnotateParts(self, actions, self.words, strip)
        self.retraining = RetrainingPanel(session)
        self.parts.add_to_side(self.retraining)
        options = self.parts.options
        self.snapper = Snapper(session, self.painting)
        self.easel = PageEasel(self.painting, options, self.snapper.cancel, self._tell)
        self.heat_tool = HeatTool(self.easel)
        self.polygon_tool = PolygonTool(self.easel)
        self.tools: dict[str, Tool] = {
            "brush": BrushTool(self.easel, erases=False),
            "eraser": BrushTool(self.easel, erases=True),
            "polygon": self.polygon_tool,
            "rectangle": RectangleTool(self.easel),
            "fill": FillTool(self.easel),
            "from_heat": self.heat_tool,
        }
        self.masks = MaskStack(self.parts.view, self.painting, self.parts.types.hidden)
        self.stage = Stage(
            self.queue, self.pictures, self.painting, self.parts, self.easel, self._end_stroke
        )
        self.bank = BankMode(self)
        self.along = LearnAlong(self)
        self.tool = ""
        self._is_active, self._is_stale = False, True
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._refresh)
        self._connect()
        self._bind()
        self._restore()
        self.take("brush")
        self._on_project()

    def activate(self) -> None:
        """Brings the page up to date where something has changed meanwhile."""
        self._is_active = True
        if self._is_stale:
            self._refresh()
        self.bank.activate()

    def deactivate(self) -> None:
        """Another page is shown: what was painted becomes versions."""
        self._is_active = False
        self.bank.deactivate()
        self._end_stroke()
        self.painting.cut()

    def show_images(self, image_ids: list[int]) -> None:
        """These images are the queue, in their order, until it is left."""
        self.bank.show(False)
        self._set_wish(replace(self.queue.wish, chosen=tuple(image_ids)))

    def main_focus(self) -> QWidget:
        return self.bank.focus() or self.parts.view

    # What comes in.

    def _connect(self) -> None:
        session, parts, painting = self.session, self.parts, self.painting
        session.project_changed.connect(self._on_project)
        session.library.images_changed.connect(self._refresh_soon)
        session.library.scores_changed.connect(self._on_scores)
        session.scale.threshold_changed.connect(self._refresh_soon)
        self.queue.changed.connect(self._show_queue)
        self.queue.moved.connect(self._show_current)
        self.stage.shown.connect(self._on_shown)
        self.thumbnails.arrived.connect(lambda paths: parts.filmstrip.update())
        painting.kept.connect(self._on_stroke)
        painting.kept.connect(self.retraining.refresh_soon)
        painting.opened.connect(self._show_painted)
        painting.types_changed.connect(self._show_types)
        self.snapper.progressed.connect(parts.options.show_progress)
        self.snapper.ended.connect(self._on_snapped)
        parts.bar.wish_wanted.connect(self._set_wish)
        parts.filmstrip.chosen.connect(self.queue.jump)
        self._connect_canvas()
        self._connect_types()

    def _connect_canvas(self) -> None:
        options, view, painted = self.parts.options, self.parts.view, self.parts.painted
        options.size_changed.connect(self._set_size)
        options.share_changed.connect(self.heat_tool.grow)
        options.applied.connect(self._apply)
        options.cancelled.connect(self.snapper.cancel)
        options.left.connect(self._focus_image)
        view.resized_by.connect(options.step_size)
        view.digit_pressed.connect(self._choose_place)
        view.pointer_moved.connect(lambda x, y, value: self._point(x, y))
        view.pointer_left.connect(lambda: self._status(""))
        painted.opacity.valueChanged.connect(self._set_opacity)

    def _connect_types(self) -> None:
        types, painting = self.parts.types, self.painting
        types.chosen.connect(self._choose_type)
        types.added.connect(painting.add_type)
        types.renamed.connect(lambda type_id, name: painting.change_type(type_id, name))
        types.recoloured.connect(lambda type_id, c: painting.change_type(type_id, colour=c))
        types.patterned.connect(lambda type_id, p: painting.change_type(type_id, pattern=p))
        types.removed.connect(painting.remove_type)
        types.visibility_changed.connect(lambda type_id, visible: self.masks.refresh())
        types.left.connect(self._focus_image)

    def _bind(self) -> None:
        bind, view, options = self.actions_table.bind, self.parts.view, self.parts.options
        for name in SHAPES:
            bind(f"annotate.{name}", partial(self.take, name))
        bind("annotate.smaller", lambda: options.step_size(-1))
        bind("annotate.larger", lambda: options.step_size(1))
        bind("annotate.snap", self.snap)
        bind("annotate.invert", self.invert)
        bind("annotate.clear", self.clear)
        bind("annotate.undo", self.undo)
        bind("annotate.redo", self.redo)
        bind("annotate.next", lambda: self.queue.step(1))
        bind("annotate.previous", lambda: self.queue.step(-1))
        bind("annotate.next_open", self.queue.next_open)
        bind("annotate.add_type", self.parts.types.begin_adding)
        bind("annotate.fit", view.fit)
        bind("annotate.one_to_one", lambda: view.zoom_to(1.0))
        masks = bind("annotate.masks", lambda: self.masks.set_shown(masks.isChecked()))
        masks.setChecked(True)
        truth = bind("annotate.truth", lambda: view.set_mask_visible(truth.isChecked()))
        view.set_mask_visible(False)
        bind("annotate.heat", self._show_heat)

    def _restore(self) -> None:
        text = self.session.preferences.text
        size, opacity = text("annotate.size", "24"), text("annotate.opacity", "60")
        self.parts.options.set_size(int(size) if size.isdigit() else 24)
        self.parts.painted.opacity.setValue(int(opacity) if opacity.isdigit() else 60)

    def _on_project(self) -> None:
        project = self.session.project
        self.stage.clear()
        self.painting.set_project(project)
        self.thumbnails.set_folder(
            project.cache_folder / "thumbnails" if project is not None else None
        )
        self.queue.wish = Wish()
        self.queue.rebuild(keep=False)
        self._refresh_soon()

    def _refresh_soon(self) -> None:
        """Several changes at once are shown once; nothing is done while nobody looks."""
        self._is_stale = True
        if self._is_active:
            self._soon.start(0)

    def _on_scores(self) -> None:
        if not self.along.takes_scores():
            self._refresh_soon()

    def _refresh(self) -> None:
        self._is_stale = False
        self.pictures.refresh()
        self.queue.rebuild()

    def _set_wish(self, wish: Wish) -> None:
        self.queue.set_wish(wish)
        self._focus_image()

    # Tools.

    def take(self, name: str) -> None:
        """Takes a tool in hand, by the name of its action."""
        self.tool = name
        for other in SHAPES:
            self.actions_table.action(f"annotate.{other}").setChecked(other == name)
        self.parts.options.show_tool(name)
        self.parts.view.set_tool(self.tools[name])
        self._show_heat()
        self._status("")
        if name == "from_heat" and self.easel.look is not None:
            self.heat_tool.propose()

    def snap(self) -> None:
        """Draws the mask of the chosen type to the edges of the image."""
        self._end_stroke()
        if self.easel.pixels is not None:
            self.snapper.start(self.easel.pixels)

    def invert(self) -> None:
        """Paints what was not painted, and the other way round."""
        self._end_stroke()
        mask = self.easel.begin()
        if mask is not None:
            self.painting.touched(invert(mask))
            self.painting.finish("invert")

    def clear(self) -> None:
        """Erases all that is painted with the chosen type."""
        self._end_stroke()
        draft = self.painting.draft
        if draft is None or not draft.area:
            self._tell(self.tr("Nothing is painted with this type."))
            return
        self.snapper.cancel()
        self.painting.touched(clear(draft.mask))
        self.painting.finish("clear")

    def undo(self) -> None:
        """Takes back the newest stroke on this image."""
        self._end_stroke()
        if not self.painting.undo():
            self._tell(self.tr("There is no stroke to undo on this image."))

    def redo(self) -> None:
        """Gives again the stroke that was undone last."""
        self._end_stroke()
        if not self.painting.redo():
            self._tell(self.tr("There is no stroke to redo on this image."))

    def _end_stroke(self) -> None:
        self.snapper.cancel()
        self.parts.view.end_stroke()

    def _apply(self) -> None:
        self.heat_tool.accept()
        self._focus_image()

    def _set_size(self, pixels: int) -> None:
        self.parts.view.set_brush(pixels)
        self.session.preferences.set_text("annotate.size", str(pixels))

    def _set_opacity(self, percent: int) -> None:
        self.masks.set_opacity(percent / 100)
        self.session.preferences.set_text("annotate.opacity", str(percent))

    def _choose_place(self, number: int) -> None:
        types = self.painting.types
        if number <= len(types):
            self._choose_type(types[number - 1].type_id)

    def _choose_type(self, type_id: int) -> None:
        self._end_stroke()  # what has grown from the heat map belongs to the type before
        self.painting.choose_type(type_id)
        if self.tool == "from_heat":
            self.heat_tool.propose()

    # What is shown.

    def _show_queue(self) -> None:
        self.parts.bar.show_wish(self.queue.wish, self.session.library.images.class_names)

    def _show_current(self) -> None:
        self.parts.filmstrip.show_queue(len(self.queue), self.queue.position)
        self._show_progress()
        self.stage.show_current()
        self.parts.bar.setVisible(len(self.session.library.images) > 0)
        if self.queue.current is None:
            self.parts.show_empty(
                empty_state(self.session, self.queue, lambda: self._set_wish(Wish()))
            )
            return
        was_empty = self.parts.empty is not None
        self.parts.show_work()
        if was_empty and self._is_active:
            self._focus_image()  # the keyboard was on what is gone now

    def _on_shown(self) -> None:
        look = self.easel.look
        self.parts.options.set_heat(look is not None and look.anomaly_map is not None)
        self._show_painted()
        if self.tool == "from_heat":
            self.heat_tool.propose()

    def _on_stroke(self) -> None:
        self.parts.options.say()
        self.parts.filmstrip.update()
        self._show_progress()
        self._show_painted()

    def _on_snapped(self, text: str) -> None:
        self.parts.options.end_progress()
        if text:
            self._tell(text)

    def _show_progress(self) -> None:
        queue = self.queue
        self.parts.bar.show_progress(queue.position, len(queue), queue.n_annotated)

    def _show_types(self) -> None:
        self.parts.types.show_types(self.painting.types, self.painting.type_id)
        self._show_painted()

    def _show_painted(self) -> None:
        """Area at once, the number of regions when it has been counted."""
        card, draft, active = self.parts.painted, self.painting.draft, self.painting.active
        card.name.setText(active.name if active is not None else self.tr("Painted"))
        if draft is None or not draft.area:
            card.area.setText("–")
            card.regions.setText("–")
            return
        percent = 100 * draft.area / draft.mask.size
        share = f"{percent:.2f} %" if percent >= 0.01 else "< 0.01 %"
        card.area.setText(f"{count(draft.area)} {self.tr('px')} · {share}")
        part = draft.mask[bounds_of(draft.mask).slices].copy()
        seen = (self.painting.type_id, self.painting.serial)

        def work(task: Task) -> int:
            return count_regions(part)

        def done(number: int) -> None:
            if seen == (self.painting.type_id, self.painting.serial):
                card.regions.setText(count(number))

        self.session.background.run(work, done, key="annotate.regions")

    def _show_heat(self) -> None:
        """The heat map is seen where it is switched on, and while a mask grows from it."""
        switched = self.actions_table.action("annotate.heat").isChecked()
        self.parts.view.set_heat_visible(switched or self.tool == "from_heat")

    def _small_picture(self, place: int, side: int) -> QPixmap | None:
        file = self.pictures.picture(int(self.queue.ids[place]))
        found = self.thumbnails.get(file, side) if file is not None else None
        return found if isinstance(found, QPixmap) else None

    def _mark_at(self, place: int) -> Mark | None:
        is_painted = int(self.queue.ids[place]) in self.painting.annotated
        return self.words.annotated if is_painted else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.snapper.is_busy:
            self.snapper.cancel()
        elif not event.modifiers() and Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9:
            self._choose_place(event.key() - int(Qt.Key.Key_0))
        else:
            super().keyPressEvent(event)

    def _focus_image(self) -> None:
        self.main_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    def _point(self, x: float, y: float) -> None:
        self._status(self.tr("x {x} · y {y}").format(x=int(x), y=int(y)))

    def _tell(self, text: str) -> None:
        """Says something beside the tool, where one looks, and in the status line."""
        self.parts.options.say(text)
        self._status(text)

    def _status(self, text: str) -> None:
        window = self.window()
        if isinstance(window, QMainWindow):
            window.statusBar().showMessage(text)
