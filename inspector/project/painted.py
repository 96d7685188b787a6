"""The part of the project's façade that is about painted defects."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from inspector.core.masks import Mask, Patch
from inspector.project import annotations as versions
from inspector.project import defect_types, strokes
from inspector.project.annotations import Annotation
from inspector.project.database import Database
from inspector.project.defect_types import DefectType
from inspector.project.exchange import transfer
from inspector.project.exchange.transfer import AnnotationExport, AnnotationImport, Format
from inspector.project.strokes import Stroke
from inspector.project.verdicts import Trace, Verdict


class Painted:
    """What `Project` can do with painted defects; `Project` itself opens the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def defect_types(self) -> tuple[DefectType, ...]:
        """See `defect_types.list_defect_types`."""
        return defect_types.list_defect_types(self._database)

    def add_defect_type(
        self, name: str, colour: str | None = None, pattern: str | None = None
    ) -> DefectType:
        """See `defect_types.add_defect_type`."""
        return defect_types.add_defect_type(self._database, name, colour, pattern)

    def change_defect_type(
        self,
        type_id: int,
        name: str | None = None,
        colour: str | None = None,
        pattern: str | None = None,
    ) -> DefectType:
        """See `defect_types.change_defect_type`."""
        return defect_types.change_defect_type(self._database, type_id, name, colour, pattern)

    def remove_defect_type(self, type_id: int) -> None:
        """See `defect_types.remove_defect_type`."""
        defect_types.remove_defect_type(self._database, type_id)

    def working_masks(self, image_id: int) -> dict[int, Mask]:
        """See `strokes.working_masks`."""
        return strokes.working_masks(self._database, image_id)

    def annotated_image_ids(self) -> frozenset[int]:
        """See `strokes.annotated_image_ids`."""
        return strokes.annotated_image_ids(self._database)

    def painted_masks(self) -> frozenset[tuple[int, str]]:
        """See `strokes.painted_masks`."""
        return strokes.painted_masks(self._database)

    def add_stroke(
        self, image_id: int, type_id: int, patch: Patch, tool: str, operator: str
    ) -> Stroke:
        """See `strokes.add_stroke`."""
        return strokes.add_stroke(self._database, image_id, type_id, patch, tool, operator)

    def set_mask(
        self, image_id: int, type_id: int, mask: Mask, tool: str, operator: str
    ) -> Stroke | None:
        """See `strokes.set_mask`."""
        return strokes.set_mask(self._database, image_id, type_id, mask, tool, operator)

    def undo_stroke(self, image_id: int) -> Stroke | None:
        """See `strokes.undo_stroke`."""
        return strokes.undo_stroke(self._database, image_id)

    def redo_stroke(self, image_id: int) -> Stroke | None:
        """See `strokes.redo_stroke`."""
        return strokes.redo_stroke(self._database, image_id)

    def stroke_counts(self, image_id: int) -> tuple[int, int]:
        """See `strokes.stroke_counts`."""
        return strokes.stroke_counts(self._database, image_id)

    def strokes(self, image_id: int) -> tuple[Stroke, ...]:
        """See `strokes.strokes`."""
        return strokes.strokes(self._database, image_id)

    def cut_versions(
        self, image_id: int | None = None, operator: str | None = None
    ) -> tuple[Annotation, ...]:
        """See `annotations.cut_versions`."""
        return versions.cut_versions(self._database, image_id, operator)

    def add_annotation(
        self,
        image_id: int,
        type_id: int,
        mask: Mask,
        operator: str,
        tool: str,
        verdict: Verdict | None = None,
        trace: Trace | None = None,
    ) -> Annotation | None:
        """See `annotations.add_annotation`."""
        return versions.add_annotation(
            self._database, image_id, type_id, mask, operator, tool, verdict, trace
        )

    def annotations(self, image_id: int | None = None) -> tuple[Annotation, ...]:
        """See `annotations.list_annotations`."""
        return versions.list_annotations(self._database, image_id)

    def annotation_contents(self, annotation_ids: Collection[int]) -> frozenset[tuple[int, str]]:
        """See `annotations.contents_of`."""
        return versions.contents_of(self._database, annotation_ids)

    def annotation_history(self, image_id: int) -> tuple[Annotation, ...]:
        """See `annotations.annotation_history`."""
        return versions.annotation_history(self._database, image_id)

    def annotation_mask(self, annotation_id: int) -> Mask:
        """See `annotations.annotation_mask`."""
        return versions.annotation_mask(self._database, annotation_id)

    def import_annotations(
        self, path: Path, operator: str, format: Format | None = None
    ) -> AnnotationImport:
        """See `exchange.transfer.import_annotations`."""
        return transfer.import_annotations(self._database, path, operator, format)

    def export_annotations(
        self,
        target: Path,
        format: Format,
        image_ids: Collection[int] | None = None,
        polygons: bool = False,
    ) -> AnnotationExport:
        """See `exchange.transfer.export_annotations`."""
        return transfer.export_annotations(self._database, target, format, image_ids, polygons)
