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
        """From base64, as a secret store hands it out; raises ValueError."""
        return cls(base64.b64decode(text, validate=True))

    @classmethod
    def from_file(cls, path: Path) -> MasterKeyring:
        """From a file that is made when it isn't there, readable by its owner alone."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f".{path.name}.{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_text(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
            try:
                # A link, not a rename: of two processes that start at once, the first one's key stays.
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return cls.from_text(path.read_text().strip())

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
