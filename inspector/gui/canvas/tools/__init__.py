"""Tools to paint with, and the view that hands them the mouse."""
