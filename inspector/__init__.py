"""Inspector: industrial visual inspection on one score scale."""

__version__ = "0.1.0"
