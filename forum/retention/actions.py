"""Applying the rules, and changing how long something is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.errors import Invalid, NotFound
from forum.events import emit
from forum.events.accounts import RetentionChanged
from forum.i18n import gettext as _
from forum.jobs import Jobs, enqueue
from forum.options import set_option
from forum.retention.models import RetentionRun
from forum.retention.rules import AT_ONCE, Rule, Rules, days_of

APPLY = "retention.apply"
ONE = "retention.rule"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as the page shows it; `at` and `count` are of the last time it was applied."""

    rule: Rule
    days: int
    at: datetime | None
    count: int

    @property
    def fixed(self) -> bool:
        return self.rule.least == self.rule.most


class Keeper:
    """The jobs of retention, for the rules that a site has: each rule by itself, a batch a transaction."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    def install(self, jobs: Jobs) -> None:
        jobs.does(ONE, self.apply_one)
        jobs.every("41 * * * *", APPLY, self.apply)

    def apply(self, session: Session, _payload: dict[str, Any]) -> None:
        for rule in self.rules.all:
            enqueue(session, ONE, {"rule": rule.name, "count": 0})

    def apply_one(self, session: Session, payload: dict[str, Any]) -> None:
        rule = self.rules.named(payload["rule"])
        if rule is None:  # queued by another version of the program
            return
        gone = rule.let_go(session, now() - timedelta(days=days_of(session, rule)))
        count = payload["count"] + gone
        session.merge(RetentionRun(rule=rule.name, at=now(), count=count))
        if gone >= AT_ONCE:
            enqueue(session, ONE, {"rule": rule.name, "count": count})


def rules_in_force(session: Session, actor: Actor, rules: Rules) -> list[RuleRow]:
    """
    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    runs = {run.rule: run for run in session.scalars(select(RetentionRun))}
    last = {rule.name: runs.get(rule.name) for rule in rules.all}
    return [
        RuleRow(rule, days_of(session, rule), run.at if run else None, run.count if run else 0)
        for rule in rules.all
        for run in (last[rule.name],)
    ]


def set_days(session: Session, actor: Actor, rules: Rules, name: str, days: int) -> Rule:
    """Change how long something is kept, from the next time on that the rule is applied.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: there is no such rule.
        Invalid: the days are out of the rule's bounds.
    """
    require(actor, Privilege.ADMINISTER)
    rule = rules.named(name)
    if rule is None:
        raise NotFound(_("There is no such rule."))
    if not rule.least <= days <= rule.most:
        words = _("Give a number of days from {least} to {most}.")
        raise Invalid({"days": words.format(least=rule.least, most=rule.most)})
    previous = days_of(session, rule)
    if days != previous:
        set_option(session, rule.option, days)
        emit(session, RetentionChanged(actor_id=actor.id, rule=rule.name, days=days, previous=previous))
    return rule
