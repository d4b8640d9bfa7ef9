"""Pictures and files of the folder become files here, of whoever wrote the post that shows them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from forum.clock import now
from forum.db import Database
from forum.errors import Invalid, Unavailable
from forum.importers.models import ImportedId
from forum.importers.run import Known, Run
from forum.storage import Storage
from forum.uploads.intake import Kept, keep, look_at
from forum.uploads.limits import MB, Limits, limits_of
from forum.uploads.models import File, FileUse
from forum.uploads.names import address, shown_in

FILE = "file"


class Uploads:
    """Takes files in when a text first shows them; what is not in the folder stays a link to the former site."""

    def __init__(self, database: Database, storage: Storage, folder: Path, old: str | None, source: str) -> None:
        self.run: Run | None = None
        self.database = database
        self.storage = storage
        self.folder = folder / "uploads"
        self.old = old
        self.source = source
        self._there = self.folder.is_dir()
        self._kept: dict[str, tuple[str, Kept]] = {}
        """By token, what is kept and has no row yet, with the name it had there."""
        self._waiting: dict[str, str] = {}
        with database.reading() as session:
            self._limits: Limits = limits_of(session)

    def url(self, name: str) -> str:
        """Where a file is found by the name it had there."""
        if name in self._waiting:
            return self._waiting[name]
        assert self.run is not None
        with self.database.reading() as session:
            known = self.run.known(session, FILE, [name]).get(name)
            file = session.get(File, known.local_id) if known else None
            if file is not None:
                return address(file.token, file.name, file.width, file.height)
        kept = self._take_in(name) if self._there else None
        if kept is None:
            return f"{self.old}/uploads/short-url/{name}" if self.old else f"upload://{name}"
        self._kept[kept.token] = (name, kept)
        self._waiting[name] = kept.url
        return kept.url

    def attach(self, session: Session, kind: str, posts: Mapping[int, tuple[int, str]]) -> None:
        """Make rows of the files that these posts show, and let them belong to them."""
        assert self.run is not None
        for post_id, (author_id, html) in posts.items():
            for token in shown_in(html):
                file_id = session.scalar(select(File.id).where(File.token == token)) or self._add(
                    session, token, author_id
                )
                if file_id is not None and not self._used(session, file_id, kind, post_id):
                    session.add(FileUse(file_id=file_id, holder_kind=kind, holder_id=post_id))
        session.flush()

    def _used(self, session: Session, file_id: int, kind: str, post_id: int) -> bool:
        """Whether it is there already; a file that the import did not bring is not its to give to anybody."""
        ours = exists().where(FileUse.file_id == file_id, FileUse.holder_kind == kind, FileUse.holder_id == post_id)
        assert self.run is not None
        brought = exists().where(
            ImportedId.source_id == self.run.source_id, ImportedId.kind == FILE, ImportedId.local_id == file_id
        )
        return bool(session.scalar(select(ours))) or not session.scalar(select(brought))

    def _add(self, session: Session, token: str, author_id: int) -> int | None:
        found = self._kept.get(token)
        if found is None:
            return None
        name, kept = found
        moment = now()
        file = File(
            token=kept.token,
            uploader_id=author_id,
            kind=kept.kind,
            name=kept.name,
            media_type=kept.media_type,
            size=kept.size,
            width=kept.width,
            height=kept.height,
            digest=kept.digest,
            key=kept.key,
            thumbnail_key=kept.thumbnail_key,
            created_at=moment,
            attached_at=moment,
        )
        session.add(file)
        session.flush()
        assert self.run is not None
        self.run.remember(session, FILE, [(name, Known(file.id, kept.digest[:16], 0))])
        self.run.report.added["files"] += 1
        return file.id

    def _take_in(self, name: str) -> Kept | None:
        """The bytes, kept; None for what is not there or not taken here, which is then said."""
        assert self.run is not None
        file = self.folder / name
        if not file.is_file() or file.is_symlink():
            return None
        self.run.report.read["files"] += 1
        if file.stat().st_size > self._limits.file_mb * MB:
            self.run.report.skip("files", "it is larger than a file may be here; its link was kept")
            return None
        try:
            return keep(self.storage, look_at(name, file.read_bytes(), self._limits))
        except Invalid:
            self.run.report.skip("files", "files of its kind are not taken here; its link was kept")
        except Unavailable:
            self.run.report.skip("files", "it could not be kept now; its link was kept")
        return None
