"""Many who tell one person something at the same moment do not wait for each other in a circle."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from forum import db
from forum.accounts.models import Account
from forum.markup import cook
from forum.notifications.models import Notification
from forum.threads.actions import post_answer
from forum.threads.models import Answer

TIMES = 16


def test_answers_to_one_persons_questions_at_once_deadlock_nobody(make, database, asker, monkeypatch):
    monkeypatch.setattr(db, "ATTEMPTS", 1)  # no second chance for a deadlock's victim
    threads = [make.thread(author=asker) for _ in range(TIMES)]
    actors = [make.actor(make.account()) for _ in range(TIMES)]
    start = Barrier(4)

    def answer(place: int) -> int:
        if place < 4:
            start.wait()
        text = cook("Turn it off and on again, then wait.")
        return database.write(lambda session: post_answer(session, actors[place], threads[place].id, text).id)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(answer, range(TIMES)))

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == len(set(answers)) == TIMES
        told = session.scalar(select(func.count()).where(Notification.account_id == asker.id))
        assert session.get_one(Account, asker.id).unread_count == told == TIMES
