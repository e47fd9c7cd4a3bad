"""What keeps an installation safe: its schema brought up to date, its log of events verified, backups and their way back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from coverage.assembly.databases import (
    bring_up_to_date,
    connected,
    database_address,
    database_refusals,
    owner_address,
    refused_by_database,
    require_database,
    require_schema,
    superuser,
)
from coverage.assembly.folder import Say, make_data_folder
from coverage.domain.chain import Fault as BrokenLink
from coverage.domain.faults import Rejected
from coverage.gateways.anchors import read_beside
from coverage.gateways.blobs import FileBlobs
from coverage.gateways.dumps import read_dump, write_dump
from coverage.gateways.signing import known_certificates
from coverage.operations import backing_up
from coverage.operations.backing_up import Manifest
from coverage.operations.verifying import Verdict, verify_events
from coverage.settings import BadSetting, Settings
from coverage.storage import migrations, whole


def migrate(settings: Settings, say: Say) -> str:
    """Brings the schema to the newest revision, and answers it."""
    make_data_folder(settings)
    with database_address(settings, say) as url:
        return bring_up_to_date(owner_address(settings, url), say)


def verify(
    settings: Settings,
    anchors: Sequence[Path],
    say: Say,
    tell: Callable[[BrokenLink], None],
    progress: Callable[[int, int], None],
    *,
    begun_anew_at: int = 0,
) -> Verdict:
    """Verifies the log of events against the anchor that is set, or others; raises `Fault` where it can't be looked at."""
    require_database(settings)
    if settings.database_url is None:
        make_data_folder(settings)  # which is there: this says so where it can't be written to
    with ExitStack() as closed_at_the_end, database_refusals():
        url = closed_at_the_end.enter_context(database_address(settings, say))
        # In the worker's role, which sees all seals; of the facts it sees those of the tenant that is set.
        database = closed_at_the_end.enter_context(closing(connected(settings, url, "sharecover_worker", pool_size=1)))
        require_schema(database)
        read = partial(read_beside, anchors or [settings.anchor])
        return verify_events(database.outside, read, tell, progress, begun_anew_at=begun_anew_at)


def make_backup(settings: Settings, target: Path, say: Say) -> Manifest:
    """Writes a backup to a new file while the service runs; raises `Fault`, `DumpFailed` or `BadSetting`."""
    require_database(settings)
    with database_address(settings, say) as url:
        as_who = settings.backup_url or (settings.owner_url or url if settings.database_url else superuser(settings))
        engine = create_engine(as_who, isolation_level="REPEATABLE READ", connect_args={"connect_timeout": 3})
        try:
            with engine.connect() as connection:
                if not whole.sees_all(connection):
                    words = "a backup needs a login that passes row-level security by (a superuser, or BYPASSRLS with"
                    raise BadSetting(f"{words} pg_read_all_data): name it in DATABASE_BACKUP_URL")
            say("Backing up")
            dump = partial(write_dump, as_who)
            return backing_up.make_backup(
                engine, dump, settings.data / "blobs", settings.anchor, known_certificates(settings.data), target
            )
        except DBAPIError as error:
            raise refused_by_database(error) from error
        except OSError as error:
            raise BadSetting(f"the backup can't be written to {target} ({error.strerror})") from error
        finally:
            engine.dispose()


def restore_backup(settings: Settings, source: Path, say: Say) -> tuple[Manifest, str]:
    """Reads a backup into an empty installation; what it held, and what the verification of its events came to."""
    say("Checking the backup")
    try:
        manifest = backing_up.check_backup(source)
    except OSError as error:
        raise BadSetting(f"the backup {source} can't be read ({error.strerror})") from error
    if manifest.revision not in migrations.revisions():
        raise BadSetting(
            f"the backup is at revision {manifest.revision}, which is newer than this: bring the newer service"
        )
    make_data_folder(settings)
    with database_address(settings, say) as url:
        owner_url = owner_address(settings, url)
        engine = create_engine(owner_url, connect_args={"connect_timeout": 3})
        try:
            say("Restoring")
            backing_up.restore_backup(
                engine, lambda path, rows: read_dump(owner_url, path, rows=rows), FileBlobs(settings.data / "blobs"),
                settings.anchor, known_certificates(settings.data), source, manifest,
            )  # fmt: skip
        except DBAPIError as error:
            raise refused_by_database(error) from error
        except OSError as error:
            # A full disk, or a folder that can't be written to: which one stands in the error.
            raise BadSetting(f"the backup can't be restored ({error})") from error
        finally:
            engine.dispose()
        if manifest.revision != migrations.newest():
            return (
                manifest,
                "Run `coverage migrate`, then `coverage verify events`: the backup is of an earlier revision.",
            )
        # An anchor that began late did so before the backup: it says nothing against what was restored.
        verdict = verify(
            settings, [], say, lambda fault: say(str(fault)), lambda _, __: None, begun_anew_at=sys.maxsize
        )
    if verdict.faults:
        faults = "1 fault" if verdict.faults == 1 else f"{verdict.faults:,} faults"
        raise Rejected("restore_differs", f"{faults} in the log of events: `coverage verify events` names each")
    events = "1 event" if verdict.verified == 1 else f"{verdict.verified:,} events"
    told = [f"{events} verified against the seals and the anchor.", *(f"Warning: {one}." for one in verdict.warnings)]
    return manifest, "\n".join(told)
