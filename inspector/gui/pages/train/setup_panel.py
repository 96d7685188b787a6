"""What to train: method, backbone, preset, parameters; how long it will take; start."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.jobs.requests import TrainRequest
from inspector.gui.pages.train import readiness
from inspector.gui.pages.train.choosers import BackboneChooser, Chooser, Option
from inspector.gui.pages.train.estimate_line import EstimateLine
from inspector.gui.pages.train.readiness import Situation
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.widgets.basics import Segments, button, column, label, row
from inspector.gui.widgets.parameter_form import ParameterForm
from inspector.gui.widgets.split_banner import SplitBanner
from inspector.jobs.backbones import KNOWN_BACKBONES, weights_origin
from inspector.jobs.catalogue import METHODS, Method, Preset, resolve_parameters
from inspector.jobs.fields import ALIGNMENT, COMMON, fields_of, values_of
from inspector.jobs.fields import METHOD as OWN
from inspector.project.estimates import Asked

_SETTING = "train_choice"
_TYPING_MS = 300


class _Choice(msgspec.Struct):
    """What was chosen last in a project."""

    method: str = ""
    preset: str = ""
    changes: dict[str, Any] = msgspec.field(default_factory=dict)
    device: str = "auto"
    precision: str = "auto"


class SetupPanel(QWidget):
    """Collects a `TrainRequest`; what it holds is always either startable or explained."""

    wanted = Signal(object)  # TrainRequest
    import_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._origins: dict[str, str | None] = {}
        methods = [Option(m.name, m.title, m.sentence) for m in METHODS.values()]
        self.methods = Chooser(methods, self.tr("Method"))
        self.methods.set_value(methods[0].value)
        self.methods.chosen.connect(self._on_method)
        self.backbones = BackboneChooser()
        self.backbones.chosen.connect(self._on_backbone)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._find_weights)
        self._presets_place = QVBoxLayout()
        self._form_place = QVBoxLayout()
        self._of_method: list[QWidget] = []
        self.presets: Segments
        self.form: ParameterForm
        self._preset_sentence = label("", "muted", wrap=True)
        self.more = button(self.tr("All parameters"), "", "chevron-down")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._on_more)
        self._more_box = QWidget()
        self._more_box.hide()
        self.device = _combo(self.tr("Device"), ("auto", "cpu", "cuda", "mps"))
        self.precision = _combo(self.tr("Precision"), ("auto", "float32", "bfloat16"))
        for combo in (self.device, self.precision):
            combo.activated.connect(self._refresh)
        self.split = SplitBanner(session.split)
        self.estimate = EstimateLine(session)
        self.reason = label("", "error", wrap=True)
        self.caution = label("", "muted", wrap=True)
        self.import_button = button(self.tr("Open folder of images…"), "", "folder-open")
        self.import_button.clicked.connect(self.import_wanted)
        self.start = button(self.tr("Start training"), "primary")
        self.start.clicked.connect(self.ask)
        self._area = QScrollArea()
        self._reveals = False
        self._assemble()
        self._show_method()
        session.library.images_changed.connect(self._refresh)
        session.jobs.changed.connect(self._refresh)
        session.split.changed.connect(self._refresh)
        session.runs_changed.connect(self.estimate.forget)
        session.project_changed.connect(self._on_project)
        self._on_project()

    @property
    def method(self) -> Method:
        """The chosen method."""
        return METHODS[self.methods.value]

    @property
    def request(self) -> TrainRequest:
        """What is asked for, as it stands."""
        changes = dict(self.form.changes)
        if self.backbones.name != self._base()["backbone"]:
            changes["backbone"] = self.backbones.name
        return TrainRequest(
            method=self.method.name,
            preset=self.presets.value,
            changes=changes,
            device=str(self.device.currentData()),
            precision=str(self.precision.currentData()),
            split=self._session.split.name,
        )

    def find_weights(self) -> None:
        """Looks again which weights are on this machine."""
        self._find_weights()

    def ask(self) -> None:
        """Wants the training, or leads to what hinders it."""
        self._refresh()
        if readiness.obstacle(self._situation()) or self._unfit():
            if self.form.problems:
                self.more.setChecked(True)
                self.form.focus_problem()
            return
        request = self.request
        self._keep(request)
        self.wanted.emit(request)

    def _assemble(self) -> None:
        self._presets_place.setContentsMargins(0, 0, 0, 0)
        self._form_place.setContentsMargins(0, 0, 0, 0)
        computing = QGridLayout(self._more_box)
        computing.setContentsMargins(0, 0, 0, 0)
        computing.setHorizontalSpacing(em(self, 0.6))
        computing.addWidget(label(self.tr("Device")), 0, 0)
        computing.addWidget(self.device, 0, 1)
        computing.addWidget(label(self.tr("Precision")), 1, 0)
        computing.addWidget(self.precision, 1, 1)
        computing.setColumnStretch(0, 1)
        computing.addLayout(self._form_place, 2, 0, 1, 2)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, em(self, 0.6), 0)
        layout.setSpacing(em(self, 0.45))
        layout.addWidget(label(self.tr("Method"), "section"))
        layout.addWidget(self.methods)
        layout.addSpacing(em(self, 0.4))
        layout.addWidget(label(self.tr("Preset"), "section"))
        layout.addLayout(self._presets_place)
        layout.addWidget(self._preset_sentence)
        layout.addSpacing(em(self, 0.4))
        layout.addWidget(label(self.tr("Backbone"), "section"))
        layout.addWidget(self.backbones)
        layout.addSpacing(em(self, 0.4))
        layout.addWidget(self.more)
        layout.addWidget(self._more_box)
        layout.addStretch(1)
        area = self._area
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        inside.setAutoFillBackground(False)
        area.viewport().setAutoFillBackground(False)
        self._import_row = row(self.import_button, None)
        footer = column(
            self.split, self.caution, self.reason, self._import_row, self.estimate, self.start
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(em(self, 0.6))
        outer.addWidget(area, 1)
        outer.addWidget(footer)

    def _show_method(self) -> None:
        """Presets and form of the chosen method."""
        method = self.method
        self.presets = Segments(
            [(preset.name, preset.name.capitalize()) for preset in method.presets],
            self.tr("Preset"),
        )
        self.presets.chosen.connect(self._on_preset)
        fields = [field for field in fields_of(method) if field.name != "backbone"]
        titles = {
            OWN: method.title,
            ALIGNMENT: self.tr("Alignment"),
            COMMON: self.tr("In general"),
        }
        self.form = ParameterForm(fields, titles)
        self.form.set_base(self._base())
        self.form.changed.connect(self._refresh)
        for place, made in ((self._presets_place, self.presets), (self._form_place, self.form)):
            for old in self._of_method:
                place.removeWidget(old)
            place.addWidget(made)
        for old in self._of_method:
            old.hide()
            old.deleteLater()
        self._of_method = [self.presets, self.form]
        self._show_preset()

    def _preset(self) -> Preset:
        chosen = self.presets.value
        return next(preset for preset in self.method.presets if preset.name == chosen)

    def _base(self) -> dict[str, Any]:
        resolved = resolve_parameters(self.method, self.presets.value, {})
        return values_of(self.method, resolved)

    def _show_preset(self) -> None:
        self._preset_sentence.setText(self._preset().sentence)
        base = self._base()
        self.form.set_base(base)
        self.backbones.offer(self.method.kinds)
        self.backbones.set_name(base["backbone"])
        self._find_weights()

    def _situation(self) -> Situation:
        library, split = self._session.library, self._session.split.split
        n_images = int(library.images.is_training.sum())
        return Situation(
            has_project=self._session.project is not None,
            is_loading=library.is_loading,
            n_images=sum(split.counts.values()) if split is not None else n_images,
            backbone=self.backbones.name,
            problems=self.form.problems,
            has_weights=self._origins.get(self.backbones.name, "") is not None,
            split_fits=not self._session.split.problem,
        )

    def _refresh(self) -> None:
        situation = self._situation()
        has_images = situation.n_images > 0
        for name, made in self.methods.cards.items():
            what = METHODS[name].needs
            needs = self.tr("Needs {what}").format(what=what[:1].lower() + what[1:])
            look = ("check", "ok") if has_images else ("warning", "unsure")
            made.set_note(needs, "", *look)
        reason = readiness.obstacle(situation) or self._unfit()
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason) and not situation.is_loading)
        self.caution.setText(readiness.caution(situation))
        self.caution.setVisible(bool(self.caution.text()) and not reason)
        self._import_row.setVisible(
            situation.has_project and not situation.is_loading and situation.n_images == 0
        )
        self.start.setEnabled(not reason)
        busy = self._session.jobs.current is not None
        self.start.setText(self.tr("Add to the queue") if busy else self.tr("Start training"))
        changed = len(self.form.changes) + len(self.form.problems)
        self.more.setText(
            self.tr("All parameters ({count} changed)").format(count=changed)
            if changed
            else self.tr("All parameters")
        )
        if reason:
            self.estimate.show_nothing(situation.n_images)
            return
        request = self.request
        parameters = resolve_parameters(self.method, request.preset, request.changes)
        self.estimate.show_for(
            Asked(
                request.method,
                parameters,
                situation.n_images,
                request.device,
                request.precision,
            )
        )

    def _unfit(self) -> str:
        """Why values that are valid each do not go together; empty where they do."""
        request = self.request
        try:
            resolve_parameters(self.method, request.preset, request.changes)
        except InspectorError as error:
            return f"{error.message} {error.hint}"
        return ""

    def _find_weights(self) -> None:
        names = {known.name for known in KNOWN_BACKBONES} | {self.backbones.name}

        def work(task: Task) -> dict[str, str | None]:
            return {name: weights_origin(name) for name in names if name}

        def done(origins: dict[str, str | None]) -> None:
            if not isValid(self):  # the page was closed meanwhile
                return
            self._origins = origins
            self.backbones.show_origins(origins)
            self._refresh()

        self._session.background.run(work, done, key="train.weights")
        self._refresh()

    def _on_method(self) -> None:
        self._show_method()

    def _on_preset(self) -> None:
        self._show_preset()

    def _on_backbone(self) -> None:
        self._typing.start()
        self._refresh()

    def _on_more(self, shown: bool) -> None:
        self._more_box.setVisible(shown)
        from inspector.gui.icons import icon

        self.more.setIcon(icon("chevron-up" if shown else "chevron-down"))

    def _on_project(self) -> None:
        """What was chosen last in this project."""
        self.estimate.forget()
        project = self._session.project
        kept = project.get_setting(_SETTING, _Choice, _Choice()) if project else _Choice()
        if kept.method in METHODS:
            self.methods.set_value(kept.method)
            self._show_method()
            self.presets.set_value(kept.preset)
            self._show_preset()
            self.form.set_changes(kept.changes)
            self.backbones.set_name(str(kept.changes.get("backbone", self._base()["backbone"])))
            _choose(self.device, kept.device)
            _choose(self.precision, kept.precision)
        self._find_weights()
        self._reveals = True
        if self.isVisible():
            self._reveal_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._reveal_soon()

    def _reveal_soon(self) -> None:
        """Scrolls to the method that a project brings along, once the cards have their places."""
        if self._reveals:
            self._reveals = False
            QTimer.singleShot(0, self, self._reveal)

    def _reveal(self) -> None:
        if self.methods.value:
            self._area.ensureWidgetVisible(self.methods.cards[self.methods.value])

    def _keep(self, request: TrainRequest) -> None:
        if self._session.project is not None:
            choice = _Choice(
                request.method, request.preset, request.changes, request.device, request.precision
            )
            self._session.project.set_setting(_SETTING, choice)


def _combo(name: str, values: tuple[str, ...]) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    for value in values:
        made.addItem(value, value)
    return made


def _choose(combo: QComboBox, value: str) -> None:
    combo.setCurrentIndex(max(combo.findData(value), 0))
