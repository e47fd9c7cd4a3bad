"""Generated: see `./dev clients`."""

VERSION = "2026-11-27"
