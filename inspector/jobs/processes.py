"""Splitting the images of a step over several processes."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import fields

from inspector.errors import InspectorError


def check_split(parameters: Struct, processes: int) -> None:
    """Raises InspectorError where a method's batches cannot be split evenly over processes."""
    for field in fields(parameters):
        if field.name.endswith("batch_size") and getattr(parameters, field.name) % processes:
            raise uneven(getattr(parameters, field.name), processes, field.name)


def uneven(images: int, processes: int, parameter: str = "batch_size") -> InspectorError:
    """What to say of a batch that cannot be split evenly."""
    more = -(-images // processes) * processes
    return InspectorError(
        f"The {images} images of a step cannot be split evenly over {processes} processes.",
        f"Use a {parameter} that {processes} divides, such as {more}, or another number of "
        "processes.",
    )
