"""What the data folder holds beside the database: the folder itself, and the master key."""

from __future__ import annotations

import os
from collections.abc import Callable

from sqlalchemy import select

from coverage.gateways.keyring import MasterKeyring
from coverage.settings import BadSetting, Settings
from coverage.storage.quotes import EditionKept
from coverage.storage.tenancy import Database

MASTER_KEY = "master.key"

Say = Callable[[str], None]  # tells whoever waits what is being done


def make_data_folder(settings: Settings) -> None:
    """Makes the folder that is set, and raises `BadSetting` where that can't be, or nothing can be written there."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        if not os.access(settings.data, os.W_OK | os.X_OK):
            raise PermissionError(0, "it can't be written to")
    except OSError as error:
        words = f"the data folder {settings.data} can't be used ({error.strerror})"
        raise BadSetting(f"{words}; choose another with --data or SHARECOVER_DATA") from None


def kept_keyring(settings: Settings) -> MasterKeyring | None:
    """The keyring of the key that is set or kept, if there is one."""
    path = settings.data / MASTER_KEY
    try:
        if settings.master_key is not None:
            return MasterKeyring.from_text(settings.master_key)
        return MasterKeyring.from_file(path) if path.exists() else None
    except (ValueError, OSError) as error:
        raise BadSetting(f"{'SHARECOVER_MASTER_KEY' if settings.master_key else path}: {error}") from None


def first_keyring(settings: Settings, database: Database) -> MasterKeyring:
    """A keyring with a new key, unless the database shows that there was one: a second key would open nothing."""
    path = settings.data / MASTER_KEY
    with database.outside() as session:
        used = session.scalar(select(EditionKept.hash).limit(1)) is not None
    if used:
        words = f"the database was used with a master key that isn't in {path}; put it back there"
        raise BadSetting(f"{words}, or set SHARECOVER_MASTER_KEY")
    return MasterKeyring.from_file(path)
