"""Where files lie: a folder, or an S3 bucket. Both keep bytes under keys and know nothing of what they are."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl, urlsplit

from forum.errors import Unavailable
from forum.i18n import gettext as _
from forum.outages import outage_of

CHUNK = 256 * 1024
UNFINISHED = ".part"
PATIENCE = timedelta(seconds=20)


class Missing(Exception):
    """Nothing is kept under this key."""


class Kept(NamedTuple):
    """What lies under a key; `written_at` by the clock of whoever keeps it."""

    key: str
    size: int
    written_at: datetime


class Storage(Protocol):
    """`where` says in words where the files lie.

    Every method may raise `Unavailable`. A key is written once: whoever writes takes one that nobody else can have.
    """

    where: str

    def put(self, key: str, data: bytes) -> None:
        """Keep it; on return it is safe."""

    def read(self, key: str) -> Iterator[bytes]:
        """Its bytes, in pieces.

        Raises:
            Missing: at the first piece.
        """

    def delete(self, key: str) -> None:
        """Let go of it; it is no error when there is nothing."""

    def all(self) -> Iterator[Kept]:
        """Everything that is kept, in no order."""


class Folder:
    """Files below a folder, which only this program's user can read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.where = str(root)

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        with _said():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
            try:
                with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.replace(path)
            except OSError:
                unfinished.unlink(missing_ok=True)
                raise
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def read(self, key: str) -> Iterator[bytes]:
        with _said():
            try:
                file = self._path(key).open("rb")
            except FileNotFoundError as error:
                raise Missing(key) from error
            with file:
                while piece := file.read(CHUNK):
                    yield piece

    def delete(self, key: str) -> None:
        with _said():
            self._path(key).unlink(missing_ok=True)

    def all(self) -> Iterator[Kept]:
        with _said():
            for folder, _folders, names in os.walk(self.root):
                for name in names:
                    path = Path(folder) / name
                    with suppress(FileNotFoundError):  # somebody else let go of it
                        state = path.stat()
                        written_at = datetime.fromtimestamp(state.st_mtime, UTC)
                        yield Kept(path.relative_to(self.root).as_posix(), state.st_size, written_at)

    def _path(self, key: str) -> Path:
        return self.root / key


class Bucket:
    """Objects in an S3 bucket, or whatever speaks the same. Credentials come from the environment's AWS variables."""

    def __init__(self, bucket: str, prefix: str, *, endpoint: str | None = None, region: str | None = None) -> None:
        from obstore.store import S3Store  # noqa: PLC0415 - an extra

        given: dict[str, Any] = {"endpoint": endpoint, "region": region}
        self.where = f"s3://{bucket}/{prefix}"
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            client_options={"allow_http": (endpoint or "").startswith("http://"), "timeout": PATIENCE},
            retry_config={"max_retries": 2, "retry_timeout": PATIENCE},
            **{name: value for name, value in given.items() if value},
        )

    def put(self, key: str, data: bytes) -> None:
        with _said_by_bucket():
            self._store.put(key, data, use_multipart=False)

    def read(self, key: str) -> Iterator[bytes]:
        with _said_by_bucket():
            for piece in self._store.get(key).stream(min_chunk_size=CHUNK):
                yield bytes(piece)

    def delete(self, key: str) -> None:
        with suppress(Missing), _said_by_bucket():
            self._store.delete(key)

    def all(self) -> Iterator[Kept]:
        with _said_by_bucket():
            for found in self._store.list():
                for one in found:
                    yield Kept(one["path"], one["size"], one["last_modified"])


def storage_at(url: str) -> Storage:
    """The storage that a setting names: a folder's path, or `s3://bucket/prefix?endpoint=…&region=…`."""
    parts = urlsplit(url)
    if parts.scheme != "s3":
        return Folder(Path(url))
    given = dict(parse_qsl(parts.query))
    return Bucket(parts.netloc, parts.path.strip("/"), endpoint=given.get("endpoint"), region=given.get("region"))


def try_out(storage: Storage) -> None:
    """Write, read and delete, as `porchlight check` does.

    Raises:
        Unavailable, Missing: one of the three does not work.
    """
    key, words = f"check/{secrets.token_hex(8)}", secrets.token_bytes(64)
    storage.put(key, words)
    try:
        if b"".join(storage.read(key)) != words:
            raise Missing(key)
    finally:
        storage.delete(key)


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise outage_of(error) or _away() from error


@contextmanager
def _said_by_bucket() -> Iterator[None]:
    from obstore.exceptions import BaseError, NotFoundError  # noqa: PLC0415 - an extra

    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise Missing(str(error)) from error
    except (BaseError, OSError) as error:
        raise _away() from error


def _away() -> Unavailable:
    return Unavailable(_("Files cannot be kept or read at the moment."), 30)
