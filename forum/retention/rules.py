"""The one table of what is kept for how long, with the least and the most an admin can choose, and why.

A rule lets go of a bounded batch at a time and says how many rows that was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from forum.accounts.factors.models import PasskeyChallenge, SignInStep
from forum.accounts.models import (
    Account,
    AccountSession,
    AccountToken,
    ApiToken,
    KnownDevice,
    ParkedPost,
    SecurityEvent,
)
from forum.accounts.oidc.models import ProviderArrival, ProviderTrip
from forum.bounces import BouncedAddress
from forum.db import Base
from forum.erasures.models import ErasureRequest
from forum.exports import actions as exports
from forum.exports.models import DataExport
from forum.i18n import lazy
from forum.importers.models import ImportRun
from forum.jobs import Job
from forum.letters import KIND
from forum.notifications.digests import DIGEST
from forum.notifications.mailing import LETTER
from forum.notifications.models import Digest, Notification
from forum.options import option
from forum.settings import Settings
from forum.uploads.models import FileSweep
from forum.web.api.replays import KeptReply

AT_ONCE = 1000
LetGo = Callable[[Session, datetime], int]
"""Lets go of at most `AT_ONCE` things that are older than a time, and says of how many."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of thing; `days` is the default, of which `least` and `most` are the bounds."""

    name: str
    what: str
    why: str
    days: int
    least: int
    most: int
    let_go: LetGo

    @property
    def option(self) -> str:
        return f"retention.{self.name}"


@dataclass
class Rules:
    """All rules, in the order in which the page lists them; packages add theirs in `forum/app.py`."""

    all: list[Rule] = field(default_factory=list)

    def add(self, *rules: Rule) -> None:
        self.all += rules

    def named(self, name: str) -> Rule | None:
        return next((rule for rule in self.all if rule.name == name), None)


def days_of(session: Session, rule: Rule) -> int:
    """What is in force: what an admin chose, within today's bounds, or the default."""
    return min(rule.most, max(rule.least, int(option(session, rule.option, rule.days))))


def deletes(model: type[Base], older: Callable[[datetime], ColumnElement[bool]]) -> LetGo:
    """Rows that go."""
    keys = list(model.__table__.primary_key.columns)  # type: ignore[attr-defined]

    def let_go(session: Session, before: datetime) -> int:
        found = session.execute(select(*keys).where(older(before)).limit(AT_ONCE)).all()
        if found:
            session.execute(delete(model).where(tuple_(*keys).in_([tuple(row) for row in found])))
        return len(found)

    return let_go


def empties(model: Any, older: Callable[[datetime], ColumnElement[bool]], **values: Any) -> LetGo:
    """Columns that are emptied; `older` has to be false of a row that was."""

    def let_go(session: Session, before: datetime) -> int:
        found = session.scalars(select(model.id).where(older(before)).limit(AT_ONCE)).all()
        session.execute(update(model).where(model.id.in_(found)).values(**values))
        return len(found)

    return let_go


def _has_address(model: Any) -> Callable[[datetime], ColumnElement[bool]]:
    return lambda before: and_(model.created_at < before, model.address != "")


def _addresses(session: Session, before: datetime) -> int:
    """Of sign-ins, and of what happened to the safety of an account."""
    models = (AccountSession, SecurityEvent)
    return sum(empties(model, _has_address(model), address="")(session, before) for model in models)


def _superseded(before: datetime) -> ColumnElement[bool]:
    later = aliased(ImportRun)
    newer = exists().where(later.source_id == ImportRun.source_id, later.id > ImportRun.id, later.ended_at.is_not(None))
    return and_(ImportRun.seen_at < before, newer)


def _letters(session: Session, before: datetime) -> int:
    """Files of letters, where no mail server is set."""
    settings: Settings = session.info["settings"]
    gone = 0
    for file in (settings.var / "mail").glob("*.eml"):
        if file.stat().st_mtime < before.timestamp() and gone < AT_ONCE:
            file.unlink(missing_ok=True)
            gone += 1
    return gone


def _somebodys() -> ColumnElement[bool]:
    address = BouncedAddress.address
    return exists().where(or_(Account.email == address, Account.unconfirmed_email == address))


def _archives(session: Session, _before: datetime) -> int:
    return exports.sweep(session, AT_ONCE)


