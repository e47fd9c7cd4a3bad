"""Pictures that others send: looked at, made smaller, and written anew, so that nothing of the file itself is kept."""

from __future__ import annotations

import io
import warnings
from typing import Final

from PIL import Image, ImageOps

LARGEST_FILE: Final = 5 * 1024 * 1024
MOST_PIXELS: Final = 16_000_000
# Printed 60 mm wide at 300 dots to the inch.
LOGO_PIXELS: Final = (720, 240)
LARGEST_LOGO: Final = 96 * 1024
FORMATS: Final = ("PNG", "JPEG", "WEBP")


class BadPicture(ValueError):
    """A picture that can't be taken: what is wrong and what would be right."""


def logo_from(content: bytes) -> bytes:
    """The logo as PNG of 720 × 240 pixels at most, without what else was in its file. Raises `BadPicture`."""
    if len(content) > LARGEST_FILE:
        raise BadPicture(
            f"the picture's file has {len(content) // 1024:,} kB; expected {LARGEST_FILE // 1024:,} at most"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise BadPicture(f"the picture has {picture.width} × {picture.height} pixels; expected far fewer")
                drawn = ImageOps.exif_transpose(picture).convert("RGBA")
    except BadPicture:
        raise
    except Exception:  # noqa: BLE001, decoders raise whatever they like on what isn't a picture
        raise BadPicture("that is no picture that can be read; expected PNG, JPEG or WebP") from None
    drawn.thumbnail(LOGO_PIXELS, Image.Resampling.LANCZOS)
    written = io.BytesIO()
    drawn.save(written, "PNG", optimize=True)
    if written.tell() > LARGEST_LOGO:
        # A photograph, not a logo: each document would carry it.
        drawn.quantize(256).save(written := io.BytesIO(), "PNG", optimize=True)
    if written.tell() > LARGEST_LOGO:
        raise BadPicture(
            f"as a logo it would have {written.tell() // 1024} kB; expected {LARGEST_LOGO // 1024} at most"
        )
    return written.getvalue()
