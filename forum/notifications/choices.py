"""How each person wants to hear of each matter: in the page, and by mail at once, in the digest, or never."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.db import insert_on
from forum.notifications import kinds
from forum.notifications.models import EVERY, ByMail, Choice
from forum.prepared import among, prepared


class How(NamedTuple):
    """Whether it stands in the page, and when it comes by mail."""

    page: bool
    by_mail: ByMail

    @property
    def nothing(self) -> bool:
        return not self.page and self.by_mail is ByMail.NEVER


def how_told(session: Session, account_ids: Sequence[int], matter: kinds.Matter) -> dict[int, How]:
    """How each of these people wants to hear of a matter."""
    found: dict[int, dict[str, How]] = defaultdict(dict)
    for row in _choices(session, None, ids=list(account_ids), matter=matter.name):
        found[row.account_id][row.matter] = How(row.page, row.by_mail)
    return {one: _how(found.get(one, {}), matter) for one in account_ids}


def choices_of(session: Session, account_id: int, wanted: Iterable[kinds.Matter]) -> dict[str, How]:
    """How one person wants to hear of each matter, by its name."""
    rows = session.execute(select(Choice.matter, Choice.page, Choice.by_mail).where(Choice.account_id == account_id))
    chosen = {row.matter: How(row.page, row.by_mail) for row in rows}
    return {one.name: _how(chosen, one) for one in wanted}


def keep_choices(session: Session, actor: Actor, chosen: Mapping[str, How]) -> None:
    """Keep what somebody chose for each matter that may concern them."""
    for one in kinds.matters(actor):
        if one.name in chosen:
            _keep(session, actor.id, one.name, chosen[one.name])


def stop_mail(session: Session, account_id: int, matter: kinds.Matter) -> None:
    """Send somebody no more mail of a matter; the page goes on telling of it as before."""
    how = how_told(session, [account_id], matter)[account_id]
    _keep(session, account_id, matter.name, How(how.page, ByMail.NEVER))


def stop_all_mail(session: Session, account_id: int, *, only: ByMail | None = None) -> None:
    """Send somebody no more mail of any matter, or only none of what comes at once, or in the digest."""
    before = choices_of(session, account_id, kinds.all_matters())
    for name, how in before.items():
        if how.by_mail is not ByMail.NEVER and only in (None, how.by_mail):
            _keep(session, account_id, name, How(how.page, ByMail.NEVER))
    if only is None:
        _keep(session, account_id, EVERY, How(page=True, by_mail=ByMail.NEVER))


def _how(chosen: Mapping[str, How], matter: kinds.Matter) -> How:
    return chosen.get(matter.name) or chosen.get(EVERY) or How(page=True, by_mail=matter.by_mail)


def _keep(session: Session, account_id: int, matter: str, how: How) -> None:
    row = insert_on(session.get_bind().dialect.name, Choice).values(
        account_id=account_id, matter=matter, page=how.page, by_mail=how.by_mail
    )
    values = {"page": row.excluded.page, "by_mail": row.excluded.by_mail}
    session.execute(row.on_conflict_do_update(index_elements=["account_id", "matter"], set_=values))


@prepared
def _choices(_reader: None) -> Select[*tuple[Any, ...]]:
    query = select(Choice.account_id, Choice.matter, Choice.page, Choice.by_mail)
    return query.where(
        among(Choice.account_id, "ids"), or_(Choice.matter == bindparam("matter"), Choice.matter == EVERY)
    )
