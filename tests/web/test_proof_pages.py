"""The pages on which a certificate is checked, over HTTP, by whoever holds it."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pytest
import zxingcpp
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image, ImageEnhance, ImageFilter

from coverage.gateways.limiting import CountedLimits
from coverage.operations.house import House
from coverage.web.app import create_app
from tests.builders import Platform
from tests.operations.test_vouching import first_day, pdf_of, token_of


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[TestClient]:
    """A browser of somebody who knows nobody, and follows no redirect by itself."""
    headers = {"Accept-Language": "en"}
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers=headers) as client:
        yield client


def is_guarded(answer: Any) -> None:
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-robots-tag"] == "noindex"


class TestScan:
    def test_the_secret_leaves_the_address_and_the_answer_is_told(
        self, platform: Platform, stranger: TestClient
    ) -> None:
        cover = platform.cover()
        token = token_of(pdf_of(platform, cover))
        opened = stranger.get(f"/verify/{token}")
        assert (opened.status_code, opened.headers["location"]) == (303, "/verify/certificate")
        is_guarded(opened)
        cookie = opened.headers["set-cookie"].lower()
        assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/verify", "max-age=900"))
        page = stranger.get("/verify/certificate", params={"lang": "fr"})
        assert page.status_code == 200
        is_guarded(page)
        assert "Simple essai" in page.text, "a test never passes for cover"
        assert cover["number"] in page.text
        assert token not in page.text
        assert stranger.get("/verify/certificate", params={"lang": "en"}).text.count("Only a test") == 2

    def test_an_unknown_code_asks_for_what_can_be_typed(self, stranger: TestClient) -> None:
        answer = stranger.get(f"/verify/{'0' * 26}")
        assert answer.status_code == 404
        assert "The code leads to no certificate" in answer.text
        assert 'name="number"' in answer.text
        is_guarded(answer)
        assert stranger.get("/verify/certificate").headers["location"] == "/verify"

    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_a_phones_camera_reads_it_off_the_page(self, platform: Platform, language: str, tmp_path: Path) -> None:
        cover = platform.cover()
        pdf = pdf_of(platform, cover, language)
        (tmp_path / "certificate.pdf").write_bytes(pdf)
        subprocess.run(
            [
                "pdftoppm",
                "-r",
                "150",
                "-f",
                "1",
                "-l",
                "1",
                "-png",
                str(tmp_path / "certificate.pdf"),
                str(tmp_path / "page"),
            ],
            check=True,
        )
        (path,) = tmp_path.glob("page*.png")
        page = Image.open(path).convert("L")
        expected = f"http://testserver/verify/{token_of(pdf)}"
        (code,) = zxingcpp.read_barcodes(numpy.asarray(page))
        assert (code.text, code.format.name) == (expected, "QRCode")
        corners = [code.position.top_left, code.position.bottom_right]
        millimetres = (corners[1].x - corners[0].x) / 150 * 25.4
        assert millimetres >= 25, "for a camera at arm's length"
        left, top, size = corners[0].x, corners[0].y, corners[1].x - corners[0].x
        quiet = round(size / 37 * 4)  # no more modules than a version 5 has; 4 of quiet zone (ISO/IEC 18004, 6.3.8)
        around = numpy.asarray(page.crop((left - quiet, top - quiet, left + size + quiet, top - 2)))
        assert around.min() > 200, "nothing is printed in the quiet zone"
        # Bad light: dark, pale, blurred, askew, and a corner in the glare.
        dark = ImageEnhance.Contrast(ImageEnhance.Brightness(page).enhance(0.35)).enhance(0.5)
        askew = dark.rotate(11, expand=True, fillcolor=60).filter(ImageFilter.GaussianBlur(1.2))
        glare = page.copy()
        third = size // 4
        glare.paste(255, (left + size // 2, top + size // 2, left + size // 2 + third, top + size // 2 + third))
        for seen in (dark, askew, glare):
            assert [one.text for one in zxingcpp.read_barcodes(numpy.asarray(seen))] == [expected]


class TestType:
    @pytest.mark.parametrize("shape", ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"])
    def test_number_and_first_day_tell_of_it(self, platform: Platform, stranger: TestClient, shape: str) -> None:
        cover = platform.cover()
        pdf_of(platform, cover)
        form = {"number": cover["number"].lower(), "start": first_day(cover).strftime(shape)}
        answer = stranger.post("/verify", data=form)
        assert answer.status_code == 200
        assert cover["number"] in answer.text
        is_guarded(answer)

    @pytest.mark.parametrize(
        ("form", "status", "words"),
        [
            ({}, 422, "Type the number and the first day"),
            ({"number": "SC-00000-00000"}, 422, "Type the number and the first day"),
            ({"number": "SC-00000-00000", "start": "soon"}, 422, "Type the number and the first day"),
            ({"number": "SC-00000-00000", "start": "2026-02-30"}, 422, "Type the number and the first day"),
            ({"number": "SC-00000-00000", "start": "2026-12-05"}, 404, "There is no certificate"),
            ({"number": '"><script>', "start": "2026-12-05"}, 404, "&#34;&gt;&lt;script&gt;"),
        ],
    )
    def test_what_is_wrong_is_told_beside_the_form(
        self, stranger: TestClient, form: dict[str, str], status: int, words: str
    ) -> None:
        answer = stranger.post("/verify", data=form)
        assert answer.status_code == status
        assert words in answer.text
        assert "<script" not in answer.text

    def test_who_guesses_is_held_up(self, house: House) -> None:
        app = create_app(replace(house, limits=CountedLimits()))
        with TestClient(app, follow_redirects=False, headers={"Accept-Language": "en"}) as client:
            form = {"number": "SC-00000-00000", "start": "2026-12-05"}
            answers = [client.post("/verify", data=form) for _ in range(11)]
            assert [answer.status_code for answer in answers] == [404] * 10 + [429]
            assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
            assert "very often" in answers[-1].text
            # A code can still be scanned: nobody guesses 130 bits.
            assert client.get(f"/verify/{'0' * 26}").status_code == 404


class TestUpload:
    def test_tells_a_genuine_file_from_a_changed_one(self, platform: Platform, stranger: TestClient) -> None:
        cover = platform.cover()
        pdf = pdf_of(platform, cover)
        genuine = stranger.post("/verify/file", files={"file": ("certificate.pdf", pdf, "application/pdf")})
        assert genuine.status_code == 200
        assert "to the last byte" in genuine.text
        assert cover["number"] in genuine.text
        changed = stranger.post("/verify/file", files={"file": ("certificate.pdf", pdf + b"x", "application/pdf")})
        assert changed.status_code == 200
        assert "was changed after it was issued" in changed.text
        is_guarded(changed)

    @pytest.mark.parametrize(
        ("content", "status", "words"),
        [(b"", 422, "Choose a file"), (b"junk", 404, "is no certificate of ours"), (b"%PDF-1.7" * 1000, 404, "is no certificate of ours")],
    )  # fmt: skip
    def test_says_what_isnt_ours(self, stranger: TestClient, content: bytes, status: int, words: str) -> None:
        answer = stranger.post("/verify/file", files={"file": ("x.pdf", content, "application/pdf")})
        assert answer.status_code == status
        assert words in answer.text

    def test_without_a_file_or_with_a_huge_one(self, stranger: TestClient) -> None:
        assert stranger.post("/verify/file").status_code == 422
        huge = stranger.post("/verify/file", files={"file": ("x.pdf", io.BytesIO(b"x" * 300_000), "application/pdf")})
        assert huge.status_code == 413
