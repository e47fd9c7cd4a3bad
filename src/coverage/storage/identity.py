"""New ids and codes. Here because they need the time and randomness, which the domain never asks for."""

from __future__ import annotations

import secrets
import time

from coverage.domain import ids


def new_id(noun: str) -> str:
    """A new id for a `noun` of `domain.ids.PREFIXES`."""
    return ids.encode(noun, time.time_ns() // 1_000_000, secrets.token_bytes(ids.RANDOM_BYTES))


def new_code(characters: int) -> str:
    """A new code for people to read and type, five random bits to a character."""
    return ids.code(secrets.token_bytes(characters), characters)
