"""The environment as frozen settings. Nothing else reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from coverage.domain.allowance import Policy
from coverage.domain.tenant import Mode
from coverage.telemetry.logs import FORMS, Form

PROJECT = Path(__file__).resolve().parents[2]
DRIVER = "postgresql+psycopg"
STRIPE_PAGES: Final = "https://checkout.stripe.com"


class BadSetting(ValueError):
    """A setting that can't be used: which one, and what would be right. Never quotes a secret."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs.

    Without `database_url` a private PostgreSQL runs in the data folder. `owner_url` migrates; else `database_url` does.
    """

    data: Path
    rules: Path
    templates: Path
    database_url: str | None = field(repr=False)
    owner_url: str | None = field(repr=False)
    backup_url: str | None = field(repr=False)  # a login that sees the rows of all tenants
    master_key: str | None = field(repr=False)  # base64 of 32 bytes; else a file in the data folder
    reports: Path  # the folder where files lie that go out to others
    anchor: Path  # the file that keeps, outside the database, what was sealed
    port: int
    pool_size: int
    pool_wait_ms: int
    statement_timeout_ms: int
    lock_timeout_ms: int
    concurrency: int  # requests worked on at once
    queue: int  # requests that may wait for it
    queue_wait_ms: int
    connections: int  # of callers
    rates: Mapping[Mode, Policy | None]  # how often a partner may ask in each mode; None without an end
    redis_url: str | None = field(repr=False)  # where processes count together; else each counts alone
    proxies: tuple[str, ...]  # addresses and networks of those who may say whom they ask for
    behind_pooler: bool  # one in transaction mode stands at `database_url`
    card_keys: Mapping[Mode, str] = field(repr=False)  # Stripe's secret key of each mode that takes cards
    card_event_secrets: Mapping[Mode, str] = field(repr=False)  # what Stripe signs its events with, by mode
    card_api: str | None  # where Stripe's API is, if somewhere else than at Stripe
    public_url: str  # where the world finds the service: links, and what certificates are checked at
    signing_key: str | None  # a file in PEM, or a PKCS#11 URI; else a certificate for trials is made
    signing_certificate: Path | None  # with the chain above it, in PEM
    signing_pin: str | None = field(repr=False)
    timestamps: str | None  # the address of a timestamp authority (RFC 3161)
    wallet_key: Path | None  # a service account's of Google Wallet, in JSON
    wallet_issuer: str | None
    webhooks_to_loopback: bool  # test partners may be told things at this machine itself
    logs: Form  # how the log is written
    traces: bool  # whether they are sent out, to where OpenTelemetry's own variables say
    metrics: tuple[str, int] | None  # host and port where this process's metrics are asked for

    @classmethod
    def read(
        cls,
        environment: Mapping[str, str] | None = None,
        *,
        data: Path | None = None,
        rules: Path | None = None,
        port: int | None = None,
    ) -> Settings:
        """From the environment, with what the command line names before it; raises `BadSetting`.

        A variable that is set to nothing counts as not set, as compose files and shells leave them.
        """
        given = os.environ if environment is None else environment
        env = _with_files({name: value for name, value in given.items() if value})
        statement_ms = _time(env, "SHARECOVER_STATEMENT_TIMEOUT", 15_000, 100, 600_000)
        lock_ms = _time(env, "SHARECOVER_LOCK_TIMEOUT", min(5_000, statement_ms // 2), 10, 600_000)
        if lock_ms >= statement_ms:
            words = "SHARECOVER_LOCK_TIMEOUT isn't below SHARECOVER_STATEMENT_TIMEOUT"
            raise BadSetting(f"{words}: a statement that waits for a lock would never be told so")
        pool_size = _whole(env, "SHARECOVER_POOL_SIZE", 20, 1, 200)
        folder = (data or Path(env.get("SHARECOVER_DATA", ".data"))).absolute()
        return cls(
            data=folder,
            reports=Path(env.get("SHARECOVER_REPORTS", folder / "reports")).absolute(),
            anchor=Path(env.get("SHARECOVER_ANCHOR", folder / "events.anchor")).absolute(),
            rules=_folder("SHARECOVER_RULES", rules or Path(env.get("SHARECOVER_RULES", PROJECT / "pricing_rules"))),
            templates=_folder(
                "SHARECOVER_TEMPLATES", Path(env.get("SHARECOVER_TEMPLATES", PROJECT / "policy_templates"))
            ),
            database_url=_address(env, "DATABASE_URL"),
            owner_url=_address(env, "DATABASE_OWNER_URL"),
            backup_url=_address(env, "DATABASE_BACKUP_URL"),
            master_key=env.get("SHARECOVER_MASTER_KEY"),
            port=port or _whole(env, "PORT", 8000, 1, 65_535),
            pool_size=pool_size,
            pool_wait_ms=_time(env, "SHARECOVER_POOL_WAIT", 5_000, 10, 60_000),
            statement_timeout_ms=statement_ms,
            lock_timeout_ms=lock_ms,
            # One connection to the database is left for whoever asks whether the service is ready.
            concurrency=_whole(env, "SHARECOVER_CONCURRENCY", max(1, pool_size - 1), 1, pool_size),
            queue=_whole(env, "SHARECOVER_QUEUE", 100, 0, 10_000),
            queue_wait_ms=_time(env, "SHARECOVER_QUEUE_WAIT", 2_000, 10, 60_000),
            connections=_whole(env, "SHARECOVER_CONNECTIONS", 1_000, 10, 100_000),
            rates={mode: _rate(env, f"SHARECOVER_RATE_{mode.upper()}", "100/second") for mode in MODES},
            redis_url=_redis_url(env),
            proxies=_proxies(env),
            behind_pooler=_pooler(env, "SHARECOVER_POOLER"),
            card_keys=_card_keys(env),
            card_event_secrets=_card_event_secrets(env),
            card_api=_card_api(env),
            public_url=_public_url(env) or f"http://localhost:{port or _whole(env, 'PORT', 8000, 1, 65_535)}",
            **_signing(env),
            **_wallet(env),
            webhooks_to_loopback=_webhooks_to(env, "SHARECOVER_WEBHOOKS_TO"),
            logs=_logs(env, "SHARECOVER_LOGS"),
            metrics=_listening(env, "SHARECOVER_METRICS"),
            traces=_traces(env),
        )

    @property
    def checkout_origins(self) -> tuple[str, ...]:
        """Where the pages are on which members pay: Stripe's (https://docs.stripe.com/security/guide, "Content Security
        Policy"), and a stand-in's.
        """
        return (STRIPE_PAGES, *([self.card_api] if self.card_api else []))


# What may stand in a file instead, named by the variable with `_FILE` behind it: a process's environment is seen by many.
SECRETS: Final = (
    "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL", "SHARECOVER_MASTER_KEY", "SHARECOVER_REDIS_URL",
    "SHARECOVER_SIGNING_PIN", "STRIPE_TEST_KEY", "STRIPE_LIVE_KEY", "STRIPE_TEST_WEBHOOK_SECRET", "STRIPE_LIVE_WEBHOOK_SECRET",
)  # fmt: skip


def _with_files(env: Mapping[str, str]) -> dict[str, str]:
    """The environment with the secrets that lie in files; raises `BadSetting` where one can't be read or is named twice."""
    found = dict(env)
    for name in SECRETS:
        path = found.pop(f"{name}_FILE", None)
        if path is None:
            continue
        try:
            # Editors end a file with a line's end, which belongs to no secret.
            content = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise BadSetting(f"{name}_FILE: {path} can't be read ({reason})") from None
        if not content:
            raise BadSetting(f"{name}_FILE: {path} is empty")
        if env.get(name, content) != content:
            raise BadSetting(f"{name} and {name}_FILE say different things; expected one of them")
        found[name] = content
    return found


