"""What scoring on a cluster needs, known before anything starts."""

from __future__ import annotations

from inspector.errors import InspectorError
from inspector.jobs.extras import install_hint, missing

AUTO = "auto"
"""The cluster of this machine, or the one that RAY_ADDRESS names."""


def require_ray() -> None:
    """Raises InspectorError where Ray is not installed."""
    if missing("cluster"):
        raise InspectorError(
            "Scoring on a cluster needs Ray, which is not installed.", install_hint("cluster")
        )
