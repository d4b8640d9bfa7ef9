"""Trying out whether mail goes out: one letter, sent while one waits, and what the server said to it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.db import Database
from forum.i18n import gettext as _
from forum.jobs import Task
from forum.letters import prepared_letter
from forum.mail import Postman
from forum.mail_errors import ERRORS, answer_in, in_words
from forum.settings import Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """`answer` is what the server said, word for word; `words` say what that means."""

    accepted: bool
    words: str
    answer: str = ""


def own_address(session: Session, actor: Actor) -> str | None:
    """The address that an admin has confirmed: a letter goes nowhere else."""
    confirmed = Account.email_verified_at.is_not(None)
    return session.scalar(select(Account.email).where(Account.id == actor.id, confirmed))


def try_mail(database: Database, settings: Settings, actor: Actor) -> Outcome:
    """Send the test letter to the actor's own address, and wait for what comes of it, up to `forum.mail.TIMEOUT`."""
    with database.reading() as session:
        to = own_address(session, actor)
    if to is None:
        return Outcome(False, _("Your own address is not confirmed, so there is nobody to send a letter to."))
    task = Task(time.time_ns() // 1_000_000, "mail", {"to": to, "letter": prepared_letter("test", actor)}, 1)
    try:
        postman = Postman(settings, database)
        answer = postman.hand_over(task, postman.compose(task))
    except ERRORS as error:
        return Outcome(False, in_words(error), answer_in(error))
    if settings.smtp_url:
        words = _("The mail server took a letter for {address}. Look whether it arrives, and whether as spam.")
        return Outcome(True, words.format(address=to), answer)
    words = _("No mail server is set, so the letter became a file: set PORCHLIGHT_SMTP_URL to send mail.")
    return Outcome(False, words, answer)
