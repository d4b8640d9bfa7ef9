"""An archive as a file: pages to read without a network, and the same as JSON for programs."""

from __future__ import annotations

import enum
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from forum import i18n
from forum.clock import now
from forum.i18n import gettext as _
from forum.personal import Enclosure, Personal, Section, Subject
from forum.resources import folder
from forum.web.times import date_, use_time_zone

IN_MEMORY = 1024 * 1024
STYLE = Path(__file__).with_name("archive.css")
LONG = {"source", "text", "bio_source", "note", "message", "reason"}
"""Fields that hold a text of several lines rather than a word."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the front page of an archive says of one section."""

    name: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Cell:
    """`path` is that of a file in the archive to which the value leads."""

    label: str
    value: str
    long: bool
    path: str = ""


def write_archive(
    session: Session, personal: Personal, subject: Subject, file: Path, *, site_name: str, time_zone: str = "UTC"
) -> None:
    """Write everything that the parts tell of somebody into a zip file, a row at a time."""
    use_time_zone(time_zone)
    pages = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        frame = {"site_name": site_name, "subject": subject, "made_at": date_(now()), "locale": i18n.current_locale()}
        for section in personal.sections(session, subject):
            pages.append(_write_section(archive, section, frame))
        archive.writestr("index.html", _template("index.html").render(**frame, pages=pages))
        archive.writestr("style.css", STYLE.read_text())
        about = {"site": site_name, "handle": subject.handle, "made_at": now()}
        listed = {page.name: {"file": f"data/{page.name}.json", "count": page.count} for page in pages}
        archive.writestr("data/index.json", _json(about | {"sections": listed}))


def _write_section(archive: zipfile.ZipFile, section: Section, frame: Mapping[str, Any]) -> Page:
    count = 0
    for enclosure in section.enclosed:
        _write_file(archive, enclosure)
    with SpooledTemporaryFile(max_size=IN_MEMORY, mode="w+b") as kept:

        def cells() -> Iterator[list[Cell]]:
            nonlocal count
            for row in section.rows:
                kept.write((b",\n" if count else b"") + _json(row).encode())
                count += 1
                yield _cells(section.fields, row)

        with archive.open(f"{section.name}.html", "w") as page:
            stream = _template("section.html").stream(**frame, title=section.title, rows=cells())
            stream.enable_buffering(50)
            for piece in stream:
                page.write(piece.encode())
        kept.seek(0)
        with archive.open(f"data/{section.name}.json", "w") as data:
            data.write(b"[")
            while block := kept.read(IN_MEMORY):
                data.write(block)
            data.write(b"]\n")
    return Page(section.name, section.title, count)


def _write_file(archive: zipfile.ZipFile, enclosure: Enclosure) -> None:
    """As it is: what people bring is packed already, or small."""
    about = zipfile.ZipInfo(enclosure.path, now().timetuple()[:6])
    with archive.open(about, "w") as written:
        for piece in enclosure.pieces:
            written.write(piece)


def _cells(fields: Mapping[str, str], row: Mapping[str, Any]) -> list[Cell]:
    shown = ((name, label, _words(row.get(name))) for name, label in fields.items())
    return [
        Cell(str(label), value, name in LONG and len(value) > 60, quote(value) if name == "file" else "")
        for name, label, value in shown
        if value
    ]


def _words(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_(value)
    if isinstance(value, list | tuple):
        return ", ".join(_words(one) for one in value)
    return value.value if isinstance(value, enum.Enum) else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=None)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Iterable):
        return list(value)
    return str(value)


def _template(name: str) -> Any:
    return _environment().get_template(f"forum/exports/archive/{name}")


@cache
def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext
    )
    env.policies["ext.i18n.trimmed"] = True
    env.globals.update(direction=i18n.direction)
    return env
