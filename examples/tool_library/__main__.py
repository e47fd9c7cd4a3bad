"""Runs the tool library: SHARECOVER_KEY and SHARECOVER_URL name the service."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from examples.tool_library.app import create_app
from sharecover_client import Sharecover, SharecoverError


def main() -> None:
    """Serves until it is interrupted."""
    key = os.environ.get("SHARECOVER_KEY", "")
    url = os.environ.get("SHARECOVER_URL", "http://localhost:8000")
    port = int(os.environ.get("PORT", "8080"))
    try:
        sharecover = Sharecover(key, base_url=url)
    except ValueError as error:
        sys.exit(f"SHARECOVER_KEY, SHARECOVER_URL: {error}")
    with sharecover, told_of_covers(sharecover, f"http://localhost:{port}/webhooks") as secret:
        sys.stdout.write(f"The tool library is open on http://localhost:{port}\n")
        uvicorn.run(create_app(sharecover, secret), port=port, log_level="warning")


@contextmanager
def told_of_covers(sharecover: Sharecover, url: str) -> Iterator[str]:
    """Has the service tell `url` what becomes of covers, until the block ends; gives the secret that it signs with.

    A platform that stays makes its endpoint once, and keeps the secret with its others.
    """
    try:
        endpoint = sharecover.create_webhook_endpoint(body={"url": url, "events": ["cover.*"]})
    except SharecoverError as error:
        sys.exit(f"The service won't tell {url}: {error}")
    try:
        yield endpoint.secret
    finally:
        sharecover.delete_webhook_endpoint(endpoint.id)


if __name__ == "__main__":
    main()
