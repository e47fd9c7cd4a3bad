"""What needs npm or the clients' generator: that nothing generated is stale, that the TypeScript client builds and works, that
the Bruno collection runs through. `./dev clients-check`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.processes import Service, data_folder, serving

CLIENTS = ROOT / "clients"
GENERATED = "src/sharecover_client/generated"


def main() -> None:
    """Tries all; ends with a status that isn't 0 where something isn't right."""
    current(Path(sys.argv[1]))
    for folder in ("typescript", "bruno"):
        run("npm", "ci", "--silent", folder=CLIENTS / folder)
    with data_folder() as data, serving(data, "--demo") as service:
        typescript(service)
        bruno(service)


def current(generator: Path) -> None:
    """That what is kept of generated code is what the document gives now."""
    kept = snapshot()
    run(str(generator), "generate.py", "python", folder=CLIENTS)
    made = snapshot()
    stale = sorted(name for name in kept | made if kept.get(name) != made.get(name))
    if stale:
        sys.exit(f"clients/python/{GENERATED}: {', '.join(stale)} changed: commit what `./dev clients` writes")


def snapshot() -> dict[str, bytes]:
    """What stands in the generated folder."""
    folder = CLIENTS / "python" / GENERATED
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.py")}


def bruno(service: Service) -> None:
    """Runs the collection from its first request to its last."""
    named = ("--env-var", f"api={service.url}", "--env-var", f"key={key_of(service)}")
    run("npx", "bru", "run", "-r", "--env", "local", *named, folder=CLIENTS / "bruno")


def typescript(service: Service) -> None:
    """Builds the client, types and all, and runs its tests."""
    folder = CLIENTS / "typescript"
    run("npm", "run", "build", folder=folder)
    run("npm", "test", folder=folder, SHARECOVER_URL=service.url, SHARECOVER_KEY=key_of(service))


def key_of(service: Service) -> str:
    """The demo's test key."""
    key: str = json.loads((service.data / "demo.json").read_text())["key"]
    return key


def run(*command: str, folder: Path, **environment: str) -> None:
    """Runs a command, and gives up where it fails."""
    if subprocess.run(command, cwd=folder, env=os.environ | environment).returncode:
        sys.exit(f"{' '.join(command)} failed in {folder.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
