"""Who works off what comes in. Packages add mailboxes in `forum/app.py`; the first that takes an address has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy.orm import Session

from forum.db import Database


class Kept(NamedTuple):
    """A mail as it was kept: `local` is the part of our address before the @, `released` that an admin let it pass."""

    id: int
    local: str
    sender: str
    raw: bytes
    released: bool


@dataclass(frozen=True, slots=True)
class Mailbox:
    """`takes` says which addresses are its own, by the part before the @; `hourly` is the most that one may get.

    `work_off` reads one mail and settles it (`actions.settle`) in the transaction in which it does what the mail asks
    for: done again after a crash, it finds it settled.
    """

    name: str
    takes: Callable[[str], bool]
    work_off: Callable[[Database, Kept], None]
    hourly: int | None = None


@dataclass
class Mailboxes:
    all: list[Mailbox] = field(default_factory=list)

    def add(self, mailbox: Mailbox) -> None:
        self.all.append(mailbox)

    def of(self, local: str) -> Mailbox | None:
        return next((one for one in self.all if one.takes(local)), None)

    def named(self, name: str) -> Mailbox | None:
        return next((one for one in self.all if one.name == name), None)


def mailboxes_of(session: Session) -> Mailboxes:
    mailboxes: Mailboxes = session.info["mailboxes"]
    return mailboxes
