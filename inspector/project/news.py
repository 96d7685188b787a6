"""What is new in a project since a model was trained: images, painted masks, muted patches."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.core.samples import is_normal_for_training
from inspector.errors import InspectorError
from inspector.jobs.bank_file import read_muted
from inspector.jobs.catalogue import METHODS
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class News:
    """Counts, all 0 where nothing is new.

    Attributes:
        masks: Painted masks that the model has not learned: new or changed since, those still
            being painted too.
        masks_gone: Masks that it has learned and that are not there any more, or are changed.
        images: Usable images that it has not seen.
        normal: Good ones among them, to learn what is normal from.
        images_gone: Images that it has seen and that are not there any more.
        muted: Entries of its banks that are muted.
        learns_masks: Whether its method learns from painted defects. Where it does not, a mask only
            takes its image out of what is learned as normal.
    """

    masks: int = 0
    masks_gone: int = 0
    images: int = 0
    normal: int = 0
    images_gone: int = 0
    muted: int = 0
    learns_masks: bool = False

    @property
    def is_any(self) -> bool:
        """Whether training again would learn something else."""
        return any((self.masks, self.masks_gone, self.images, self.images_gone, self.muted))


def news_since(project: Project, model: ModelRow) -> News:
    """What is new since a model was trained. Reads files: not for a GUI thread.

    Raises:
        InspectorError: The snapshot that it was trained on cannot be read.
    """
    if model.snapshot_id is None:
        raise InspectorError(
            f"It is not known which images the model '{model.name}' was trained on.",
            "Train a new model instead.",
        )
    before = project.snapshot(model.snapshot_id)
    method = METHODS.get(model.method)
    usable = [r for i in project.images() if (r := i.record).problem is None and r.sha256]
    known = {entry.sha256 for entry in before.entries}
    fresh = [record for record in usable if record.sha256 not in known]
    learned, present = _learned_masks(before), project.painted_masks()
    return News(
        masks=len(present - learned),
        masks_gone=len(learned - present),
        images=len(fresh),
        normal=sum(is_normal_for_training(record.split, record.truth) for record in fresh),
        images_gone=len(known - {record.sha256 for record in usable}),
        muted=len(read_muted(model.folder)),
        learns_masks=method is not None and method.learns_from_defects,
    )


def _learned_masks(snapshot: Snapshot) -> frozenset[tuple[int, str]]:
    """(image id, SHA-256) of each painted mask in it."""
    return frozenset(
        (entry.image_id, mask.sha256) for entry in snapshot.entries for mask in entry.annotations
    )
