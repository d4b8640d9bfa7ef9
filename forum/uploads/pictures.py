"""Images that strangers send: measured before they are decoded, decoded within bounds, and made anew.

What comes out holds pixels and nothing else: no place and time, no comment, no colour profile, and nothing that
was hidden behind the image or pretended to be one.
"""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass

from PIL import Image

from forum.errors import Invalid
from forum.i18n import gettext as _

LONGEST_SIDE = 2048
THUMBNAIL = 480
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
ENDINGS = {"PNG": ("png", "image/png"), "JPEG": ("jpg", "image/jpeg"), "WEBP": ("webp", "image/webp")}
_BEGINNINGS = ((b"\x89PNG\r\n\x1a\n", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF87a", "GIF"), (b"GIF89a", "GIF"))
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each way, as EXIF numbers them, in which a camera was held."""
Image.MAX_IMAGE_PIXELS = 40_000_000
"""Of the library's own guard, which comes after ours: it refuses twice as many, whoever opens an image."""
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Picture:
    data: bytes
    ending: str
    media_type: str
    width: int
    height: int
    thumbnail: bytes


def format_of(data: bytes) -> str | None:
    """Which image a file begins like, whatever it is called; None for what is none."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((name for beginning, name in _BEGINNINGS if data.startswith(beginning)), None)


def remake(data: bytes, *, megapixels: int, frames: int) -> Picture:
    """The same image from its pixels alone, upright, at most `LONGEST_SIDE` pixels long, with a thumbnail.

    Raises:
        Invalid: it is no image that can be read, or has more pixels or frames than may be decoded.
    """
    most = megapixels * 1_000_000
    kind = format_of(data)
    if kind is None:
        raise _unreadable()
    try:
        if kind != "JPEG":  # of a WebP the library makes room for all as soon as it opens one
            _check_size(*_SIZES[kind](data), most)
        with Image.open(io.BytesIO(data), formats=(kind,)) as image:
            _check_size(*image.size, most)
            if kind in ("GIF", "WEBP") and (count := _frames(image, most, frames)) > 1:
                return _animation(image, count)
            return _still(image, "PNG" if kind == "GIF" else kind)
    except Invalid:
        raise
    except Image.DecompressionBombError as error:
        words = _("This image has too many pixels; {most} megapixels is the most.")
        raise Invalid({"files": words.format(most=megapixels)}) from error
    except Exception as error:  # the library raises of every kind at what is broken on purpose
        raise _unreadable() from error


def _still(image: Image.Image, kind: str) -> Picture:
    longest = max(image.size)
    if kind == "JPEG" and longest > LONGEST_SIDE:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # decodes at half, a quarter or an eighth of the size
    image.load()
    turned = image.getexif().get(0x0112, 1)
    pixels = _plain(image, alpha=kind != "JPEG")
    pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    pixels = _upright(pixels, turned)
    small = pixels.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    ending, media_type = ENDINGS[kind]
    return Picture(_saved(pixels, kind), ending, media_type, *pixels.size, _saved(small, "WEBP"))


def _animation(image: Image.Image, count: int) -> Picture:
    frames, durations = [], []
    for number in range(count):
        image.seek(number)
        frame = _plain(image, alpha=True)
        frame.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        frames.append(frame)
        durations.append(_duration(image))
    first, *others = frames
    small = first.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    file = io.BytesIO()
    first.save(file, "WEBP", save_all=True, append_images=others, duration=durations, loop=0, quality=80, method=1)
    ending, media_type = ENDINGS["WEBP"]
    return Picture(file.getvalue(), ending, media_type, *first.size, _saved(small, "WEBP"))


def _duration(image: Image.Image) -> int:
    """How long a frame stands, in milliseconds; what says nothing, or nothing sensible, a tenth of a second."""
    stands = image.info.get("duration", 100)
    return int(stands) if isinstance(stands, int | float) and 10 < stands < 60_000 else 100


def _frames(image: Image.Image, most: int, frames: int) -> int:
    """How many there are, found by going through them: a header may say anything.

    Raises:
        Invalid: more than may be decoded.
    """
    count = 1
    while True:
        try:
            image.seek(count)
        except EOFError:
            image.seek(0)
            return count
        count += 1
        width, height = image.size
        if count > frames or width * height * count > most:
            words = _("This animation has too many frames: {frames}, or {megapixels} megapixels in all, is the most.")
            raise Invalid({"files": words.format(frames=frames, megapixels=most // 1_000_000)})


def _plain(image: Image.Image, *, alpha: bool) -> Image.Image:
    """The pixels in one of two kinds, and none of what came with them."""
    see_through = alpha and (image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info)
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    pixels = image.convert("RGBA" if see_through else "RGB")
    if pixels is image:
        pixels = image.copy()
    pixels.info.clear()
    return pixels


def _upright(image: Image.Image, turned: int) -> Image.Image:
    return image.transpose(_TURNS[turned]) if turned in _TURNS else image


def _saved(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    how: dict[str, int] = {"PNG": {}, "JPEG": {"quality": 85}, "WEBP": {"quality": 85, "method": 3}}[kind]
    image.save(file, kind, **how)
    return file.getvalue()


def _check_size(width: int, height: int, most: int) -> None:
    if width * height > most:
        words = _("This image has {pixels} megapixels; {most} is the most.")
        raise Invalid({"files": words.format(pixels=-(-width * height // 1_000_000), most=most // 1_000_000)})
    if not width or not height:
        raise _unreadable()


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height as the header of a WebP says them."""
    kind = data[12:16]
    if kind == b"VP8X":
        wide, high = data[24:27], data[27:30]
        return 1 + int.from_bytes(wide, "little"), 1 + int.from_bytes(high, "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise _unreadable()


def _png_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _gif_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<HH", data[6:10])
    return width, height


def _unreadable() -> Invalid:
    return Invalid({"files": _("This is no image that can be read. PNG, JPEG, GIF and WebP are.")})


_SIZES = {"PNG": _png_size, "GIF": _gif_size, "WEBP": _webp_size}
"""Read off the header, before the library looks at anything."""
