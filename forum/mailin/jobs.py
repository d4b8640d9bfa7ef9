"""Working off what came in, outside any transaction: files are looked at before the locks are taken."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import undefer

from forum.db import Database
from forum.jobs import Jobs, Task
from forum.mailin.actions import RELEASED, SORT
from forum.mailin.addresses import split
from forum.mailin.mailboxes import Kept, Mailboxes
from forum.mailin.models import InboundMail, MailState


class Sorter:
    """Gives each mail to its mailbox. A job that is done again finds its mail settled."""

    def __init__(self, database: Database, mailboxes: Mailboxes) -> None:
        self.database = database
        self.mailboxes = mailboxes

    def install(self, jobs: Jobs) -> None:
        jobs.sends(SORT, self.sort)

    def sort(self, task: Task) -> None:
        query = select(InboundMail).where(InboundMail.id == task.payload["mail_id"]).options(undefer(InboundMail.raw))
        with self.database.reading() as session:
            row = session.scalars(query).one_or_none()
            if row is None or row.state is not MailState.WAITING or row.raw is None:
                return
            mail = Kept(row.id, split(row.recipient)[0], row.sender, row.raw, row.why == RELEASED)
            mailbox = self.mailboxes.named(row.mailbox)
        if mailbox is None:
            raise LookupError(f"no mailbox is called {row.mailbox}")
        mailbox.work_off(self.database, mail)
