"""Sharecover: cover for shared things, for hours or days."""
