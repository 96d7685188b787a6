"""One flat folder of images, of which nothing is known."""

from __future__ import annotations

from inspector.core.layouts.layout import Collected, Layout
from inspector.core.layouts.tree import Folder
from inspector.core.samples import Sample, Split, Truth


def _collect(root: Folder) -> Collected:
    return [Sample(path, "", Split.UNASSIGNED, Truth.UNKNOWN) for path in root.images], []


LAYOUT = Layout(
    id="flat",
    title="One flat folder",
    shape="all images in one folder",
    fits=lambda root: bool(root.images),
    collect=_collect,
    unwrap=False,
)
