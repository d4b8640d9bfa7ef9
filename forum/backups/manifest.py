"""What a backup says of itself: which program and shape of the database, how many rows, and a digest of each part."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

NAME = "manifest.json"
ERASURES = "erasures.jsonl"
SECRET = "secret"  # noqa: S105 - the name of a file
FILES = "files"
FORMAT = 1
BLOCK = 1024 * 1024


class BackupError(Exception):
    """Why there is no backup, or none is restored: one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`members` are the parts by name, each with its SHA-256 digest and size in bytes.

    `files_at` is where uploaded files lie that are not among them; empty where they are.
    """

    made_at: str
    program: str
    engine: str
    schema: str
    counts: dict[str, int]
    members: dict[str, tuple[str, int]] = field(default_factory=dict)
    files_at: str = ""
    format: int = FORMAT

    def dump(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def load(cls, said: bytes) -> Manifest:
        """
        Raises:
            BackupError: it is none, or of a form that this program does not know.
        """
        try:
            read: dict[str, Any] = json.loads(said)
            if read["format"] != FORMAT:
                raise BackupError(f"This backup has format {read['format']}, and this program reads {FORMAT}.")
            read["members"] = {name: (digest, size) for name, (digest, size) in read["members"].items()}
            return cls(**read)
        except (ValueError, KeyError, TypeError) as error:
            raise BackupError("This is no backup made by porchlight: its manifest cannot be read.") from error


def program() -> str:
    try:
        return version("porchlight")
    except PackageNotFoundError:
        return "unknown"


def digest_of(file: Path) -> tuple[str, int]:
    """The SHA-256 digest of a file, and its size."""
    sum_of, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            sum_of.update(block)
            size += len(block)
    return sum_of.hexdigest(), size


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")
