"""What a flag counts for, and when flags alone hide a post."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.accounts.models import Account, AccountSession
from forum.addresses import network_of
from forum.clock import now
from forum.options import option
from moderation.flags.models import Flag, FlagState

ENOUGH_TO_TELL = 3
PEOPLE = 3
THRESHOLDS = {"new": 3.0, "growing": 4.0, "established": 6.0}
SAME_PLACE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Record:
    """How somebody's settled flags turned out; ignored ones say nothing either way."""

    agreed: int = 0
    disagreed: int = 0

    @property
    def settled(self) -> int:
        return self.agreed + self.disagreed

    @property
    def share(self) -> float | None:
        """The share that moderators agreed with, once there are enough to tell."""
        return self.agreed / self.settled if self.settled >= ENOUGH_TO_TELL else None


def weight(reputation: int, has_role: bool, record: Record) -> float:
    """What one flag counts for: standing times accuracy.

    Standing is 1, or 1.5 from 500 points, or 2 from 2000 points or with a role.
    Accuracy is 1 until three flags are settled; then, with `share` the part that
    moderators agreed with, `2 * share - 0.5`, never below 0 or above 1.5. So who is
    right three times in four counts fully, half the time half, one time in four or
    less not at all, and who is always right half as much again.
    """
    standing = 2.0 if has_role or reputation >= 2000 else 1.5 if reputation >= 500 else 1.0
    accuracy = 1.0 if record.share is None else min(1.5, max(0.0, 2 * record.share - 0.5))
    return round(standing * accuracy, 2)


def weigh(session: Session, account_id: int) -> float:
    """What this person's next flag counts for."""
    account = session.get_one(Account, account_id)
    record = records(session, [account_id]).get(account_id, Record())
    return weight(account.reputation, bool(account.roles), record)


def records(session: Session, account_ids: Collection[int]) -> dict[int, Record]:
    """How past flags turned out, for several people in one query."""
    rows = session.execute(
        select(Flag.account_id, Flag.state, func.count())
        .where(Flag.account_id.in_(account_ids), Flag.state.in_((FlagState.AGREED, FlagState.DISAGREED)))
        .group_by(Flag.account_id, Flag.state)
    )
    found: dict[int, dict[str, int]] = {}
    for account_id, state, count in rows:
        found.setdefault(account_id, {})[state.value] = count
    return {account_id: Record(**counts) for account_id, counts in found.items()}


def enough_to_hide(session: Session, flags: Iterable[Flag]) -> bool:
    """Whether these flags hide a post: heavy enough for the preset, from at least three unlinked people.

    People who are linked speak with one voice, the heaviest of theirs; a flag that
    weighs nothing is no voice at all.
    """
    heard = {flag.account_id: flag.weight for flag in flags if flag.weight > 0}
    voices = [max(heard[account_id] for account_id in group) for group in unlinked(session, heard.keys())]
    threshold = THRESHOLDS.get(option(session, "privileges.preset", "new"), THRESHOLDS["new"])
    return len(voices) >= PEOPLE and sum(voices) >= threshold


def unlinked(session: Session, account_ids: Collection[int]) -> list[set[int]]:
    """Groups of people who may be one: of one organisation, or signed in from one address in the last 30 days."""
    marks: dict[tuple[str, object], set[int]] = {}
    for account_id, organisation_id in session.execute(
        select(Account.id, Account.organisation_id).where(
            Account.id.in_(account_ids), Account.organisation_id.is_not(None)
        )
    ):
        marks.setdefault(("organisation", organisation_id), set()).add(account_id)
    for account_id, address in session.execute(
        select(AccountSession.account_id, AccountSession.address).where(
            AccountSession.account_id.in_(account_ids),
            AccountSession.address != "",
            AccountSession.last_seen_at > now() - SAME_PLACE,
        )
    ):
        marks.setdefault(("address", network_of(address)), set()).add(account_id)
    groups = [{account_id} for account_id in account_ids]
    for together in marks.values():
        joined = [group for group in groups if group & together]
        groups = [group for group in groups if not group & together] + [set().union(*joined)]
    return groups
