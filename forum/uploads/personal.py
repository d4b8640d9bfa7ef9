"""Files that somebody brought, in an export with their bytes, and in an erasure with or without their words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, select, tuple_
from sqlalchemy.orm import Session

from forum.i18n import gettext as _
from forum.personal import AT_ONCE, Enclosure, Fate, Finding, Part, Section, Subject, count, in_batches, scrubs
from forum.storage import Missing, Storage
from forum.uploads.actions import BATCH, forget
from forum.uploads.limits import MB
from forum.uploads.models import File, FileUse
from forum.uploads.names import clean_name, ending_of

MOST = 200 * MB
"""Bytes of files in one archive. What is more is listed, and can be fetched from where it is shown."""
NAMELESS = "file"
ODD = re.compile(r'[<>:"|?*]')
"""What a name may not hold on some of the machines on which archives are opened."""
COLUMNS = (
    File.id,
    File.name,
    File.media_type,
    File.size,
    File.key,
    File.created_at,
    File.attached_at,
    File.removed_at,
)


def part(storage: Storage) -> Part:
    """To be added after whatever files can be attached to: what those let go of is nobody's by then."""
    return Part(
        name="files",
        tables=frozenset({"files", "file_uses"}),
        sections=lambda session, subject: _sections(session, subject, storage),
        findings=findings,
        steps=(forget_earlier, forget_files, forget_names, scrubs(File, "name")),
    )


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    everything = count(session, File, _theirs(subject))
    if subject.content:
        yield Finding(_("files"), everything, Fate.ERASED, _("Where they were shown, there is a gap."))
        return
    loose = count(session, File, _theirs(subject), _unused())
    yield Finding(_("files that nothing shows"), loose, Fate.ERASED)
    why = _("They belong to what others rely on; what they were called goes.")
    yield Finding(_("files in posts that stay"), everything - loose, Fate.NAMELESS, why)


def _sections(session: Session, subject: Subject, storage: Storage) -> Iterator[Section]:
    words = {
        "name": _("Name"),
        "file": _("Here"),
        "left_out": _("Not here"),
        "media_type": _("Kind"),
        "size": _("Bytes"),
        "created_at": _("Brought"),
        "attached_at": _("First shown"),
    }
    out: dict[int, str] = {}
    enclosed = _enclosed(session, subject, storage, out)
    yield Section("files", _("Files"), words, _rows(session, subject, out), enclosed)


def _enclosed(session: Session, subject: Subject, storage: Storage, out: dict[int, str]) -> Iterator[Enclosure]:
    """As many as have room, the oldest first; of all others `out` is told why they are not among them."""
    room = MOST
    for row in in_batches(session, _all(subject), File.id):
        if row.removed_at is not None:
            out[row.id] = _("A moderator removed it.")
        elif row.size > room:
            out[row.id] = _("There is no room for it here. Fetch it from where it is shown.")
        else:
            pieces = storage.read(row.key)
            try:
                first = next(pieces, b"")
            except Missing:
                out[row.id] = _("It is not there any more.")
                continue
            room -= row.size
            yield Enclosure(_path(row), chain((first,), pieces))


def _rows(session: Session, subject: Subject, out: dict[int, str]) -> Iterator[dict[str, Any]]:
    for row in in_batches(session, _all(subject), File.id):
        told = {name: getattr(row, name) for name in ("name", "media_type", "size", "created_at", "attached_at")}
        why = out.get(row.id, "")
        yield told | {"file": "" if why else _path(row), "left_out": why}


def _all(subject: Subject) -> Select[*tuple[Any, ...]]:
    return select(*COLUMNS).where(_theirs(subject))


def _path(row: Any) -> str:
    return f"files/{row.id}-{ODD.sub('_', clean_name(row.name))}"


def forget_earlier(session: Session, subject: Subject, _cursor: int) -> int | None:
    """What only earlier versions of posts show, whose words are gone."""
    theirs = select(File.id).where(_theirs(subject))
    keys = (FileUse.file_id, FileUse.holder_kind, FileUse.holder_id)
    earlier = select(*keys).where(FileUse.current.is_(False), FileUse.file_id.in_(theirs))
    found = [tuple(row) for row in session.execute(earlier.limit(AT_ONCE))]
    if found:
        session.execute(delete(FileUse).where(tuple_(*keys).in_(found)))
    return 0 if len(found) == AT_ONCE else None


def forget_files(session: Session, subject: Subject, _cursor: int) -> int | None:
    """All, with their bytes; or, where words stay, those that nothing shows any more."""
    goes = _theirs(subject) if subject.content else _theirs(subject) & _unused()
    # One that is held by somebody else's transaction is passed over: it is looked for again.
    return 0 if forget(session, goes) == BATCH or count(session, File, goes) else None


def forget_names(session: Session, subject: Subject, cursor: int) -> int | None:
    """What stays is called what it is. Addresses go by a file's token, so posts show it as before."""
    query = select(File).where(_theirs(subject), File.id > cursor).order_by(File.id).limit(AT_ONCE)
    rows = session.scalars(query).all()
    for file in rows:
        ending = ending_of(file.name)
        file.name = f"{NAMELESS}.{ending}" if ending.isalnum() and len(ending) <= 10 else NAMELESS
    session.flush()
    return rows[-1].id if len(rows) == AT_ONCE else None


def _theirs(subject: Subject) -> ColumnElement[bool]:
    return File.uploader_id == subject.account_id


def _unused() -> ColumnElement[bool]:
    return ~exists().where(FileUse.file_id == File.id)
