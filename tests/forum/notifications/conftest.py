"""What tests of telling need: what somebody was told, things that happen, and the mail."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forum.accounts.models import Account
from forum.events import emit
from forum.events.threads import AnswerPosted
from forum.following import Follow, Level, Subject
from forum.jobs import Workshop
from forum.notifications.models import Notification
from tests.mailing import mail_of


@pytest.fixture
def told(database):
    """What an account was told, as (kind, text), oldest first; the count beside the bell is checked each time."""

    def told(account):
        with database.reading() as session:
            mine = select(Notification).where(Notification.account_id == account.id, Notification.page.is_(True))
            rows = session.scalars(mine.order_by(Notification.id)).all()
            assert session.get_one(Account, account.id).unread_count == sum(row.read_at is None for row in rows)
            return [(row.kind, row.text) for row in rows]

    return told


@pytest.fixture
def happen(database):
    def happen(event):
        with database.writing() as session:
            emit(session, event)

    return happen


@pytest.fixture
def work(site):
    return lambda: Workshop(site.database, site.jobs).drain()


@pytest.fixture
def mail(site):
    return lambda: mail_of(site)


@pytest.fixture
def choose(database):
    """Gives somebody a level for a subject, as a row."""

    def choose(account, subject, subject_id, level):
        with database.writing() as session:
            session.merge(Follow(account_id=account.id, subject=subject, subject_id=subject_id, level=level))

    return choose


def posted(answer, thread, **more):
    return AnswerPosted(
        actor_id=answer.author_id,
        thread_id=thread.id,
        answer_id=answer.id,
        author_id=answer.author_id,
        thread_author_id=thread.author_id,
        **more,
    )


def follow(database, thread, *accounts):
    same = {"subject": Subject.THREAD, "subject_id": thread.id, "level": Level.FOLLOW}
    with database.writing() as session:
        session.add_all(Follow(account_id=account.id, **same) for account in accounts)
