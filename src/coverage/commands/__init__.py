"""The command line: one file for each noun. Exit 0 all well, 1 faults found, 2 wrong use."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from coverage.commands import (
    backup,
    demo,
    invoices,
    keys,
    ledger,
    outbox,
    partners,
    refunds,
    reports,
    rules,
    screening,
    serve,
    verify,
)

EPILOG = (
    "Settings stand in the environment: DATABASE_URL (without it a private PostgreSQL runs in the data folder), "
    "DATABASE_OWNER_URL (who migrates, if somebody else), DATABASE_BACKUP_URL (who backs up, if somebody else), SHARECOVER_MASTER_KEY (base64 of 32 bytes, instead of "
    "master.key in the data folder), SHARECOVER_DATA, SHARECOVER_RULES, SHARECOVER_TEMPLATES (folders), SHARECOVER_ANCHOR (the file that vouches for the events), "
    "SHARECOVER_REPORTS (the folder for files that go out to others), "
    "SHARECOVER_POOL_SIZE (connections to the database; 20), SHARECOVER_POOL_WAIT (for one of them; 5s), "
    "SHARECOVER_STATEMENT_TIMEOUT (15s), SHARECOVER_LOCK_TIMEOUT (5s), SHARECOVER_POOLER (`transaction` where DATABASE_URL "
    "leads through one), SHARECOVER_LOGS (`text` or `json`), SHARECOVER_METRICS (address:port), SHARECOVER_CONCURRENCY (requests worked on at once; 19), SHARECOVER_QUEUE (that may wait; 100), "
    "SHARECOVER_QUEUE_WAIT (for how long; 2s), SHARECOVER_CONNECTIONS (of callers; 1000), PORT; and for card payments "
    "STRIPE_TEST_KEY, STRIPE_LIVE_KEY, STRIPE_TEST_WEBHOOK_SECRET, STRIPE_LIVE_WEBHOOK_SECRET, STRIPE_API_BASE (a stand-in). "
    "PUBLIC_URL (where the world finds the service). To sign documents with: SHARECOVER_SIGNING_KEY (a file in PEM, or a PKCS#11 URI), "
    "SHARECOVER_SIGNING_CERTIFICATE (in PEM, with its chain), SHARECOVER_SIGNING_PIN, SHARECOVER_TIMESTAMP_URL (an authority's, RFC 3161); for cards in Google Wallet: GOOGLE_WALLET_KEY (a service "
    "account's, a file in JSON), GOOGLE_WALLET_ISSUER."
)


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the commands get from the assembly, which alone knows settings, gateways and the web."""

    read_settings: Callable[..., Any]
    migrate: Callable[[Any, Callable[[str], None]], str]
    verify_events: Callable[..., Any]
    make_backup: Callable[..., Any]
    restore_backup: Callable[..., Any]
    open_premises: Callable[..., AbstractContextManager[Any]]
    card_stand_in: Callable[[Any, str], AbstractContextManager[Any]]
    open_queue: Callable[..., AbstractContextManager[Any]]
    open_desk: Callable[..., AbstractContextManager[Any]]
    read_sanctions: Callable[[Path], Any]
    read_logo: Callable[[Path], bytes]
    open_reports: Callable[..., AbstractContextManager[Any]]
    build_worker: Callable[[Any], Any]
    build_app: Callable[[Any, Any], Any]
    build_demo: Callable[[Any, Path], Any]
    wrong_use: tuple[type[Exception], ...]  # what is the caller's to mend, said in a line; exit 2
    stopped: tuple[type[Exception], ...]  # what stands in the way of running, said in a line; exit 1


def run(wiring: Callable[[], Wiring]) -> None:
    """Runs the command that the command line names."""
    app = typer.Typer(
        name="coverage", no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich", epilog=EPILOG,
        add_completion=False, help="Sharecover: quotes and issues cover for shared things, for hours or days.",
    )  # fmt: skip
    app.add_typer(rules.app, name="rules")
    serve.add_to(app, wiring)
    verify.add_to(app, wiring)
    backup.add_to(app, wiring)
    outbox.add_to(app, wiring)
    partners.add_to(app, wiring)
    keys.add_to(app, wiring)
    screening.add_to(app, wiring)
    ledger.add_to(app, wiring)
    invoices.add_to(app, wiring)
    refunds.add_to(app, wiring)
    reports.add_to(app, wiring)
    demo.add_to(app)
    app()
