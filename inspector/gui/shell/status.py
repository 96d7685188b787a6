"""The status line: messages of the pages, the running job, the active model, the device."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QStatusBar, QWidget

from inspector.gui.actions import ActionRegistry
from inspector.gui.icons import icon
from inspector.gui.jobs.job import Job
from inspector.gui.session import Session
from inspector.gui.shell import words
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, button, label


class JobStatus(QFrame):
    """The running job in a line; a click, Enter or the space bar opens the list of jobs."""

    def __init__(self, registry: ActionRegistry) -> None:
        super().__init__()
        self._action = registry.action("view.jobs")
        self.setProperty("role", "status-button")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(self._action.toolTip())
        self._title, self._stage = label(), label("", "muted")
        self._rate, self._left = label("", "muted"), label("", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        layout = QHBoxLayout(self)
        for widget in (
            IconLabel("processor", "accent", 1.0),
            self._title,
            self._stage,
            self.bar,
            self._rate,
            self._left,
        ):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        self._fit()

    def show_job(self, job: Job, n_waiting: int) -> None:
        """Shows how far a job is."""
        self._title.setText(job.title)
        stage = words.stage(job)
        if n_waiting:
            stage += " · " + self.tr("%n more waiting", "", n_waiting)
        self._stage.setText(stage)
        fraction = job.fraction
        self.bar.setRange(0, 0 if fraction is None else 1000)
        if fraction is not None:
            self.bar.setValue(round(1000 * fraction))
        self._rate.setText(words.rate(job))
        self._left.setText(words.time_left(job))
        self._left.setVisible(bool(self._left.text()))
        texts = (job.title, stage, self._left.text())
        self.setAccessibleName(", ".join(text for text in texts if text))

    def leave_out(self, count: int) -> None:
        """Drops the rate (1) and the stage (2) where room is short; the list of jobs has both."""
        self._rate.setVisible(bool(self._rate.text()) and count < 1)
        self._stage.setVisible(count < 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._action.trigger()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._action.trigger()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(em(self, 0.4), 0, em(self, 0.4), 0)
            layout.setSpacing(em(self, 0.4))
            self.bar.setFixedWidth(em(self, 5))


class StatusLine(QStatusBar):
    """Pages say things with `showMessage` on the left; what holds for all pages is on the right."""

    def __init__(self, session: Session, registry: ActionRegistry) -> None:
        super().__init__()
        self._session = session
        self.setSizeGripEnabled(False)
        self.job = JobStatus(registry)
        self.model = button("", "plain")
        self.model.setIcon(icon("models"))
        self.model.setProperty("role", "status")
        self.model.clicked.connect(registry.action("go.models").trigger)
        self.device = label("", "muted")
        for widget in (self.job, self.model, self.device):
            self.addPermanentWidget(widget)
        session.jobs.changed.connect(self._show_job)
        session.jobs.progressed.connect(self._show_job)
        session.project_changed.connect(self._show_model)
        session.scale.model_changed.connect(self._show_model)
        session.scale.threshold_changed.connect(self._show_model)
        self._show_job()
        self._show_model()

    def minimumSizeHint(self) -> QSize:
        """Long texts never make the window wider."""
        return QSize(em(self, 10), super().minimumSizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            QTimer.singleShot(0, self, self._fit)  # when all parts have the new font

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _show_job(self, *_: object) -> None:
        job = self._session.jobs.current
        self.job.setVisible(job is not None)
        if job is not None:
            self.job.show_job(job, len(self._session.jobs.waiting))
            self._fit()

    def _show_model(self) -> None:
        scale = self._session.scale
        has_project = self._session.project is not None
        self.setVisible(has_project)
        self.model.setVisible(has_project)
        self.device.setVisible(has_project)
        if scale.model is None or scale.card is None:
            self.model.setText(self.tr("No model yet"))
            self.model.setToolTip(self.tr("Train a model; it then scores all images."))
        else:
            threshold = self.tr("threshold {value}").format(value=_score(scale.threshold))
            parts = (scale.model.name, _variant(scale.variant), threshold)
            self.model.setText(" · ".join(parts))
            self.model.setToolTip(self.tr("The active model. Click to compare models."))
        device = scale.card.device if scale.card is not None else ""
        self.device.setText(
            self.tr("Device: {name}").format(name=_device(device) or words.UNDEFINED)
        )
        self.device.setToolTip(
            self.tr("What the active model was trained on.")
            if device
            else self.tr("Known once a model is trained.")
        )
        self._fit()

    def _fit(self) -> None:
        self.setContentsMargins(0, 0, em(self, 0.5), 0)
        widgets: tuple[QWidget, ...] = (self.job, self.model, self.device)
        for count in range(3):
            self.job.leave_out(count)
            wanted = sum(widget.sizeHint().width() for widget in widgets if not widget.isHidden())
            if wanted + em(self, 3) <= self.width():
                return


def _device(name: str) -> str:
    """A device as people write it; GPUs come with their own name."""
    return "CPU" if name == "cpu" else name


def _score(value: float) -> str:
    from inspector.core.words import score

    return score(value)


def _variant(name: str) -> str:
    from inspector.core.words import variant_label

    return variant_label(name)