RULES = (
    Rule(
        "addresses",
        lazy("Network addresses of sign-ins and of changes to an account's safety"),
        lazy("To recognise what was not one's own doing, which people do within days."),
        days=30,
        least=1,
        most=90,
        let_go=_addresses,
    ),
    Rule(
        "sessions",
        lazy("Sign-ins that have ended"),
        lazy("They open nothing any more; each ends 30 days after it was last used."),
        days=1,
        least=1,
        most=90,
        let_go=deletes(AccountSession, lambda before: AccountSession.expires_at < before),
    ),
    Rule(
        "sign_in_steps",
        lazy("Sign-ins that waited for a second factor"),
        lazy("They open nothing any more."),
        days=1,
        least=1,
        most=30,
        let_go=deletes(SignInStep, lambda before: SignInStep.expires_at < before),
    ),
    Rule(
        "passkey_challenges",
        lazy("What passkeys were asked to sign"),
        lazy("Each is good once, and for minutes."),
        days=1,
        least=1,
        most=30,
        let_go=deletes(PasskeyChallenge, lambda before: PasskeyChallenge.expires_at < before),
    ),
    Rule(
        "provider_trips",
        lazy("Ways to the sign-in provider and back"),
        lazy("Each is good once, and for minutes."),
        days=1,
        least=1,
        most=30,
        let_go=deletes(ProviderTrip, lambda before: ProviderTrip.expires_at < before),
    ),
    Rule(
        "provider_arrivals",
        lazy("People who came from the sign-in provider and made or chose no account"),
        lazy("They have half an hour to say what is to become of it."),
        days=1,
        least=1,
        most=30,
        let_go=deletes(ProviderArrival, lambda before: ProviderArrival.expires_at < before),
    ),
    Rule(
        "known_devices",
        lazy("Browsers that an account was used in"),
        lazy("So that nobody is warned of the browser they use once a year."),
        days=400,
        least=30,
        most=800,
        let_go=deletes(KnownDevice, lambda before: KnownDevice.last_seen_at < before),
    ),
    Rule(
        "security_events",
        lazy("What happened to the safety of an account"),
        lazy("So that its owner can look through it after weeks away."),
        days=90,
        least=30,
        most=365,
        let_go=deletes(SecurityEvent, lambda before: SecurityEvent.created_at < before),
    ),
    Rule(
        "tokens",
        lazy("Links sent by mail that have ended"),
        lazy("They open nothing any more."),
        days=1,
        least=1,
        most=30,
        let_go=deletes(AccountToken, lambda before: AccountToken.expires_at < before),
    ),
    Rule(
        "api_tokens",
        lazy("API tokens that were revoked or have ended"),
        lazy("So that their owner can see for a while that one was there."),
        days=90,
        least=1,
        most=365,
        let_go=deletes(ApiToken, lambda before: or_(ApiToken.revoked_at < before, ApiToken.expires_at < before)),
    ),
    Rule(
        "parked_posts",
        lazy("What was typed when a session had ended"),
        lazy("To give it back after signing in; nobody else ever sees it."),
        days=1,
        least=1,
        most=30,
        let_go=deletes(ParkedPost, lambda before: ParkedPost.created_at < before),
    ),
    Rule(
        "notifications",
        lazy("Notifications that were read, or went by mail alone"),
        lazy("What happened stands where it happened; unread ones stay."),
        days=365,
        least=30,
        most=1095,
        let_go=deletes(
            Notification,
            lambda before: or_(
                Notification.read_at < before, and_(Notification.page.is_(False), Notification.created_at < before)
            ),
        ),
    ),
    Rule(
        "digests",
        lazy("That digests were made"),
        lazy("So that none is made twice, and the next begins where the last ended."),
        days=365,
        least=30,
        most=1095,
        let_go=deletes(Digest, lambda before: Digest.until < before),
    ),
    Rule(
        "refused_mail",
        lazy("That an address refused a letter once"),
        lazy("A second one within a week stops mail to it; that stays while an account has the address."),
        days=7,
        least=7,
        most=30,
        let_go=deletes(
            BouncedAddress,
            lambda before: and_(
                BouncedAddress.last_at < before, or_(BouncedAddress.stopped_at.is_(None), ~_somebodys())
            ),
        ),
    ),
    Rule(
        "letters",
        lazy("What delivered letters said"),
        lazy("To find out why somebody got no mail; that a letter went is known for longer, so that none goes twice."),
        days=7,
        least=1,
        most=60,
        let_go=empties(
            Job,
            lambda before: and_(Job.kind.in_((KIND, LETTER, DIGEST)), Job.done_at < before, Job.leased_by.is_not(None)),
            payload={},
            error=None,
            leased_by=None,
        ),
    ),
    Rule(
        "letter_files",
        lazy("Letters as files, where no mail server is set"),
        lazy("They stand in for a mailbox while a site is tried out."),
        days=30,
        least=1,
        most=365,
        let_go=_letters,
    ),
    Rule(
        "dead_jobs",
        lazy("Work that failed for good"),
        lazy("To find out why, and do it by hand."),
        days=60,
        least=7,
        most=365,
        let_go=deletes(Job, lambda before: and_(Job.dead_at < before, Job.discarded_at.is_(None))),
    ),
    Rule(
        "discarded_jobs",
        lazy("Failed work that was put aside"),
        lazy("Who put it aside is told that it can be tried again for so long."),
        days=30,
        least=30,
        most=30,
        let_go=deletes(Job, lambda before: Job.discarded_at < before),
    ),
    Rule(
        "replies",
        lazy("Replies kept for programs that repeat a request"),
        lazy("A program that repeats does so within minutes."),
        days=1,
        least=1,
        most=1,
        let_go=deletes(KeptReply, lambda before: KeptReply.created_at < before),
    ),
    Rule(
        "import_runs",
        lazy("What an import brought, once a later one of the same site is done"),
        lazy("The last one of each site stays; what it brought stays anyway."),
        days=365,
        least=30,
        most=1095,
        let_go=deletes(ImportRun, _superseded),
    ),
    Rule(
        "file_sweeps",
        lazy("What looking for unused files found"),
        lazy("To see whether something leaves files behind."),
        days=90,
        least=7,
        most=365,
        let_go=deletes(FileSweep, lambda before: FileSweep.at < before),
    ),
    Rule(
        "archives",
        lazy("Archives of people's data"),
        lazy("Each is removed when the time has come that its owner was told."),
        days=7,
        least=7,
        most=7,
        let_go=_archives,
    ),
    Rule(
        "archive_records",
        lazy("That archives were made"),
        lazy("One a day is made for each person; older ones matter to nobody."),
        days=365,
        least=30,
        most=1095,
        let_go=deletes(DataExport, lambda before: and_(DataExport.asked_at < before, DataExport.file.is_(None))),
    ),
    Rule(
        "erasures",
        lazy("Requests to be erased that were carried out or taken back"),
        lazy("To show that they were carried out in time."),
        days=1095,
        least=365,
        most=3650,
        let_go=deletes(
            ErasureRequest,
            lambda before: or_(ErasureRequest.done_at < before, ErasureRequest.withdrawn_at < before),
        ),
    ),
)
