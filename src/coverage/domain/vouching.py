"""What is said to whoever holds a certificate in their hands and wants to know whether it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Standing = Literal["valid", "not_yet", "ended", "cancelled", "replaced", "payment_disputed"]
# Of a signature: ours, and it holds for all of the file; ours, and the file was changed since; somebody else's.
Whose = Literal["ours", "changed", "others", "none"]


@dataclass(frozen=True, slots=True)
class SignatureFound:
    """A signature on a file: whose it is, and the SHA-256 of the file as it was signed, where that holds."""

    whose: Whose
    signed_sha256: str | None = None


def standing_of(
    now: datetime, starts_at: datetime, ends_at: datetime, *, cancelled: bool, replaced: bool, disputed: bool = False
) -> Standing:
    """How a certificate stands. What ended it for good comes before what time made of it."""
    if cancelled:
        return "cancelled"
    if replaced:
        return "replaced"
    if now >= ends_at:
        return "ended"
    if disputed:
        return "payment_disputed"
    return "not_yet" if now < starts_at else "valid"


def initials_of(name: str) -> str:
    """A name as who knows it recognises it, and who doesn't learns little: "Camille Dubois" is "C. D."."""
    return " ".join(f"{part[0].upper()}." for part in name.replace("-", " ").split())


def masked(value: str) -> str:
    """What identifies a thing, with the middle hidden: "GH-482-KV" is "GH•••••KV"; of a short one only the ends stay."""
    shown = 2 if len(value) >= 7 else 1
    if len(value) <= 2 * shown:
        return "•" * len(value)
    return value[:shown] + "•" * (len(value) - 2 * shown) + value[-shown:]
