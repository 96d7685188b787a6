"""Below the table: one model in detail, or the chosen ones beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from inspector.gui.notify import Notices
from inspector.gui.pages.models.card_text import as_json, as_text
from inspector.gui.pages.models.card_view import CardView
from inspector.gui.pages.models.classes import ClassMatrix, ClassTable
from inspector.gui.pages.models.comparison import Differences, MetricComparison
from inspector.gui.pages.models.curves import TrainingCurves
from inspector.gui.pages.models.facts import ModelFacts
from inspector.gui.pages.models.naming.features_view import FeaturesView
from inspector.gui.pages.models.naming.names_view import NamesView
from inspector.gui.pages.models.naming.reading import NameReader
from inspector.gui.session import Session
from inspector.gui.widgets.basics import button, label, row


class ModelDetails(QWidget):
    """Card, classes and curves of one model; where it has learned names, those and its features."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._notices: Notices = session.notices
        self._facts: ModelFacts | None = None
        self.report = button(self.tr("Open report"), icon_name="external")
        self.folder = button(self.tr("Show folder"), icon_name="folder-open")
        self.copy_text = button(self.tr("Copy"), icon_name="copy")
        self.copy_json = button(self.tr("Copy JSON"), icon_name="copy")
        self.copy_text.setToolTip(self.tr("Copies the model card as text"))
        self.copy_json.setToolTip(self.tr("Copies the model card and the metrics as JSON"))
        self.report.clicked.connect(self._open_report)
        self.folder.clicked.connect(self._show_folder)
        self.copy_text.clicked.connect(lambda: self._copy(as_text))
        self.copy_json.clicked.connect(lambda: self._copy(as_json))
        self.card = CardView()
        self.classes = ClassTable()
        self.curves = TrainingCurves(session.background)
        self._reader = NameReader(session.background)
        self.names = NamesView(self._reader)
        self.features = FeaturesView(self._reader, session.background)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.card, self.tr("Card"))
        self.tabs.addTab(self.classes, self.tr("Classes"))
        self.tabs.addTab(self.curves, self.tr("Curves"))
        self.tabs.addTab(self.names, self.tr("Names"))
        self.tabs.addTab(self.features, self.tr("Features"))
        for view, tip in (
            (self.curves, self.tr("Training curves")),
            (self.names, self.tr("What the model calls each class")),
            (self.features, self.tr("Real and synthesised features as a map")),
        ):
            self.tabs.setTabToolTip(self.tabs.indexOf(view), tip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        buttons = row(self.report, self.folder, self.copy_text, self.copy_json)
        self.tabs.setCornerWidget(buttons)
        layout.addWidget(self.tabs, 1)

    def show_facts(self, facts: ModelFacts) -> None:
        """Shows another model."""
        self._facts = facts
        self.tabs.setAccessibleName(facts.model.name)
        report = facts.evaluated.report if facts.evaluated else None
        self.report.setEnabled(report is not None)
        self.report.setToolTip(
            str(report) if report else self.tr("There is a report once the model is evaluated.")
        )
        self.folder.setToolTip(str(facts.model.folder))
        for copy in (self.copy_text, self.copy_json):
            copy.setEnabled(facts.card is not None)
        self.card.show_facts(facts)
        self.classes.show_facts(facts)
        self.curves.show_models([facts])
        for view in (self.names, self.features):
            self.tabs.setTabVisible(self.tabs.indexOf(view), facts.has_names)
        self._reader.set_facts(facts)

    def _open_report(self) -> None:
        if self._facts is not None and self._facts.evaluated is not None:
            file = self._facts.evaluated.report
            if file is not None:
                self._open(str(file))

    def _show_folder(self) -> None:
        if self._facts is not None:
            self._open(str(self._facts.model.folder))

    def _open(self, path: str) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(path)):
            self._notices.warning(
                self.tr("The system has no program to open this with."),
                self.tr("It lies here: {path}").format(path=path),
            )

    def _copy(self, written: object) -> None:
        if self._facts is not None and self._facts.card is not None and callable(written):
            QGuiApplication.clipboard().setText(written(self._facts, self._facts.card))
            self._notices.info(self.tr("The model card is copied."))


class ModelComparison(QWidget):
    """Metrics, classes, curves and differences of the chosen models."""

    decision_wanted = Signal(int, int)  # ids of the older and the newer of two models

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._models: Sequence[ModelFacts] = ()
        self._title = label("", "muted")
        self.decide = button(self.tr("Compare image by image"), icon_name="compare")
        self.decide.setToolTip(
            self.tr("What changes if the newer model takes the older one's place")
        )
        self.decide.clicked.connect(self._ask_decision)
        self.metrics = MetricComparison()
        self.matrix = ClassMatrix()
        self.curves = TrainingCurves(session.background)
        self.differences = Differences()
        self.tabs = QTabWidget()
        self.tabs.addTab(self.metrics, self.tr("Metrics"))
        self.tabs.addTab(self.matrix, self.tr("Classes"))
        self.tabs.addTab(self.curves, self.tr("Curves"))
        self.tabs.addTab(self.differences, self.tr("Differences"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._title.setMinimumHeight(self.tabs.tabBar().sizeHint().height())
        self.tabs.setCornerWidget(row(self._title, self.decide))
        layout.addWidget(self.tabs, 1)

    def show_models(self, models: Sequence[ModelFacts]) -> None:
        """Compares other models."""
        self._models = models
        self._title.setText(self.tr("Comparing {n} models").format(n=len(models)))
        self.decide.setVisible(len(models) == 2 and all(facts.n_scored for facts in models))
        self.metrics.show_models(models)
        self.matrix.show_models(models)
        self.curves.show_models(models)
        self.differences.show_models(models)

    def _ask_decision(self) -> None:
        old, new = sorted(facts.model.model_id for facts in self._models)
        self.decision_wanted.emit(old, new)


class Details(QStackedWidget):
    """Follows the choice: nothing, one model, or several."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._models: list[ModelFacts] = []
        self.one = ModelDetails(session)
        self.several = ModelComparison(session)
        self._nothing = label(
            self.tr("Choose a model to see its details, or several to compare them."), "muted"
        )
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for widget in (self._nothing, self.one, self.several):
            self.addWidget(widget)

    def show_models(self, models: Sequence[ModelFacts]) -> None:
        """Shows what is chosen; leaves all as it is where nothing about it is new."""
        if list(models) == self._models:
            return
        self._models = list(models)
        if len(models) == 1:
            self.one.show_facts(models[0])
            self.setCurrentWidget(self.one)
        elif models:
            self.several.show_models(models)
            self.setCurrentWidget(self.several)
        else:
            self.setCurrentWidget(self._nothing)
