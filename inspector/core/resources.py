"""Finds the files that come with the program: templates, icons, recipes."""

from __future__ import annotations

import sys
from pathlib import Path

from inspector.errors import InspectorError


def resource_path(*parts: str) -> Path:
    """The path of a resource, for example `resource_path("report", "report.html.jinja")`.

    Looks, in this order, into a frozen bundle, an installed wheel and a source checkout.

    Raises:
        InspectorError: The resource is in none of them.
    """
    for folder in _folders():
        path = folder.joinpath(*parts)
        if path.exists():
            return path
    raise InspectorError(
        f"The program's own file '{'/'.join(parts)}' is missing.",
        "The installation is incomplete; install the program again.",
    )


def _folders() -> list[Path]:
    package = Path(__file__).resolve().parents[1]
    bundle = getattr(sys, "_MEIPASS", None)  # set by PyInstaller
    bundled = [] if bundle is None else [Path(bundle) / "inspector" / "_resources"]
    return [*bundled, package / "_resources", package.parent / "resources"]
