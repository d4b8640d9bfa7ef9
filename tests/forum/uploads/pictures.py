"""Images for tests, honest and otherwise, made as they are needed."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48), colour: Any = (200, 60, 20), **options: Any) -> bytes:
    file = io.BytesIO()
    mode = "RGBA" if isinstance(colour, tuple) and len(colour) == 4 else "RGB"
    Image.new(mode, size, colour).save(file, kind, **options)
    return file.getvalue()


def animation(kind: str = "GIF", frames: int = 3, size: tuple[int, int] = (40, 30)) -> bytes:
    images = [Image.new("RGB", size, (number * 7 % 256, number * 13 % 256, 90)) for number in range(frames)]
    file = io.BytesIO()
    images[0].save(file, kind, save_all=True, append_images=images[1:], duration=80, loop=0)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_bomb(width: int, height: int) -> bytes:
    """A few kilobytes that say, rightly, that they are so many pixels."""
    rows = zlib.compress(b"\0" * (width // 8 + 1) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def with_place_and_words() -> bytes:
    """A photograph, held on its side, that tells where it was taken and has a comment."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "canary-camera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (38.0, 43.0, 20.0)
    photo = Image.new("RGB", (120, 60), (10, 120, 200))
    photo.paste((250, 240, 10), (0, 0, 60, 60))
    file = io.BytesIO()
    photo.save(file, "JPEG", exif=exif, comment=b"canary-comment", icc_profile=b"canary-profile" * 20, quality=95)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
