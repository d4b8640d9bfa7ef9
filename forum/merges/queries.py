"""What a merge would do, and those that there were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from forum.access import Actor, Privilege, require
from forum.accounts.models import Account, AccountMerge
from forum.merges.actions import Pair, refusals
from forum.merging import GivesWay, Held, Merging

PAGE = 30


@dataclass(frozen=True, slots=True)
class Preview:
    """What there is of the account that goes, by what becomes of it."""

    both: Pair
    refusals: list[str]
    moves: list[Held]
    ends: list[Held]
    gives_way: list[GivesWay]


@dataclass(frozen=True, slots=True)
class MergeRow:
    id: int
    gone: str
    stays: str
    by: str | None
    asked_at: datetime
    moved_at: datetime | None
    done_at: datetime | None


def preview(session: Session, merging: Merging, both: Pair) -> Preview:
    held = merging.held(session, both.merge)
    return Preview(
        both=both,
        refusals=refusals(session, merging, both),
        moves=[one for one in held if not one.ends],
        ends=[one for one in held if one.ends],
        gives_way=merging.gives_way(session, both.merge),
    )


def merges(session: Session, actor: Actor, *, before: int | None = None) -> tuple[list[MergeRow], int | None]:
    """The latest merges, the newest first, and what the next page begins before."""
    require(actor, Privilege.ADMINISTER)
    gone, stays, by = aliased(Account), aliased(Account), aliased(Account)
    row = AccountMerge
    query = (
        select(row.id, gone.handle, stays.handle, by.display_name, row.asked_at, row.moved_at, row.done_at)
        .join(gone, gone.id == row.from_id)
        .join(stays, stays.id == row.to_id)
        .outerjoin(by, by.id == row.asked_by_id)
        .order_by(row.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(row.id < before)
    rows = [MergeRow(*found) for found in session.execute(query)]
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None
