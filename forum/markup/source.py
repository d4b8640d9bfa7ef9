"""Source as it is stored: one kind of newline, and only characters that text can hold."""

import re

_NEWLINE = re.compile(r"\r\n?")
# Controls (tab and newline stay), lone surrogates and the byte order mark: no database or feed takes them all.
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")


def normalise(source: str) -> str:
    return _NOT_TEXT.sub("", _NEWLINE.sub("\n", source))
