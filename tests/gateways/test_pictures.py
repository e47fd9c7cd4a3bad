"""Logos: taken from whatever a partner sends, without whatever came along."""

from __future__ import annotations

import io
import os
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from coverage.domain.certificate import Brand
from coverage.gateways.pictures import LARGEST_LOGO, LOGO_PIXELS, BadPicture, logo_from


def a_picture(width: int = 1600, height: int = 400, format: str = "PNG", mode: str = "RGBA", **more: Any) -> bytes:
    drawn = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert(mode).save(drawn, format, **more)
    return drawn.getvalue()


class TestLogo:
    @pytest.mark.parametrize(
        ("format", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("JPEG", "L"), ("WEBP", "RGB")]
    )
    def test_is_a_small_png_of_the_same_shape(self, format: str, mode: str) -> None:
        logo = logo_from(a_picture(format=format, mode=mode))
        Brand("#17425c", logo)
        with Image.open(io.BytesIO(logo)) as picture:
            assert (picture.format, picture.size) == ("PNG", (720, 180))
        assert len(logo) <= LARGEST_LOGO

    def test_a_small_one_keeps_its_size(self) -> None:
        with Image.open(io.BytesIO(logo_from(a_picture(90, 30)))) as picture:
            assert picture.size == (90, 30)

    def test_nothing_that_came_along_is_kept(self) -> None:
        exif = Image.Exif()
        exif[0x010E] = "secret place"
        exif[0x0112] = 6  # turned by a quarter
        sent = a_picture(400, 100, "JPEG", "RGB", exif=exif) + b"<script>secret tail</script>"
        logo = logo_from(sent)
        assert b"secret" not in logo
        with Image.open(io.BytesIO(logo)) as picture:
            assert picture.size == (60, 240), "as it was meant to be seen"
            assert not picture.info

    def test_a_photograph_gets_fewer_colours_or_is_refused(self) -> None:
        noise = Image.frombytes("RGB", LOGO_PIXELS, os.urandom(3 * LOGO_PIXELS[0] * LOGO_PIXELS[1]))
        drawn = io.BytesIO()
        noise.save(drawn, "PNG")
        with pytest.raises(BadPicture, match="expected 96 at most"):
            logo_from(drawn.getvalue())


def a_bomb(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of that size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


class TestWhatIsNoLogo:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "no picture"), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"), (os.urandom(500), "no picture"),
            (a_picture()[:300], "no picture"), (a_picture(40, 40, "GIF", "P"), "no picture"), (a_picture(40, 40, "TIFF"), "no picture"),
            (a_bomb(50_000, 50_000), "no picture|pixels"), (a_bomb(6_000, 6_000), "pixels"), (b"\0" * (6 * 1024 * 1024), "kB"),
        ],
    )  # fmt: skip
    def test_is_refused_in_words(self, content: bytes, words: str) -> None:
        with pytest.raises(BadPicture, match=words):
            logo_from(content)
