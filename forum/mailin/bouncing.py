"""The mailbox to which servers send back what they could not deliver."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.bounces import receive_dsn
from forum.db import Database
from forum.mail import is_ours
from forum.mailin.actions import hold_waiting, settle
from forum.mailin.addresses import takes_bounces
from forum.mailin.automatic import BOUNCE
from forum.mailin.mailboxes import Kept, Mailbox
from forum.mailin.models import MailState
from forum.settings import Settings

NOBODYS = "nobody_reads"


class Bounces:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox("bounces", lambda local: takes_bounces(self.settings, local), self.work_off)

    def work_off(self, database: Database, mail: Kept) -> None:
        """Count what came back for good, once; whatever else was written here, nobody reads."""
        database.write(lambda session: count_bounce(session, self.settings, mail, NOBODYS))


def count_bounce(session: Session, settings: Settings, mail: Kept, otherwise: str = BOUNCE) -> None:
    """Settle a mail as one that was sent back: done when it counted, else ignored as `otherwise` says."""
    row = hold_waiting(session, mail.id)
    if row is None:
        return
    counted = receive_dsn(session, mail.raw, lambda found: is_ours(settings, found))
    settle(row, MailState.DONE if counted else MailState.IGNORED, BOUNCE if counted else otherwise)
