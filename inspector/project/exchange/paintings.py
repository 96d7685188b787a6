"""What goes in and out: masks by image and defect type, checked before anything is kept of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.core.masks import Mask, decode_mask, encode_mask
from inspector.errors import InspectorError
from inspector.project.defect_types import name_key
from inspector.project.exchange.images import KnownImage


@dataclass(frozen=True, slots=True)
class Painting:
    """What is painted on one image with one defect type.

    Attributes:
        image: The image.
        defect_type: Name of the defect type.
        png: The mask, of the image's size and not empty, as `core.masks.encode_mask` gives it:
            thousands of masks would not fit into memory otherwise.
    """

    image: KnownImage
    defect_type: str
    png: bytes

    @property
    def mask(self) -> Mask:
        """The mask, (H, W)."""
        return decode_mask(self.png)


class Collection:
    """The masks found in a file or folder, united where several are of one image and type."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], Painting] = {}

    def paintings(self) -> tuple[Painting, ...]:
        """All that was found, in the order of the images' numbers."""
        return tuple(self._found[key] for key in sorted(self._found))

    def add(self, image: KnownImage, defect_type: str, mask: Mask, file: Path, part: str) -> None:
        """Keep a mask, having checked it.

        Args:
            image: What it was painted on.
            defect_type: Name of the defect type.
            mask: (H, W).
            file: Where it was found.
            part: Which one it is in that file, such as "shape 2"; empty where it is the file.

        Raises:
            InspectorError: It is of another size than the image, or empty, or has no type.
        """
        what = f"The mask '{file}'" if not part else f"In '{file}', {part}"
        if image.size is None or mask.shape != image.size:
            height, width = image.size or (0, 0)
            raise InspectorError(
                f"{what} is {mask.shape[1]}×{mask.shape[0]} pixels, but its image '{image.path}' "
                f"is {width}×{height}.",
                "Export the mask at the size of the image, turned the same way.",
            )
        if not mask.any():
            raise InspectorError(
                f"{what} is empty: no pixel of '{image.path}' is painted.",
                "Remove it, or paint the defect.",
            )
        if not name_key(defect_type):
            raise InspectorError(
                f"{what} names no type of defect.", "Give it one, such as 'scratch'."
            )
        key = (image.image_id, name_key(defect_type))
        if key in self._found:
            mask = mask | self._found[key].mask
        self._found[key] = Painting(image, defect_type, encode_mask(mask))


def check_size(size: tuple[int, int], image: KnownImage, file: Path) -> tuple[int, int]:
    """The image's (height, width), which a file must give as `size` where it gives one at all.

    Asked before masks are made of it: a number in a file must not fill the memory.

    Raises:
        InspectorError: They differ.
    """
    assert image.size is not None  # `Images.only` has seen to it
    if size not in ((0, 0), image.size):
        raise InspectorError(
            f"'{file}' was made for an image of {size[1]}×{size[0]} pixels, but '{image.path}' is "
            f"{image.size[1]}×{image.size[0]}.",
            "Export the masks at the size of the image, turned the same way.",
        )
    return image.size
