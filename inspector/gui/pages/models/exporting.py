"""Exporting a model from the window: which file, and by which scale it decides."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.errors import InspectorError
from inspector.gui.jobs.requests import ExportRequest
from inspector.gui.pages.models.facts import ModelFacts
from inspector.gui.session import Session
from inspector.gui.shell.new_project import documents
from inspector.jobs.export_formats import EXPORT_FORMATS
from inspector.project.active import deciding_of

_FOLDER = "models/export_folder"


def export_model(session: Session, facts: ModelFacts, parent: QWidget) -> None:
    """Asks for a file, then queues the export; the name tells the format."""
    project = session.project
    if project is None or facts.card is None:
        return
    preferences = session.preferences
    folder = Path(preferences.text(_FOLDER) or documents())
    kinds = {f"{known.title} (*{known.suffix})": known for known in EXPORT_FORMATS.values()}
    chosen, kind = QFileDialog.getSaveFileName(
        parent,
        QCoreApplication.translate("Models", "Export {name}").format(name=facts.model.name),
        str(folder / facts.model.name),
        ";;".join(kinds),
    )
    if not chosen:
        return
    file = Path(chosen)
    typed = [known for known in kinds.values() if known.suffix == file.suffix.lower()]
    format_ = typed[0] if typed else kinds.get(kind, EXPORT_FORMATS["onnx"])
    if not typed and format_.file(file).exists():  # the dialog has asked about another name
        session.notices.error(
            InspectorError(
                QCoreApplication.translate("Models", "'{file}' exists already.").format(
                    file=format_.file(file)
                ),
                QCoreApplication.translate("Models", "Choose it with its suffix to replace it."),
            )
        )
        return
    preferences.set_text(_FOLDER, str(file.parent))
    deciding = deciding_of(project, facts.model)
    session.jobs.add(
        ExportRequest(
            model_id=facts.model.model_id,
            name=facts.model.name,
            format=format_.name,
            to=str(file),
            variant=deciding.variant,
            threshold=deciding.threshold,
        )
    )
