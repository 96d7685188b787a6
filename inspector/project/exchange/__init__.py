"""Painted masks in and out of a project, in formats of other programs."""
