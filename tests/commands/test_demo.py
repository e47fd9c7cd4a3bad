"""The demo: the Saturday, played against a running service."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.processes import Service, data_folder, free_port, run_coverage, serving

KEY = "sk_test_000000000000000000000000000000000"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with data_folder() as folder, serving(folder, "--demo") as running:
        yield running


class TestDemo:
    def test_plays_a_saturday_and_then_the_next(self, service: Service, tmp_path: Path) -> None:
        out, seen = tmp_path / "new" / "out", []
        for _ in range(2):
            told = run_coverage("demo", "--url", f"{service.url}/", "--data", str(service.data), "--out", str(out))
            assert told.returncode == 0, told.stdout + told.stderr
            last = told.stdout.splitlines()[-1]
            found = re.fullmatch(
                r"Quoted and covered for 30\.24 EUR; certificate (\S+); claim (\S+) is open\.", last
            )  # fmt: skip
            assert found, last
            assert f"The certificate: {out / found[1]}.pdf" in told.stdout
            page = PdfReader(io.BytesIO((out / f"{found[1]}.pdf").read_bytes())).pages[0].extract_text()
            assert found[1] in page
            start = re.search(r'"start": "([^"]+)"', told.stdout)
            assert start
            seen.append((found[1], found[2], start[1]))
        assert len({cover for cover, _, _ in seen}) == len({claim for _, claim, _ in seen}) == 2
        assert seen[0][2] < seen[1][2]
        assert len(list(out.iterdir())) == 2

    def test_plays_with_a_key_of_ones_own(self, service: Service, tmp_path: Path) -> None:
        key = service.printed("Test key")
        told = run_coverage("demo", "--url", service.url, "--key", key, "--out", str(tmp_path))
        assert told.returncode == 0, told.stdout + told.stderr
        assert key not in told.stdout

    def test_shows_why_the_service_refuses(self, service: Service, tmp_path: Path) -> None:
        told = run_coverage("demo", "--url", service.url, "--key", KEY, "--out", str(tmp_path))
        assert told.returncode == 1
        assert '"code": "invalid_key"' in told.stdout
        assert told.stderr == "the service refused; the answer above says why\n"


class TestDemoThatCannotPlay:
    @pytest.mark.parametrize(
        "url", ["http://localhost:{port}", "localhost:{port}", "http://[::1", "http://nowhere.invalid"]
    )
    def test_says_that_nothing_answers(self, tmp_path: Path, url: str) -> None:
        told = run_coverage("demo", "--url", url.format(port=free_port()), "--key", KEY, "--out", str(tmp_path / "out"))
        assert told.returncode == 1
        assert len(told.stderr.splitlines()) == 1
        assert told.stderr.startswith("nothing answers on ")

    @pytest.mark.parametrize("kept", [None, "", "[]", "{}", "null"])
    def test_says_that_there_is_no_key(self, tmp_path: Path, kept: str | None) -> None:
        if kept is not None:
            (tmp_path / "demo.json").write_text(kept)
        told = run_coverage("demo", SHARECOVER_DATA=str(tmp_path))
        assert told.returncode == 1
        assert told.stderr.startswith(f"there is no demo key in {tmp_path}; start the service")
        assert len(told.stderr.splitlines()) == 1

    def test_says_that_its_folder_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        told = run_coverage("demo", "--key", KEY, "--out", str(tmp_path / "file" / "out"))
        assert told.returncode == 1
        assert "--out" in told.stderr
        assert len(told.stderr.splitlines()) == 1

    def test_says_that_a_key_cannot_be_one(self, tmp_path: Path) -> None:
        told = run_coverage("demo", "--key", "clé", "--out", str(tmp_path))
        assert told.returncode == 1
        assert told.stderr == "this is no API key; expected sk_test_…\n"

    def test_says_that_something_else_answers(self, tmp_path: Path) -> None:
        class Stranger(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"<p>It works!</p>")

            def log_message(self, *_: object) -> None:
                pass

        with HTTPServer(("127.0.0.1", 0), Stranger) as stranger:
            thread = threading.Thread(target=stranger.serve_forever)
            thread.start()
            try:
                url = f"http://127.0.0.1:{stranger.server_port}"
                told = run_coverage("demo", "--url", url, "--key", KEY, "--out", str(tmp_path))
            finally:
                stranger.shutdown()
                thread.join()
        assert told.returncode == 1
        assert told.stderr == f"what answers on {url} isn't the service; name the service with --url\n"
