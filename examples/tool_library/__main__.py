"""Runs the tool library: SHARECOVER_KEY and SHARECOVER_URL name the service."""

from __future__ import annotations

import os
import sys

import uvicorn

from examples.tool_library.app import create_app
from sharecover_client import Sharecover


def main() -> None:
    """Serves until it is interrupted."""
    key = os.environ.get("SHARECOVER_KEY", "")
    url = os.environ.get("SHARECOVER_URL", "http://localhost:8000")
    port = int(os.environ.get("PORT", "8080"))
    try:
        sharecover = Sharecover(key, base_url=url)
    except ValueError as error:
        sys.exit(f"SHARECOVER_KEY, SHARECOVER_URL: {error}")
    with sharecover:
        sys.stdout.write(f"The tool library is open on http://localhost:{port}\n")
        uvicorn.run(create_app(sharecover), port=port, log_level="warning")


if __name__ == "__main__":
    main()
