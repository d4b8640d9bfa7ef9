"""Addresses that refuse mail: a dead one is written to no more, until its owner says that it works again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum.clock import now
from forum.db import Base, insert_on
from forum.dsn import Report, parse_dsn

ENOUGH = 2
WITHIN = timedelta(days=7)
GONE = re.compile(r"\b5\.1\.(?:1|10)\b")
"""The enhanced status codes of RFC 3463 and 7505 for a mailbox, or a domain's mail, that does not exist."""
LONGEST_SAID = 300


class BouncedAddress(Base):
    """An address that refused mail for good; `stopped_at` is set once nothing is sent there any more."""

    __tablename__ = "bounced_addresses"
    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    said: Mapped[str] = mapped_column(String(LONGEST_SAID), default="")
    last_at: Mapped[datetime] = mapped_column(default=now)
    stopped_at: Mapped[datetime | None]


def note_failure(session: Session, address: str, said: str) -> None:
    """Note that an address refused mail for good, and in which words.

    One that does not exist is written to no more; any other only after the second refusal within days.
    """
    address, moment = address.lower(), now()
    if not address or len(address) > 254:
        return
    new = insert_on(session.get_bind().dialect.name, BouncedAddress).values(
        address=address, failures=0, said="", last_at=moment
    )
    session.execute(new.on_conflict_do_nothing())
    row = session.scalars(
        select(BouncedAddress)
        .where(BouncedAddress.address == address)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    row.failures = row.failures + 1 if abs(moment - row.last_at) <= WITHIN else 1
    row.last_at, row.said = moment, " ".join(said.split())[:LONGEST_SAID]
    if row.failures >= ENOUGH or GONE.search(said):
        row.stopped_at = row.stopped_at or moment
    session.flush()


def is_stopped(session: Session, address: str | None) -> bool:
    """Whether nothing is sent to an address any more."""
    return bool(address) and bool(stopped_among(session, [str(address)]))


def stopped_among(session: Session, addresses: Iterable[str]) -> set[str]:
    """Those of the addresses to which nothing is sent any more."""
    dead = select(BouncedAddress.address).where(
        BouncedAddress.address.in_([address.lower() for address in addresses]), BouncedAddress.stopped_at.is_not(None)
    )
    return set(session.scalars(dead))


def try_again(session: Session, address: str) -> None:
    """Forget what an address refused: its owner says that it works."""
    session.execute(delete(BouncedAddress).where(BouncedAddress.address == address.lower()))


def receive_dsn(session: Session, raw: bytes, is_ours: Callable[[str], bool]) -> list[Report]:
    """Take in a delivery status notification (RFC 3464) that came by mail: what it counted is returned.

    It counts only where it returns the Message-ID of a letter that `is_ours`: anybody can write that somebody
    else's address is dead.
    """
    counted = [
        report
        for report in parse_dsn(raw)
        if report.failed_for_good and report.message_id is not None and is_ours(report.message_id)
    ]
    for address, report in sorted({one.address: one for one in counted}.items()):
        note_failure(session, address, report.said)
    return counted
