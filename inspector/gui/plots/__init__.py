"""Plots made for this program: score distributions and training curves."""
