"""One file as somebody may see it, the files of a post, and what the storage holds in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.uploads import names
from forum.uploads.actions import UNDO, in_care_of, may_care
from forum.uploads.holders import holders_of
from forum.uploads.models import File, FileKind, FileSweep, FileUse

LARGEST = 10
SWEEPS = 10


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file. `public` says that nobody need be signed in to see it."""

    id: int
    token: str
    name: str
    kind: FileKind
    media_type: str
    size: int
    width: int | None
    height: int | None
    digest: str
    key: str
    thumbnail_key: str | None
    public: bool

    @property
    def url(self) -> str:
        return names.address(self.token, self.name, self.width, self.height)


@dataclass(frozen=True, slots=True)
class CaredFile:
    """A file where it is looked after. `until` is how long a removed one can be given back."""

    id: int
    name: str
    url: str
    thumbnail: str | None
    size: int
    width: int | None
    height: int | None
    current: bool
    created_at: datetime
    uploader: Account
    removed_at: datetime | None

    @property
    def until(self) -> datetime | None:
        return self.removed_at + UNDO if self.removed_at else None


@dataclass(frozen=True, slots=True)
class Amount:
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Stock:
    """What is kept, in numbers; `largest` are the accounts whose files take the most room."""

    kinds: dict[FileKind, Amount]
    unattached: Amount
    removed: Amount
    largest: tuple[tuple[Account, Amount], ...]
    sweeps: tuple[FileSweep, ...]

    @property
    def all(self) -> Amount:
        return Amount(sum(one.files for one in self.kinds.values()), sum(one.size for one in self.kinds.values()))


def find_file(session: Session, actor: Actor | None, token: str) -> FileRow:
    """A file that the actor may see.

    Raises:
        NotFound: there is none, or none that they may see.
    """
    holders = holders_of(session)
    columns = (
        File.id,
        File.token,
        File.name,
        File.kind,
        File.media_type,
        File.size,
        File.width,
        File.height,
        File.digest,
        File.key,
        File.thumbnail_key,
    )
    public = File.visible_to(None, holders).label("public")
    row = session.execute(select(*columns, public).where(File.token == token, File.visible_to(actor, holders))).first()
    if row is None:
        raise NotFound(_("There is no such file."))
    return FileRow(**row._mapping)


def files_in(session: Session, actor: Actor | None, kind: str, holder_id: int) -> list[CaredFile]:
    """The files of one post or message, for those who look after it, removed ones among them.

    Raises:
        Forbidden: the actor looks after nothing.
        NotFound: there is no such thing with files, or none that the actor sees and looks after.
    """
    may_care(session, actor)
    query = (
        select(File, FileUse.current, Account)
        .join(FileUse, FileUse.file_id == File.id)
        .join(Account, Account.id == File.uploader_id)
        .where(FileUse.holder_kind == kind, FileUse.holder_id == holder_id, in_care_of(session, actor))
        .order_by(FileUse.current.desc(), File.id)
        .limit(200)
    )
    holder = next((one for one in holders_of(session) if one.kind == kind), None)
    if holder is None or actor is None or not actor.can(holder.care):
        raise NotFound(_("There is nothing at this address."))
    found = session.execute(query.where(holder.seen_by(actor, FileUse.holder_id))).all()
    if not found:
        raise NotFound(_("There is nothing at this address."))
    return [_cared(file, current, uploader) for file, current, uploader in found]


def with_files(session: Session, kind: str, ids: Sequence[int]) -> set[int]:
    """Which of these posts or messages hold files."""
    if not ids:
        return set()
    found = select(FileUse.holder_id).where(FileUse.holder_kind == kind, FileUse.holder_id.in_(ids))
    return set(session.scalars(found.distinct()))


def stock(session: Session) -> Stock:
    """All there is, counted afresh."""
    amount = (func.count().label("files"), func.coalesce(func.sum(File.size), 0).label("size"))
    kinds = {
        row.kind: Amount(row.files, int(row.size))
        for row in session.execute(select(File.kind, *amount).group_by(File.kind))
    }
    loose = session.execute(select(*amount).where(File.attached_at.is_(None))).one()
    removed = session.execute(select(*amount).where(File.removed_at.is_not(None))).one()
    by_person = select(File.uploader_id, *amount).group_by(File.uploader_id).subquery()
    rows = session.execute(
        select(Account, by_person.c.files, by_person.c.size)
        .join(by_person, by_person.c.uploader_id == Account.id)
        .order_by(by_person.c.size.desc(), Account.id)
        .limit(LARGEST)
    )
    return Stock(
        kinds={kind: kinds.get(kind, Amount(0, 0)) for kind in FileKind},
        unattached=Amount(loose.files, int(loose.size)),
        removed=Amount(removed.files, int(removed.size)),
        largest=tuple((account, Amount(files, int(size))) for account, files, size in rows),
        sweeps=tuple(session.scalars(select(FileSweep).order_by(FileSweep.id.desc()).limit(SWEEPS))),
    )


def _cared(file: File, current: bool, uploader: Account) -> CaredFile:
    return CaredFile(
        id=file.id,
        name=file.name,
        url=names.address(file.token, file.name, file.width, file.height),
        thumbnail=names.thumbnail_address(file.token, file.name) if file.thumbnail_key else None,
        size=file.size,
        width=file.width,
        height=file.height,
        current=current,
        created_at=file.created_at,
        uploader=uploader,
        removed_at=file.removed_at,
    )
