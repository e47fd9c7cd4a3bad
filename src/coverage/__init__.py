"""Sharecover: cover for shared things, for hours or days."""

__version__ = "0.1.0"
