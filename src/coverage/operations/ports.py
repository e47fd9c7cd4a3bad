"""What the operations need of the world outside, as they need it. `assembly` plugs the gateways in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from coverage.domain.chain import Anchor


class Keyring(Protocol):
    """Keys that never lie in the database."""

    def wrap(self, key: bytes, place: str) -> bytes:
        """`key` wrapped under the master key, for `place`."""
        ...

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        """What was wrapped for `place`; raises `Unavailable` when this keyring can't open it."""
        ...

    def fingerprint(self, purpose: str, text: str) -> bytes:
        """HMAC-SHA-256 of `text` under the pepper for `purpose`: equal texts match, and none can be guessed back."""
        ...


class Documents(Protocol):
    """Renders documents."""

    def render(self, template: str, language: str, values: Mapping[str, object]) -> bytes:
        """The PDF of a template; raises `Unavailable` where rendering fails or takes too long."""
        ...


class Blobs(Protocol):
    """Keeps bytes by name. A name is written once."""

    def put(self, name: str, content: bytes) -> None:
        """Keeps `content`; the bytes are safe on disk when it returns."""
        ...

    def get(self, name: str) -> bytes:
        """What was kept; raises `Unavailable` where it isn't there."""
        ...


class Anchors(Protocol):
    """Keeps what was sealed where whoever rules the database can't reach. Append-only."""

    def begun(self) -> bool:
        """Whether there is any anchor yet. Raises `Unavailable`."""
        ...

    def advance(self, anchor: Anchor) -> Anchor:
        """Adds the anchor, unless one as far or farther is there; answers the last that is there now.

        It is safe on disk when this returns. Raises `Unavailable`.
        """
        ...
