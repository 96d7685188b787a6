"""Vocabulary and pure functions on numpy arrays. No torch, no Qt, no database."""
