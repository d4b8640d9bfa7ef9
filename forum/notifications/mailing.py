"""Letters with what somebody was told: one at once, and what comes soon after it gathered into one more.

A notification that is to come by mail is a row; a job takes all rows of its account that no letter has taken
(`letter_id`), and what they say is read when the letter is made out: what was hidden, read, muted or switched off
meanwhile does not stand in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Select, bindparam, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from forum import bounces
from forum.accounts.models import Account
from forum.clock import now
from forum.db import Database, insert_on
from forum.jobs import Task, enqueue
from forum.mail import Postman
from forum.notifications import items, kinds, unsubscribing
from forum.notifications.headers import bulk_headers, reply_headers, threading_headers
from forum.notifications.items import Item
from forum.notifications.models import ByMail, MailWindow, Notification
from forum.prepared import among, prepared

LETTER = "notifications.letter"
WINDOW = timedelta(minutes=5)
STALE = timedelta(days=14)
"""What was told longer ago is no news; and a database that forgot its jobs may number them from the start."""
MOST = 25
"""How many things a letter tells of one by one."""


def post(session: Session, told: Mapping[int, int], matter: kinds.Matter, *, quote: str = "") -> None:
    """Queue the letters of notifications, by account: at once where nothing came just before, else gathered."""
    if matter.at_once:
        for account_id, notification_id in sorted(told.items()):
            payload = {"account_id": account_id, "notification_id": notification_id, "quote": quote}
            enqueue(session, LETTER, payload)
        return
    if not told:
        return
    moment, ids = now(), sorted(told)
    times = {"moment": moment, "until": moment + WINDOW, "latest": moment + WINDOW}
    opened = set(_open(session, None, session.get_bind().dialect.name, ids=ids, **times).scalars())
    waiting = [one for one in ids if one not in opened]
    ends = {row.account_id: row.until for row in _ends(session, None, ids=waiting)} if waiting else {}
    for account_id in ids:
        # One job for each notification, most of which find nothing left to do: with one for all, what is told in
        # the moment in which it runs would wait for the next.
        payload = {"account_id": account_id, "gathered": account_id in ends}
        enqueue(session, LETTER, payload, run_at=ends.get(account_id))


@prepared
def _open(_reader: None, dialect: str) -> ReturningInsert[int]:
    """Begin to gather for those for whom nothing is gathered; one that ends later than any could was begun before the
    clock was set back."""
    table = MailWindow.__table__
    until: Any = bindparam("until", type_=table.c.until.type)
    people = select(Account.id, until).where(among(Account.id, "ids")).order_by(Account.id)
    rows = insert_on(dialect, MailWindow).from_select([table.c.account_id, table.c.until], people)
    over = or_(MailWindow.until <= bindparam("moment"), MailWindow.until > bindparam("latest"))
    return rows.on_conflict_do_update(
        index_elements=["account_id"], set_={"until": rows.excluded.until}, where=over
    ).returning(MailWindow.account_id)


@prepared
def _ends(_reader: None) -> Select[int, datetime]:
    return select(MailWindow.account_id, MailWindow.until).where(among(MailWindow.account_id, "ids"))


class Carrier:
    """Makes letters of notifications out and hands them to the postman."""

    def __init__(self, database: Database, postman: Postman) -> None:
        self.database = database
        self.postman = postman

    def deliver(self, task: Task) -> None:
        """Send one letter with all that waits for its account, or nothing when nothing does any more."""
        self.database.write(lambda session: claim(session, task))
        with self.database.reading() as session:
            account = receiver(session, task.payload["account_id"])
            if account is None:
                return
            found = items.still_told(session, account, taken_by(session, account.id, task))
        if found:
            letter, headers = self._letter(account, found, quote=task.payload.get("quote", ""))
            message = self.postman.letter(task, str(account.email), letter, headers)
            self.postman.send(task, message, str(account.email))

    def _letter(
        self, account: Account, found: Sequence[Item], *, quote: str
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        settings = self.postman.settings
        replies = reply_headers(settings, account.id, found)
        if len(found) == 1:
            item = found[0]
            stop = unsubscribing.of_item(settings.secret, account, item)
            letter = items.single_letter(account, item, stop, quote=quote)
            headers = bulk_headers(settings, stop.path) | threading_headers(settings, account.id, item)
        else:
            stop = unsubscribing.of_everything(settings.secret, account)
            letter = items.joint_letter(account, found, stop, most=MOST)
            headers = bulk_headers(settings, stop.path)
        if replies:
            letter["context"]["replying"] = items.replying(account)
        return letter, headers | replies


def receiver(session: Session, account_id: int) -> Account | None:
    """An account that mail can be sent to: open, with a confirmed address that is not dead."""
    account = session.get(Account, account_id)
    if account is None or account.anonymised_at is not None or account.offboarded_at is not None:
        return None
    return None if account.email is None or bounces.is_stopped(session, account.email) else account


def claim(session: Session, task: Task, by_mail: ByMail = ByMail.AT_ONCE) -> int:
    """Take for this job what no letter has taken; tried again, the job finds what it took before."""
    account_id = task.payload["account_id"]
    which = [Notification.account_id == account_id, Notification.by_mail == by_mail, Notification.letter_id.is_(None)]
    if (notification_id := task.payload.get("notification_id")) is not None:
        which.append(Notification.id == notification_id)
    elif by_mail is ByMail.AT_ONCE:
        which.append(Notification.kind.not_in(_sent_alone()))
    taken = session.execute(
        update(Notification).where(*which).values(letter_id=task.id).execution_options(synchronize_session=False)
    )
    count = cast(CursorResult[Any], taken).rowcount
    if count and task.payload.get("gathered"):
        # A gathered letter begins the next gathering: a steady stream is one letter every five minutes.
        session.execute(update(MailWindow).where(MailWindow.account_id == account_id).values(until=now() + WINDOW))
    return count


def _sent_alone() -> Collection[str]:
    return [name for one in kinds.all_matters() if one.at_once for name in kinds.kinds_of(one.name)]


def taken_by(session: Session, account_id: int, task: Task) -> Sequence[Notification]:
    lately = Notification.created_at > now() - STALE
    mine = (Notification.account_id == account_id, Notification.letter_id == task.id, lately)
    return session.scalars(select(Notification).where(*mine).order_by(Notification.id)).all()
