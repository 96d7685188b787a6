"""Packages that the text side of a model needs: known before a training starts, without torch."""

from __future__ import annotations

from inspector.errors import InspectorError
from inspector.jobs.backbones import OPENCLIP_PREFIX
from inspector.jobs.extras import SENTENCE_PACKAGE, install_hint, not_found


def missing_packages(backbone: str, *, names_classes: bool) -> tuple[str, ...]:
    """What is not installed of what a training needs.

    Args:
        backbone: Its name; an image/text model needs open_clip whatever the method.
        names_classes: Whether the method names classes in words, as LTAD does.
    """
    if backbone.startswith(OPENCLIP_PREFIX):
        return not_found(("open_clip",))
    return not_found((SENTENCE_PACKAGE, "tokenizers")) if names_classes else ()


def require_packages(backbone: str, *, names_classes: bool) -> None:
    """Raises InspectorError where something is missing; see `missing_packages`."""
    if not missing_packages(backbone, names_classes=names_classes):
        return
    if backbone.startswith(OPENCLIP_PREFIX):
        raise without_open_clip(backbone)
    raise without_sentence_encoder()


def without_open_clip(backbone: str) -> InspectorError:
    """The error for an image/text model where open_clip is not installed."""
    return InspectorError(
        f"The backbone '{backbone}' needs open_clip, which is not installed.", install_hint("ltad")
    )


def without_sentence_encoder() -> InspectorError:
    """The error for class names where nothing is installed that reads them."""
    return InspectorError(
        "LTAD names classes with a sentence encoder that is not installed.", install_hint("ltad")
    )
