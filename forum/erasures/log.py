"""Which erasures were done, kept outside what a backup brings back, so that a restore can do them again.

`VAR/erasures.jsonl` gets a line when an erasure begins, before anything of it is
committed; no line is ever changed. It holds numbers and times: an account is known by its number and by when it
was made, so that a number given to somebody else after a restore is not taken for theirs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

NAME = "erasures.jsonl"


@dataclass(frozen=True, slots=True)
class Erased:
    """One person who was erased, without a word about who it was."""

    account_id: int
    made_at: datetime
    content: bool
    at: datetime

    def line(self) -> str:
        said = {
            "account": self.account_id,
            "made_at": self.made_at.astimezone(UTC).isoformat(),
            "content": self.content,
            "at": self.at.astimezone(UTC).isoformat(),
        }
        return json.dumps(said) + "\n"


def note(var: Path, erased: Erased) -> None:
    """Add a line, on disk before this returns."""
    add(var / NAME, [erased])


def add(file: Path, records: Iterable[Erased]) -> None:
    """Add those that a file does not hold yet."""
    known = {record.line() for record in read(file)}
    lines = [line for record in records if (line := record.line()) not in known]
    if not lines and file.exists():
        return
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, "".join(dict.fromkeys(lines)).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(file: Path) -> Iterator[Erased]:
    """What a file holds; a last line that a crash cut off is passed over, for its erasure was not committed."""
    if not file.exists():
        return
    for line in file.read_text().splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        made, at = (datetime.fromisoformat(said[name]) for name in ("made_at", "at"))
        yield Erased(int(said["account"]), made, bool(said["content"]), at)
