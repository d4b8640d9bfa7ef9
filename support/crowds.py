"""Telling staff of what was handed to their tier: a few at once, a crowd by a job, a slice at a time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.jobs import Jobs, enqueue
from support import notices
from support.tickets.models import Ticket

HANDED = "support.tell_tier"
AT_ONCE = 50


def install(jobs: Jobs) -> None:
    jobs.does(HANDED, tell_slice)


def tell_tier(session: Session, ticket: Ticket, actor_id: int, reason: str) -> None:
    """Tell the staff of a ticket's tier that it was handed to them, and why: of its team, where that has any there."""
    session.flush()
    here = _staff_of(ticket.tier).where(Account.team == ticket.team)
    team = ticket.team if ticket.team and session.scalar(here.limit(1)) is not None else ""
    payload = {
        "ticket_id": ticket.id,
        "actor_id": actor_id,
        "reason": reason,
        "tier": ticket.tier,
        "team": team,
        "key": f"handed-{ticket.id}-{ticket.version}",
        "after": 0,
    }
    if len(_next(session, payload)) > AT_ONCE:
        enqueue(session, HANDED, payload)
    else:
        tell_slice(session, payload)


def tell_slice(session: Session, payload: dict[str, Any]) -> None:
    """Tell the next few, and leave the rest to the job after this one."""
    ids, ticket = _next(session, payload), session.get_one(Ticket, payload["ticket_id"])
    told = {"key": payload["key"], "words": payload["reason"]}
    notices.tell_staff(session, ids[:AT_ONCE], "ticket_handed", ticket, payload["actor_id"], **told)
    if len(ids) > AT_ONCE:
        enqueue(session, HANDED, {**payload, "after": ids[AT_ONCE - 1]})


def _next(session: Session, payload: dict[str, Any]) -> list[int]:
    """The next staff in order, one more than are told at once."""
    query = _staff_of(payload["tier"]).where(Account.id > payload["after"])
    if payload["team"]:
        query = query.where(Account.team == payload["team"])
    return list(session.scalars(query.limit(AT_ONCE + 1)))


def _staff_of(tier: int) -> Select[int]:
    working = Account.staff.is_(True) & Account.offboarded_at.is_(None)
    return select(Account.id).where(working, Account.tier == tier).order_by(Account.id)
