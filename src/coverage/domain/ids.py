"""Ids that say what they name, sort by when they were made, and can't be guessed: `cov_01…`, 48 bits of time and 128 random."""

from __future__ import annotations

import re
from typing import Final

# Crockford's base 32: no letter that reads like a digit.
ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
RANDOM_BYTES: Final = 16
LENGTH: Final = 36  # 176 bits, five to a character

PREFIXES: Final = {
    "partner": "par", "insurer": "ins", "master_policy": "mpo", "credential": "key", "member": "mem", "quote": "quo",
    "cover": "cov", "transaction": "txn", "transfer": "tfr", "claim": "clm", "exposure": "exp", "document": "doc",
    "fact": "evt", "request": "req", "party": "pty", "hold": "hld", "terms": "trm",
    "payment": "pay", "refund": "ref", "dispute": "dsp", "change": "chg", "invoice": "inv", "invoice_line": "ivl",
    "balance_entry": "bal", "vehicle_row": "veh", "screening": "scr", "sanctions_list": "snl",
    "decision": "dec", "reserve": "rsv", "payout": "pyo",
    "webhook_endpoint": "whe", "webhook_delivery": "whd", "webhook_attempt": "wha",
}  # fmt: skip

# What bytes are kept under: names of folders and files below one folder, and nothing that leads out of it.
BLOB_NAME: Final = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)*")

_SHAPE: Final = re.compile(rf"([a-z]{{3}})_[{ALPHABET}]{{{LENGTH}}}")


def encode(noun: str, milliseconds: int, randomness: bytes) -> str:
    """The id of a new `noun` made at `milliseconds` since 1970, from 16 random bytes."""
    if len(randomness) != RANDOM_BYTES:
        raise ValueError(f"an id takes {RANDOM_BYTES} random bytes, found {len(randomness)}")
    number = milliseconds << (8 * RANDOM_BYTES) | int.from_bytes(randomness)
    digits = "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))
    return f"{PREFIXES[noun]}_{digits}"


def names(noun: str, text: str) -> bool:
    """Whether `text` has the shape of a `noun`'s id. What hasn't needs no look-up."""
    match = _SHAPE.fullmatch(text)
    return match is not None and match[1] == PREFIXES[noun]


def code(randomness: bytes, characters: int) -> str:
    """A code that people read and type, from random bytes: upper case, no look-alikes."""
    if len(randomness) * 8 < characters * 5:
        raise ValueError("too little randomness for that many characters")
    number = int.from_bytes(randomness)
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(characters)).upper()
