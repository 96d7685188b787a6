"""What scoring on a cluster needs, known before anything starts."""

from __future__ import annotations

from importlib.util import find_spec

from inspector.errors import InspectorError

AUTO = "auto"
"""The cluster of this machine, or the one that RAY_ADDRESS names."""

EXTRA = "Install it with: pip install 'inspector-desktop[cluster]'"


def require_ray() -> None:
    """Raises InspectorError where Ray is not installed."""
    if find_spec("ray") is None:
        raise InspectorError("Scoring on a cluster needs Ray, which is not installed.", EXTRA)