def _folder(name: str, path: Path) -> Path:
    if not path.is_dir():
        raise BadSetting(f"there is no folder {path}; name one in {name}")
    return path.absolute()


def _whole(env: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    text = env.get(name, str(default))
    # Its length first: Python refuses to read thousands of digits.
    if not (text.isascii() and text.isdigit() and len(text) < 10 and lowest <= int(text) <= highest):
        raise BadSetting(f"{name} is {text[:40]!r}; expected a whole number from {lowest} to {highest}")
    return int(text)


_UNITS = {"ms": 1, "s": 1000, "min": 60_000}


def _time(env: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    """A time as PostgreSQL writes it, in milliseconds. A bare number would be taken for seconds by some."""
    text = env.get(name, f"{default}ms")
    found = re.fullmatch(r"([0-9]{1,9}) ?(ms|s|min)", text)
    if found is None or not lowest <= (worth := int(found[1]) * _UNITS[found[2]]) <= highest:
        expected = f"expected a time such as 500ms or 15s, from {_told(lowest)} to {_told(highest)}"
        raise BadSetting(f"{name} is {text[:40]!r}; {expected}")
    return worth


def _told(milliseconds: int) -> str:
    unit = next(unit for unit in ("min", "s", "ms") if milliseconds % _UNITS[unit] == 0)
    return f"{milliseconds // _UNITS[unit]}{unit}"


def _pooler(env: Mapping[str, str], name: str) -> bool:
    if env.get(name) not in (None, "transaction"):
        raise BadSetting(f"{name} is {env[name][:40]!r}; expected `transaction`, or nothing where there is no pooler")
    return name in env


def _logs(env: Mapping[str, str], name: str) -> Form:
    found = next((form for form in FORMS if form == env.get(name, "text")), None)
    if found is None:
        raise BadSetting(f"{name} is {env[name][:40]!r}; expected {' or '.join(FORMS)}")
    return found


def _rate(env: Mapping[str, str], name: str, default: str) -> Policy | None:
    text = env.get(name, default)
    try:
        return Policy.read(text)
    except ValueError as error:
        raise BadSetting(f"{name} is {text[:40]!r}; {error}") from None


def _redis_url(env: Mapping[str, str]) -> str | None:
    """Redis's address, which may hold a password."""
    address = env.get("SHARECOVER_REDIS_URL")
    if address is not None and not re.match(r"(rediss?://[^/?]|unix://(\S+@)?/)", address):
        expected = "expected redis://:password@host:6379/0, rediss://… with TLS, or unix:///path/to/socket"
        raise BadSetting(f"SHARECOVER_REDIS_URL is no address of Redis; {expected}")
    return address


def _proxies(env: Mapping[str, str]) -> tuple[str, ...]:
    """Who is believed when he says whom he asks for. Not everybody: anybody could then be anybody."""
    text = env.get("SHARECOVER_PROXIES", "127.0.0.1,::1")
    found: list[str] = []
    for part in [] if text == "none" else text.split(","):
        try:
            network = ip_network(part.strip())
        except ValueError:
            expected = "expected addresses or networks such as 10.0.0.5,10.1.0.0/16, or `none`"
            raise BadSetting(f"SHARECOVER_PROXIES has {part.strip()[:60]!r}; {expected}") from None
        if network.prefixlen == 0:
            raise BadSetting(f"SHARECOVER_PROXIES has {part.strip()!r}, which is everybody; expected the proxies alone")
        found.append(str(network))
        if network.version == 4:
            # So they are called where one socket listens for both.
            found.append(f"::ffff:{network.network_address}/{96 + network.prefixlen}")
    return tuple(found)


def _traces(env: Mapping[str, str]) -> bool:
    """Whether there is an endpoint, by OpenTelemetry's own variables, which its library reads for all else."""
    found = [name for name in ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT") if name in env]
    for name in found:
        if not re.match(r"https?://[^/\s]", env[name]):
            raise BadSetting(f"{name} is no address; expected one such as http://127.0.0.1:4318")
    return bool(found) and env.get("OTEL_SDK_DISABLED", "").lower() != "true"


def _listening(env: Mapping[str, str], name: str) -> tuple[str, int] | None:
    if name not in env:
        return None
    host, _, port = env[name].rpartition(":")
    # The port after it is for the worker beside a service.
    if (
        not re.fullmatch(r"[A-Za-z0-9.\-]+|\[[0-9A-Fa-f:]+\]", host)
        or not re.fullmatch(r"[0-9]{1,5}", port)
        or not 1 <= int(port) < 65_535
    ):
        raise BadSetting(f"{name} is {env[name][:40]!r}; expected an address and a port such as 127.0.0.1:9464")
    return host.strip("[]"), int(port)


MODES: Final[tuple[Mode, ...]] = ("test", "live")


def _card_keys(env: Mapping[str, str]) -> dict[Mode, str]:
    """Stripe's keys by mode. One mode's key under the other's name would charge real cards for what was meant as a test."""
    found: dict[Mode, str] = {}
    for mode in MODES:
        name = f"STRIPE_{mode.upper()}_KEY"
        if key := env.get(name):
            if not key.startswith((f"sk_{mode}_", f"rk_{mode}_")):
                raise BadSetting(f"{name} is no {mode} key; expected one that begins with sk_{mode}_ or rk_{mode}_")
            found[mode] = key
    return found


def _card_event_secrets(env: Mapping[str, str]) -> dict[Mode, str]:
    found: dict[Mode, str] = {}
    for mode in MODES:
        name = f"STRIPE_{mode.upper()}_WEBHOOK_SECRET"
        if secret := env.get(name):
            if f"STRIPE_{mode.upper()}_KEY" not in env:
                raise BadSetting(f"{name} is set without STRIPE_{mode.upper()}_KEY; expected both, or neither")
            found[mode] = secret
    if "STRIPE_LIVE_KEY" in env and "live" not in found:
        # Events alone tell of disputes, of refunds that failed later, and of what was paid twice.
        raise BadSetting("STRIPE_LIVE_KEY is set without STRIPE_LIVE_WEBHOOK_SECRET; expected both, or neither")
    return found


def _card_api(env: Mapping[str, str]) -> str | None:
    """A stand-in for Stripe, for tests and trials alone: a live key never goes anywhere but to Stripe."""
    address = env.get("STRIPE_API_BASE")
    if address is not None:
        if not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", address):
            raise BadSetting("STRIPE_API_BASE is no address; expected one such as http://127.0.0.1:8420")
        if "STRIPE_LIVE_KEY" in env:
            raise BadSetting(
                "STRIPE_API_BASE beside STRIPE_LIVE_KEY: a live key goes to Stripe alone; unset one of them"
            )
    return address


def _public_url(env: Mapping[str, str]) -> str | None:
    address = env.get("PUBLIC_URL")
    if address is not None and not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~\-]+)*/?", address):
        raise BadSetting("PUBLIC_URL is no address; expected one such as https://cover.example.org")
    return address.rstrip("/") if address else None


def _signing(env: Mapping[str, str]) -> dict[str, Any]:
    key, certificate = env.get("SHARECOVER_SIGNING_KEY"), env.get("SHARECOVER_SIGNING_CERTIFICATE")
    if (key is None) != (certificate is None):
        raise BadSetting(
            "SHARECOVER_SIGNING_KEY and SHARECOVER_SIGNING_CERTIFICATE go together; expected both, or neither"
        )
    timestamps = env.get("SHARECOVER_TIMESTAMP_URL")
    if timestamps is not None and not re.match("https?://.", timestamps):
        raise BadSetting("SHARECOVER_TIMESTAMP_URL is no address; expected a timestamp authority's, https://…")
    return {
        "signing_key": key, "signing_certificate": Path(certificate).absolute() if certificate else None,
        "signing_pin": env.get("SHARECOVER_SIGNING_PIN"), "timestamps": timestamps,
    }  # fmt: skip


def _webhooks_to(env: Mapping[str, str], name: str) -> bool:
    if env.get(name) not in (None, "loopback"):
        words = "expected `loopback`, for trials on one machine, or nothing: then webhooks go to public addresses alone"
        raise BadSetting(f"{name} is {env[name][:40]!r}; {words}")
    return name in env


def _wallet(env: Mapping[str, str]) -> dict[str, Any]:
    key, issuer = env.get("GOOGLE_WALLET_KEY"), env.get("GOOGLE_WALLET_ISSUER")
    if (key is None) != (issuer is None):
        raise BadSetting("GOOGLE_WALLET_KEY and GOOGLE_WALLET_ISSUER go together; expected both, or neither")
    return {"wallet_key": Path(key).absolute() if key else None, "wallet_issuer": issuer}


def _address(env: Mapping[str, str], name: str) -> str | None:
    """The database's address with our driver in it, however it was written. It may hold a password."""
    if name not in env:
        return None
    expected = f"{name} isn't an address of PostgreSQL; expected postgresql://user:password@host:port/database"
    try:
        url = make_url(env[name])
    except (ArgumentError, ValueError):
        raise BadSetting(expected) from None
    if url.drivername not in ("postgres", "postgresql", DRIVER):
        raise BadSetting(expected)
    return url.set(drivername=DRIVER).render_as_string(hide_password=False)
