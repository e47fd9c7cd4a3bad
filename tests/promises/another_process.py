"""The service in a process of its own, on a database that is there: `python -m tests.promises.another_process ADDRESS RULES`.

It has the tests' own master key. It prints where it listens, and ends when its input does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coverage.gateways.blobs import FileBlobs
from coverage.gateways.documents import WeasyPrintDocuments
from coverage.gateways.keyring import MasterKeyring
from coverage.operations.house import House
from coverage.operations.publishing import Publisher
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.serving import serving

ROOT = Path(__file__).parents[2]


@contextmanager
def another_process(database_url: str, rules: Path = ROOT / "pricing_rules") -> Iterator[str]:
    """Starts it with a folder of rules, and gives its address."""
    command = [sys.executable, "-m", "tests.promises.another_process", database_url, str(rules)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(60)


def main(database_url: str, folder: str) -> None:
    """Serves until the input ends."""
    database = Database.connect(database_url, pool_size=5)
    documents = WeasyPrintDocuments(ROOT / "policy_templates")
    with tempfile.TemporaryDirectory() as blobs:
        rules = Publisher(database, Path(folder))
        house = House(database, rules.current, MasterKeyring(bytes(range(32))), documents, FileBlobs(Path(blobs)))
        with serving(create_app(house)) as address:
            sys.stdout.write(f"{address}\n")
            sys.stdout.flush()
            sys.stdin.read()
    documents.close()
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
