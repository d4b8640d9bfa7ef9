"""Pages that are packed in pieces, so that only what differs between two readers is packed for each.

Deflate (RFC 1951) lets a stream be put together from parts that end at a byte. Text after
a blank may refer to text before it, as in any packed page: the blank is as long as what
will stand there, and holds bytes that no UTF-8 text has, so nothing refers to it.
"""

from __future__ import annotations

import secrets
import zlib
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from forum.bounded import Bounded
from forum.web.fragments import ONCE, TOKEN_BYTES

LEVEL = 6
RAW = -15
TOKEN = TOKEN_BYTES * 4 // 3
BLANK = bytes(0xF8 + place % 8 for place in range(TOKEN))
STORED = b"\x00" + TOKEN.to_bytes(2, "little") + (0xFFFF - TOKEN).to_bytes(2, "little")
"""What announces a token that is stored as it is (RFC 1951, 3.2.4)."""
HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
LAST = b"\x03\x00"
"""An empty last block."""
ROOM = 4 * 1024 * 1024


class Piece(NamedTuple):
    """A part of a page: as it is, and packed."""

    plain: bytes
    packed: bytes


class Blanks:
    """The tokens of one page, made at once."""

    def __init__(self, count: int) -> None:
        self._left = secrets.token_urlsafe(TOKEN_BYTES * count).encode()

    def next(self) -> Piece:
        token, self._left = self._left[:TOKEN], self._left[TOKEN:]
        return Piece(token, STORED + token)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text with a blank for a token between every two of its pieces."""

    pieces: tuple[Piece, ...]

    @property
    def blanks(self) -> int:
        return len(self.pieces) - 1

    @property
    def size(self) -> int:
        return sum(len(piece.plain) + len(piece.packed) for piece in self.pieces)

    def filled(self, blanks: Blanks) -> list[Piece]:
        pieces = [self.pieces[0]]
        for piece in self.pieces[1:]:
            pieces += (blanks.next(), piece)
        return pieces


def stretch(html: str) -> Stretch:
    """Pack a text that holds `ONCE` wherever a token is to stand."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
    pieces: list[Piece] = []
    for text in html.encode().split(ONCE.encode()):
        if pieces:
            packer.compress(BLANK)
            packer.flush(zlib.Z_SYNC_FLUSH)
        packed = packer.compress(text)
        pieces.append(Piece(text, packed + packer.flush(zlib.Z_SYNC_FLUSH)))
    return Stretch(tuple(pieces))


_packed: Bounded[Piece] = Bounded(ROOM, lambda piece: 4 * len(piece.plain))


def pack(html: Markup) -> Piece:
    """What stands between two stretches, packed once for all pages that have the same there."""
    return _packed.get(html, lambda: _pack(html.encode()))


def _pack(plain: bytes) -> Piece:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
    packed = packer.compress(plain)
    return Piece(plain, packed + packer.flush(zlib.Z_SYNC_FLUSH))


def put_together(pieces: list[Piece]) -> bytes:
    return b"".join([piece.plain for piece in pieces])


def gzipped(pieces: list[Piece]) -> bytes:
    """The whole as a gzip file (RFC 1952)."""
    check = size = 0
    for plain, _packed in pieces:
        check = zlib.crc32(plain, check)
        size += len(plain)
    tail = LAST + check.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
    return b"".join([HEAD, *[packed for _plain, packed in pieces], tail])
