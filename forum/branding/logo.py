"""A picture from outside, made anew: nothing of the file that was sent is kept but its pixels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO

from forum.errors import Invalid
from forum.i18n import gettext as _

LARGEST = 512 * 1024
MOST_PIXELS = 2000
"""To a side; known from the header, before anything is unpacked."""
KEPT_WITHIN = (1024, 256)
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


@dataclass(frozen=True, slots=True)
class Picture:
    digest: str
    media_type: str
    width: int
    height: int
    data: bytes


def remake(upload: bytes) -> Picture:
    """Decode an upload and encode it again, no larger than a header can show; takes CPU.

    Raises:
        Invalid: it is empty, too large, or no picture of a known kind.
    """
    if not upload:
        raise Invalid({"logo": _("Choose a file.")})
    if len(upload) > LARGEST:
        raise Invalid({"logo": _("A logo may have at most 512 KB.")})
    from PIL import Image  # noqa: PLC0415 - what few requests need, no process holds from the start

    try:
        return _remade(upload)
    except Image.DecompressionBombError as error:
        words = _("A logo may have at most {most} × {most} pixels; this one has many more.")
        raise Invalid({"logo": words.format(most=MOST_PIXELS)}) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # as Pillow does
        raise Invalid({"logo": _("This is no PNG, JPEG or WebP that could be read.")}) from error


def _remade(upload: bytes) -> Picture:
    from PIL import Image, ImageOps  # noqa: PLC0415

    with Image.open(BytesIO(upload), formats=tuple(FORMATS)) as opened:
        kind = str(opened.format)
        if max(opened.size) > MOST_PIXELS:
            words = _("A logo may have at most {most} × {most} pixels; this one has {width} × {height}.")
            raise Invalid({"logo": words.format(most=MOST_PIXELS, width=opened.width, height=opened.height)})
        turned = ImageOps.exif_transpose(opened)
        picture = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    picture.thumbnail(KEPT_WITHIN, Image.Resampling.LANCZOS)
    picture.info = {}
    made = BytesIO()
    picture.save(made, kind, optimize=True, quality=90)
    data = made.getvalue()
    digest = hashlib.blake2b(data, digest_size=12).hexdigest()
    return Picture(digest, FORMATS[kind], picture.width, picture.height, data)
