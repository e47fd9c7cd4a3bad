"""The keyring: one master key, outside the database, from which everything else is derived.

Wrapping is AES key wrap (RFC 3394) under a key derived for each place (HKDF, RFC 5869), so that a wrapped key moved to
another row doesn't open there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from coverage.domain.faults import Unavailable

KEY_BYTES = 32


class MasterKeyring:
    """A keyring from a master key of 32 bytes."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ValueError(f"the master key has {len(master)} bytes; expected {KEY_BYTES}, as base64")
        self._master = master

    @classmethod
    def from_text(cls, text: str) -> MasterKeyring:
        """From base64, as a secret store hands it out; raises ValueError, which doesn't quote the key."""
        try:
            master = base64.b64decode(text.strip(), validate=True)
        except ValueError:
            raise ValueError(f"the master key isn't base64; expected {KEY_BYTES} bytes as base64") from None
        return cls(master)

    @classmethod
    def from_file(cls, path: Path) -> MasterKeyring:
        """From a file that is made when it isn't there, readable by its owner alone; raises ValueError and OSError."""
        if not path.exists():
            _make(path)
        return cls.from_text(path.read_text(encoding="ascii", errors="replace"))

    def wrap(self, key: bytes, place: str) -> bytes:
        return aes_key_wrap(self._derived(f"wrap/{place}"), key)

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        try:
            return aes_key_unwrap(self._derived(f"wrap/{place}"), wrapped)
        except (InvalidUnwrap, ValueError) as error:
            raise Unavailable("wrong_master_key", "what is kept was sealed under another master key") from error

    def fingerprint(self, purpose: str, text: str) -> bytes:
        return hmac.new(self._derived(f"pepper/{purpose}"), text.encode(), hashlib.sha256).digest()

    def _derived(self, purpose: str) -> bytes:
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(self._master)


def _make(path: Path) -> None:
    """A new key under its name, whole and on disk: whatever is sealed can be opened only with it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: process ids are alike in containers that share a folder.
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: of two processes that start at once, the first one's key stays.
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
