"""Making a backup while the site runs: the database as of one moment, uploaded files, and digests of both."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.backups import postgresql, sqlite
from forum.backups.manifest import ERASURES, FILES, NAME, SECRET, BackupError, Manifest, digest_of, program, stamp
from forum.clock import now
from forum.db import Database
from forum.erasures import log
from forum.erasures.log import Erased
from forum.erasures.models import ErasureRequest
from forum.settings import Settings
from forum.storage import UNFINISHED

SIDE = f".{ERASURES}"
Advance = Callable[[str], None]


def backup(
    settings: Settings, database: Database, to: Path, *, with_secret: bool = False, told: Advance = lambda _what: None
) -> Path:
    """Write a backup to a file, or into a folder under a name with the time; the file is there when it is whole.

    Beside it stands `….erasures.jsonl`: who was erased by then, by number alone, so that a restore of an older
    backup in the same folder erases them again.

    Raises:
        BackupError: something stands at that name, or the database could not be copied.
    """
    moment = now()
    target = to / f"porchlight-{stamp(moment)}.tar" if to.is_dir() else to
    if target.exists():
        raise BackupError(f"{target} is there already; choose another name.")
    if not target.parent.is_dir():
        raise BackupError(f"There is no folder {target.parent}.")
    with TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
        part = Path(folder)
        told("Copying the database")
        engine = sqlite if settings.embedded else postgresql
        copied = part / engine.MEMBER
        revision, counts = engine.copy(settings.listen_database_url or settings.database_url, copied)
        erasures = part / ERASURES
        log.add(erasures, known_erasures(settings, database))
        told("Packing")
        members = {engine.MEMBER: copied, ERASURES: erasures} | _files(settings)
        if with_secret and (settings.var / SECRET).is_file():
            members[SECRET] = settings.var / SECRET
        files_at = "" if settings.files_folder else settings.storage_url.partition("?")[0]
        manifest = Manifest(moment.isoformat(), program(), database.dialect, revision, counts, files_at=files_at)
        unfinished = part / "backup.tar"
        _pack(unfinished, members, manifest)
        side = target.with_name(f"{target.name}{SIDE}")
        erasures.replace(side)
        unfinished.replace(target)
        _sync(target.parent)
    if manifest.files_at:
        told(f"Uploaded files lie in {manifest.files_at}, and are not in the backup.")
    return target


def known_erasures(settings: Settings, database: Database) -> list[Erased]:
    """Who was erased: as the log in `VAR` has it, and the database, whichever knows of more."""
    found = list(log.read(settings.var / log.NAME))
    known = {(one.account_id, one.made_at) for one in found}
    with database.reading() as session:
        found += [one for one in _erased(session) if (one.account_id, one.made_at) not in known]
    return found


def _erased(session: Session) -> list[Erased]:
    rows = session.execute(
        select(Account.id, Account.created_at, ErasureRequest.content, ErasureRequest.begun_at)
        .join(ErasureRequest, ErasureRequest.account_id == Account.id)
        .where(ErasureRequest.begun_at.is_not(None))
    )
    return [Erased(one, made, content, at) for one, made, content, at in rows if at is not None]


def _files(settings: Settings) -> dict[str, Path]:
    """Uploaded files, where they lie in a folder; what is being written there is nobody's yet."""
    root = settings.files_folder
    if root is None or not root.is_dir():
        return {}
    found = sorted(file for file in root.rglob("*") if file.is_file() and not file.is_symlink())
    return {f"{FILES}/{file.relative_to(root).as_posix()}": file for file in found if file.suffix != UNFINISHED}


def _pack(to: Path, members: dict[str, Path], manifest: Manifest) -> None:
    """Put the parts into one file; the manifest comes last, when the digest of what was packed is known."""
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        with tarfile.open(fileobj=opened, mode="w") as archive:
            for name, file in members.items():
                try:
                    manifest.members[name] = digest_of(file)
                    archive.add(file, name, recursive=False)
                except FileNotFoundError:  # an upload that was removed since it was listed
                    manifest.members.pop(name, None)
            said = manifest.dump()
            about = tarfile.TarInfo(NAME)
            about.size, about.mode = len(said), 0o600
            archive.addfile(about, io.BytesIO(said))
        opened.flush()
        os.fsync(opened.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
