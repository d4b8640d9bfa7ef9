"""What moderators' open pages are told: what waits, who is looking at what, and that somebody acted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.accounts.models import Account
from forum.clock import now
from forum.i18n import gettext as _
from forum.i18n import ngettext, plurals
from forum.live import NOTHING, Kind, Kinds, Shown
from moderation.reviews.models import OPEN, Review, ReviewState

MOST = 300
"""How many open reviews a page is told of: the newest."""


def install(kinds: Kinds) -> None:
    kinds.add(Kind("queue", read_queue, NOTHING))
    kinds.add(Kind("review", read_reviews))


def read_queue(session: Session, actor: Actor | None, keys: Sequence[str]) -> Mapping[str, Shown]:
    if actor is None or not actor.can(Privilege.MODERATE):
        return dict.fromkeys(keys, Shown(None))
    return dict.fromkeys(keys, Shown(queue_facts(session, actor), frozenset({("reviews", None)})))


def queue_facts(session: Session, actor: Actor) -> dict[str, Any]:
    rows = session.execute(_select(actor).where(Review.state.in_(OPEN)).order_by(Review.id.desc()).limit(MOST)).all()
    claims = {str(row.id): claim for row in rows if (claim := _claim(row))}
    return {"open": [row.id for row in rows], "claims": claims}


def read_reviews(session: Session, actor: Actor | None, keys: Sequence[str]) -> Mapping[str, Shown]:
    if actor is None or not actor.can(Privilege.MODERATE):
        return dict.fromkeys(keys, Shown(None))
    rows = {row.id: row for row in session.execute(_select(actor).where(Review.id.in_([int(key) for key in keys])))}
    return {
        key: Shown(_review_facts(actor, rows[int(key)]), frozenset({("reviews", int(key))}))
        if int(key) in rows
        else Shown(None)
        for key in keys
    }


def review_facts(session: Session, actor: Actor, review_id: int) -> Mapping[str, Any] | None:
    return read_reviews(session, actor, [str(review_id)])[str(review_id)].facts


def _review_facts(actor: Actor, row: Row[Any]) -> dict[str, Any]:
    claim = _claim(row)
    return {"version": row.version, "claim": None if row.claimed_by_id == actor.id else claim}


def _claim(row: Row[Any]) -> dict[str, Any] | None:
    """Who is looking, and until when unless they say more; a claim that has lapsed is none."""
    if row.state is not ReviewState.CLAIMED or row.claimed_until is None or row.claimed_until <= now():
        return None
    return {"by": row.display_name or row.handle, "until": int(row.claimed_until.timestamp())}


def _select(actor: Actor) -> Select[Any]:
    columns: list[Any] = [Review.id, Review.version, Review.state, Review.claimed_by_id, Review.claimed_until]
    query: Select[Any] = select(*columns, Account.handle, Account.display_name)
    return query.outerjoin(Account, Account.id == Review.claimed_by_id).where(Review.visible_to(actor))


def queue_words() -> dict[str, Any]:
    return {
        "new": plurals(lambda count: ngettext("{count} new", "{count} new", count)),
        "claimed": _("{name} is looking"),
        "gone": _("Settled meanwhile"),
    }


def review_words() -> dict[str, str]:
    return {
        "claimed": _("{name} is looking at this"),
        "free": _("Nobody else is looking any more"),
        "changed": _("Somebody has acted on this"),
    }
