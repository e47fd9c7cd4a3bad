"""The environment as frozen settings. Nothing else reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class BadSetting(ValueError):
    """A setting that can't be used: which one, and what would be right."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs.

    Without `database_url` a private PostgreSQL runs in the data folder. `owner_url` migrates; else `database_url` does.
    """

    data: Path
    rules: Path
    templates: Path
    database_url: str | None
    owner_url: str | None
    master_key: str | None  # base64 of 32 bytes; else a file in the data folder
    port: int
    pool_size: int

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None, **given: object) -> Settings:
        """From the environment, with what was `given` on the command line before it; raises `BadSetting`."""
        env = os.environ if environment is None else environment
        here = Path(__file__).resolve().parents[2]
        values: dict[str, object] = {
            "data": Path(env.get("SHARECOVER_DATA", ".data")),
            "rules": Path(env.get("SHARECOVER_RULES", here / "pricing_rules")),
            "templates": Path(env.get("SHARECOVER_TEMPLATES", here / "policy_templates")),
            "database_url": env.get("DATABASE_URL") or None,
            "owner_url": env.get("DATABASE_OWNER_URL") or None,
            "master_key": env.get("SHARECOVER_MASTER_KEY") or None,
            "port": _whole(env, "PORT", 8000, 1, 65_535),
            "pool_size": _whole(env, "SHARECOVER_POOL_SIZE", 20, 1, 200),
        }
        values |= {name: value for name, value in given.items() if value is not None}
        for name in ("database_url", "owner_url"):
            values[name] = _driver(values[name])
        return cls(**values)  # type: ignore[arg-type]


def _whole(env: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    text = env.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
        raise BadSetting(f"{name} is {text!r}; expected a whole number from {lowest} to {highest}")
    return int(text)


def _driver(url: object) -> str | None:
    """The address with our driver in it, however it was written."""
    if url is None:
        return None
    text = str(url)
    for scheme in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if text.startswith(scheme):
            return "postgresql+psycopg://" + text.removeprefix(scheme)
    raise BadSetting("DATABASE_URL isn't one of PostgreSQL; expected postgresql://…")
