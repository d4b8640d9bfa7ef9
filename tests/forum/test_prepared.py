"""Statements put together once: for each kind of reader, with lists of any length, after what is yet to be written."""

from __future__ import annotations

import pytest
from sqlalchemy import and_, bindparam, or_, select

from forum.access import Actor, Privilege
from forum.options import know_options, option, set_option
from forum.posts import Visibility
from forum.prepared import among, prepared
from forum.threads.models import Answer, Thread

built = []


@prepared
def answers(reader, order="id"):
    built.append(reader)
    query = select(Answer.id).where(Answer.thread_id == bindparam("thread_id"), Answer.visible_to(reader))
    return query.order_by(getattr(Answer, order))


@prepared
def some(_reader):
    return select(Answer.id).where(among(Answer.id, "ids")).order_by(Answer.id)


def test_it_is_built_once_for_all_readers_of_a_kind(session, make, thread):
    hidden = make.answer(thread, visibility=Visibility.HIDDEN)
    shown = make.answer(thread)
    built.clear()
    sees = [
        answers(session, actor, thread_id=thread.id).scalars().all()
        for actor in (
            None,
            Actor(id=10**6),
            Actor(id=hidden.author_id),
            Actor(id=1, privileges=frozenset({Privilege.SEE_HIDDEN, Privilege.SEE_DELETED})),
        )
    ]

    assert sees == [[shown.id], [shown.id], [hidden.id, shown.id], [hidden.id, shown.id]]
    assert len(built) == 3


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_of_any_length_is_one_parameter(session, make, thread, count):
    made = [make.answer(thread).id for _ in range(4)]

    assert some(session, None, ids=made[:count]).scalars().all() == made[:count]


def test_what_was_not_sent_yet_is_seen(session, make, thread):
    answer = session.get(Answer, make.answer(thread).id)
    answer.visibility = Visibility.HIDDEN

    assert answers(session, None, thread_id=thread.id).all() == []


def test_options_read_along_with_somebody_are_the_options(site, browser, make, queries):
    with site.database.writing() as session:
        set_option(session, "support.wait_hours", 7)
        set_option(session, "note", "äöü \" '")
    browser.sign_in(make.account())
    with queries() as sent:
        browser.get("/notifications")
    assert not [statement for statement in sent if statement.startswith("SELECT options.name")]
    with site.database.reading() as session:
        assert (option(session, "support.wait_hours", 0), option(session, "note", "")) == (7, "äöü \" '")
        know_options(session, {"support.wait_hours": 8})
        assert option(session, "support.wait_hours", 0) == 8


def test_a_list_of_ids_is_looked_up_and_not_gone_through_for(session):
    """Asked for as `x IN (…) = 1`, SQLite read a hundred thousand threads to find one."""
    for where in (among(Thread.id, "ids"), and_(among(Thread.id, "ids"), Thread.withheld.is_(False))):
        assert "= 1" not in str(select(Thread.id).where(where).compile(session.get_bind())).partition("WHERE")[2]


def test_it_can_stand_beside_others_and_be_turned_round(session, thread, make):
    other = make.thread()
    both = or_(among(Thread.id, "ids"), Thread.id == other.id)
    neither = and_(~among(Thread.id, "ids"), Thread.id != other.id)

    assert set(session.scalars(select(Thread.id).where(both), {"ids": [thread.id]})) == {thread.id, other.id}
    assert session.scalars(select(Thread.id).where(neither), {"ids": [thread.id]}).all() == []
