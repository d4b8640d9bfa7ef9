"""Bringing a backup back: checked, brought up to date, with everybody erased again who was, before anybody reads it."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, delete, inspect, text
from sqlalchemy.exc import DBAPIError

from forum import schema
from forum.accounts.models import AccountSession
from forum.backups import postgresql, sqlite
from forum.backups.backup import SIDE, known_erasures
from forum.backups.manifest import ERASURES, FILES, NAME, SECRET, BackupError, Manifest, digest_of
from forum.clock import now
from forum.erasures import log
from forum.erasures.log import Erased
from forum.erasures.running import erase_again
from forum.errors import Unavailable
from forum.jobs import Worker
from forum.settings import Settings
from forum.storage import storage_at
from forum.web import Site

Check = Callable[[Site], Iterator[str]]
"""Looks at what was restored, and says what is wrong with it."""
Build = Callable[[Settings], Site]
ALIVE = timedelta(minutes=1)


def restore(
    settings: Settings,
    file: Path,
    *,
    build: Build,
    checks: Iterable[Check],
    replace_all: bool = False,
    erasures: Iterable[Path] = (),
    told: Callable[[str], None] = lambda _what: None,
) -> tuple[Manifest, int]:
    """Restore a backup; says what it was and how many people were erased again.

    On SQLite the database in place is exchanged for the restored one at the very end, when all is well. On
    PostgreSQL it is emptied first, so that after a failure the site has to stay down until another restore went well.

    Raises:
        BackupError: the backup is damaged, newer than this program, of the other engine, or would overwrite what is
            there; or what was restored does not hold together.
    """
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    _refuse_occupied(settings, build, replace_all=replace_all)
    with TemporaryDirectory(prefix=".restore-", dir=settings.var) as folder:
        parts = Path(folder)
        told("Checking the backup")
        manifest = unpack(file, parts)
        _refuse_unfit(settings, manifest)
        records = _records(settings, build, parts, file, erasures)
        log.add(settings.var / log.NAME, records)
        if SECRET in manifest.members and (replace_all or not (settings.var / SECRET).exists()):
            shutil.copy(parts / SECRET, settings.var / SECRET)
            (settings.var / SECRET).chmod(0o600)
        told("Bringing the database back")
        staged = replace(settings, database_url=_load(settings, parts, manifest), read_database_url=None)
        if staged.embedded:
            staged = replace(staged, listen_database_url=None)
        schema.upgrade(staged.database_url)
        site = build(staged)
        try:
            site.database.write(lambda session: session.execute(delete(AccountSession)))
            told("Erasing again who was erased since")
            again = erase_again(site.database, site.personal, records)
            told("Checking what was restored")
            wrong = [line for check in (_keys, *checks) for line in check(site)]
        finally:
            site.database.dispose()
        if wrong:
            raise BackupError(f"What was restored does not hold together: {wrong[0]} ({len(wrong)} such findings)")
        _bring_files(settings, parts, manifest, told)
        if settings.embedded:
            _exchange(settings, staged)
    return manifest, again


def unpack(file: Path, to: Path) -> Manifest:
    """Take a backup apart, and hold each part against the manifest.

    Raises:
        BackupError: a part is missing, changed, or not in the manifest.
    """
    try:
        with tarfile.open(file, "r:") as archive:
            archive.extractall(to, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise BackupError(f"{file.name} is no backup, or it is damaged: {error}.") from error
    if not (to / NAME).is_file():
        raise BackupError(f"{file.name} has no manifest: it is no backup made by porchlight, or it was cut off.")
    manifest = Manifest.load((to / NAME).read_bytes())
    found = {path.relative_to(to).as_posix() for path in to.rglob("*") if path.is_file()} - {NAME}
    if found != set(manifest.members):
        odd = sorted(found ^ set(manifest.members))[0]
        raise BackupError(f"{file.name} does not hold what its manifest says: {odd}.")
    for name, (digest, size) in manifest.members.items():
        if digest_of(to / name) != (digest, size):
            raise BackupError(f"{file.name} is damaged: {name} is not what it was.")
    return manifest


def _refuse_unfit(settings: Settings, manifest: Manifest) -> None:
    engine = "sqlite" if settings.embedded else "postgresql"
    if manifest.engine != engine:
        raise BackupError(f"This is a backup of {manifest.engine}, and PORCHLIGHT_DATABASE_URL names {engine}.")
    if not schema.knows(manifest.schema):
        raise BackupError(
            f"This backup was made by a newer program ({manifest.program}, schema {manifest.schema}): install that one."
        )


def _refuse_occupied(settings: Settings, build: Build, *, replace_all: bool) -> None:
    accounts, alive = _occupied(settings, build)
    if alive:
        raise BackupError("The site is running: a job worker was heard of in the last minute. Stop it first.")
    files = settings.files_folder
    if not replace_all and (accounts or (files is not None and files.is_dir() and any(files.iterdir()))):
        raise BackupError("There is a site here already; --replace puts the backup in its place.")


def _occupied(settings: Settings, build: Build) -> tuple[bool, bool]:
    """Whether there are people in the database that is in place, and whether a worker lives."""
    if settings.embedded and not sqlite.file_of(settings.database_url).exists():
        return False, False
    engine = create_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            tables = set(inspect(connection).get_table_names())
            some = "accounts" in tables and connection.scalar(text("SELECT 1 FROM accounts LIMIT 1")) is not None
    except DBAPIError as error:
        raise BackupError(f"The database does not answer: {str(error.orig).splitlines()[0]}") from error
    finally:
        engine.dispose()
    if "workers" not in tables:
        return some, False
    site = build(settings)
    try:
        with site.database.reading() as session:
            alive = session.query(Worker.name).filter(Worker.seen_at > now() - ALIVE).first()
    finally:
        site.database.dispose()
    return some, alive is not None


def _records(settings: Settings, build: Build, parts: Path, file: Path, given: Iterable[Path]) -> list[Erased]:
    """Everybody known to have been erased: to `VAR`, the database in place, this backup, and those beside it."""
    places = [parts / ERASURES, *sorted(file.parent.glob(f"*{SIDE}")), *given, settings.var / log.NAME]
    found = [one for place in places for one in log.read(place)]
    if settings.embedded and not sqlite.file_of(settings.database_url).exists():
        return found
    site = build(settings)
    try:
        found += known_erasures(settings, site.database)
    except DBAPIError:  # nothing was ever migrated there, or by a version that erased nobody
        pass
    finally:
        site.database.dispose()
    return list(dict.fromkeys(found))


def _load(settings: Settings, parts: Path, manifest: Manifest) -> str:
    """Bring the database back, and hold its rows against the manifest; the URL at which it is now."""
    if settings.embedded:
        staged = parts / sqlite.MEMBER
        revision, counts = sqlite.facts(staged)
        url = f"sqlite:///{staged}"
    else:
        url = settings.listen_database_url or settings.database_url
        postgresql.load(url, parts / postgresql.MEMBER)
        engine = postgresql.engine_for(url)
        with engine.connect() as connection:
            revision, counts = postgresql.facts(connection)
        engine.dispose()
    if (revision, counts) != (manifest.schema, manifest.counts):
        raise BackupError("The database that was restored has other rows than the manifest says.")
    return url


def _keys(site: Site) -> Iterator[str]:
    """Rows that point at nothing. PostgreSQL checks that itself when it loads them."""
    if site.settings.embedded:
        broken = sqlite.broken_keys(sqlite.file_of(site.settings.database_url))
        if broken:
            yield f"{broken} rows point at rows that are not there"


def _exchange(settings: Settings, staged: Settings) -> None:
    """Put the restored file in the place of the one that was there."""
    restored, target = sqlite.file_of(staged.database_url), sqlite.file_of(settings.database_url)
    sqlite.settle(restored)
    moved = target.with_name(f".{target.name}.restored")
    shutil.move(restored, moved)
    for ending in ("-wal", "-shm"):
        target.with_name(f"{target.name}{ending}").unlink(missing_ok=True)
    moved.replace(target)


def _bring_files(settings: Settings, parts: Path, manifest: Manifest, told: Callable[[str], None]) -> None:
    """Put uploaded files where the settings say, under the keys they had; what else lies there, the next sweep finds.

    It is done before the database is put in place, which names them.

    Raises:
        BackupError: they cannot be written.
    """
    if manifest.files_at and manifest.files_at != settings.storage_url.partition("?")[0]:
        told(f"Uploaded files lay in {manifest.files_at} and are not in this backup: bring them to where they lie now.")
    keys = [name.removeprefix(f"{FILES}/") for name in manifest.members if name.startswith(f"{FILES}/")]
    if not keys:
        return
    storage = storage_at(settings.files_at)
    told(f"Bringing {len(keys)} files back to {storage.where}")
    try:
        for key in keys:
            storage.put(key, (parts / FILES / key).read_bytes())
    except Unavailable as error:
        raise BackupError(f"Files cannot be written to {storage.where}.") from error
