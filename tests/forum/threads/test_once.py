"""A form that is sent many times at the same moment, by an impatient finger or a retrying network, makes one post."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from forum.accounts.models import Account
from forum.markup import cook
from forum.threads.actions import ask, post_answer, post_comment
from forum.threads.models import Answer, Comment, Thread

TIMES = 20
BODY = cook("Restart the daemon, then wait.")


def at_once(database, work):
    """What `work` gave each of many threads that began together."""
    start, given = threading.Barrier(TIMES), []

    def run():
        start.wait()
        given.append(database.write(work))

    threads = [threading.Thread(target=run) for _ in range(TIMES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


@pytest.mark.parametrize("model", [Thread, Answer, Comment])
def test_twenty_at_once_make_one(database, make, asker, thread, heard, model):
    make.tag("sync")
    actor = make.actor(asker)

    def send(session):
        if model is Thread:
            title = "Sync stops at forty percent"
            return ask(session, actor, title=title, cooked=BODY, tags=["sync"], once="one").id
        post = post_answer if model is Answer else post_comment
        return post(session, actor, thread.id, BODY, once="one").id

    given = at_once(database, send)

    assert len(given) == TIMES
    assert len(set(given)) == 1
    assert len(heard) == 1
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(model.once.is_not(None))) == 1
        held, account = session.get_one(Thread, thread.id), session.get_one(Account, asker.id)
        assert (held.answer_count, held.comment_count) == (model is Answer, model is Comment)
        assert (account.question_count, account.answer_count) == (model is Thread, model is Answer)


def test_two_people_make_the_same_new_tag_at_once(database, make):
    actors = iter([make.actor(make.account(reputation=500)) for _ in range(TIMES)])

    def send(session):
        title = "Sync stops at forty percent"
        return ask(session, next(actors), title=title, cooked=BODY, tags=["brand-new"]).id

    assert len(set(at_once(database, send))) == TIMES
