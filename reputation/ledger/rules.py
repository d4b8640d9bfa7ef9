"""What each rule is worth, unless an admin changed it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from forum.options import option
from forum.posts import PostKind
from reputation.ledger.models import Rule

DEFAULTS: dict[Rule, int] = {
    Rule.JOINED: 1,
    Rule.QUESTION_UP: 10,
    Rule.QUESTION_DOWN: -2,
    Rule.ANSWER_UP: 10,
    Rule.ANSWER_DOWN: -2,
    Rule.DOWN_CAST: -1,
    Rule.ACCEPTED: 15,
    Rule.ACCEPTING: 2,
    Rule.EDIT_APPROVED: 2,
    Rule.ABUSE: -100,
}
VOTES_ON = {
    PostKind.THREAD: (Rule.QUESTION_UP, Rule.QUESTION_DOWN),
    PostKind.ANSWER: (Rule.ANSWER_UP, Rule.ANSWER_DOWN, Rule.DOWN_CAST),
}
VOTES = (*VOTES_ON[PostKind.THREAD], *VOTES_ON[PostKind.ANSWER])
ACCEPTANCE = (Rule.ACCEPTED, Rule.ACCEPTING)
CAPPED = (Rule.QUESTION_UP, Rule.ANSWER_UP)
DAILY_CAP = 200
FLOOR = 1
"""Where a penalty stops. Taking an award back may go below it: it negates what was applied, and nothing else."""


@dataclass(frozen=True, slots=True)
class Rules:
    points: dict[Rule, int]
    daily_cap: int


def rules(session: Session) -> Rules:
    """The rules in force: the defaults, and what the options "reputation.rules" and "reputation.daily_cap" change."""
    changed: dict[str, int] = option(session, "reputation.rules", default={})
    points = {rule: int(changed.get(rule.value, default)) for rule, default in DEFAULTS.items()}
    return Rules(points, option(session, "reputation.daily_cap", default=DAILY_CAP))
