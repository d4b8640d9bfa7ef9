"""The files of a Stack Exchange dump, read a row at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.parsers import expat

CHUNK = 256 * 1024
Row = dict[str, str]
Advance = Callable[[int], None]


class DumpError(Exception):
    """A dump that cannot be read; its text is one line that names the file and the place."""


def find(folder: Path, name: str) -> Path | None:
    """A table's file, whatever the case of its name."""
    return next((file for file in sorted(folder.iterdir()) if file.name.lower() == f"{name}.xml"), None)


def rows(file: Path, advance: Advance = lambda _size: None) -> Iterator[Row]:
    """Each `<row …/>` as its attributes, in the file's order, with memory for one chunk of it.

    A DOCTYPE is passed over and never loaded; an entity declaration is refused.

    Raises:
        DumpError: the file is not well-formed, ends too early, or declares entities.
    """
    found: list[Row] = []
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler = lambda name, attributes: found.append(attributes) if name == "row" else None
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    with file.open("rb") as source:
        while True:
            chunk = source.read(CHUNK)
            try:
                parser.Parse(chunk, not chunk)
            except expat.ExpatError as error:
                raise DumpError(f"{file.name}, line {error.lineno}: {expat.ErrorString(error.code)}.") from error
            except DumpError as error:
                raise DumpError(f"{file.name}: {error}") from error
            yield from found
            found.clear()
            advance(len(chunk))
            if not chunk:
                return


def moment(text: str | None) -> datetime | None:
    """A dump's time, which is in UTC without saying so."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def when(row: Row, name: str = "CreationDate") -> datetime:
    return moment(row.get(name)) or datetime(1970, 1, 1, tzinfo=UTC)


def number(row: Row, name: str) -> int:
    try:
        return int(row.get(name) or 0)
    except ValueError:
        return 0


def tag_names(text: str | None) -> list[str]:
    """`<a><b>` as dumps had it until 2024, `|a|b|` since; at most five, each once."""
    return list(dict.fromkeys(name[:35].lower() for name in re.findall(r"[^<>|]+", text or "")))[:5]


def _refuse(*_declaration: object) -> int:
    raise DumpError("it declares entities, which no dump does.")
