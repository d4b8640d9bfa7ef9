"""The same thing pressed many times at once, on whichever engine the tests run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sqlalchemy import func, select

from forum.errors import PorchlightError
from forum.threads.actions import post_comment
from support.escalations.actions import ask_staff
from support.messages.actions import open_privately, reply_as_requester
from support.messages.models import Message
from support.tickets.actions import take_ticket
from support.tickets.models import Reason, Ticket


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run something many times at the same moment; a refusal is a result."""
    barrier = Barrier(count)

    def one(number: int) -> Any:
        barrier.wait()
        try:
            return work(number)
        except PorchlightError as refusal:
            return refusal

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_twenty_presses_make_one_ticket_with_one_message(database, make, asker, thread, words):
    actor, cooked = make.actor(asker), words("It is down.")

    def press(_number: int) -> int:
        return database.write(lambda session: ask_staff(session, actor, thread.id, Reason.OUTAGE, cooked).id)

    assert len(set(at_once(20, press))) == 1
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1
        assert session.scalar(select(func.count()).select_from(Message)) == 1


def test_twenty_private_tickets_have_twenty_references(database, make, asker, words):
    actor, cooked = make.actor(asker), words("Hello.")

    def press(number: int) -> str:
        return database.write(lambda session: open_privately(session, actor, f"Matter {number}", cooked).reference)

    assert sorted(at_once(20, press)) == [f"PL-{number}" for number in range(1001, 1021)]


def test_of_six_who_take_a_ticket_one_has_it(database, make, asked):
    actors = [make.actor(make.staff()) for _ in range(6)]

    def take(number: int) -> Any:
        return database.write(lambda session: take_ticket(session, actors[number], asked.reference).assignee_id)

    results = at_once(6, take)
    winners = [result for result in results if isinstance(result, int)]
    with database.reading() as session:
        assert winners == [session.get(Ticket, asked.id).assignee_id]
    assert sum("was quicker" in str(result) for result in results) == 5


def test_words_in_thread_and_ticket_at_once_are_all_heard(database, make, asker, thread, asked, words):
    actor, cooked = make.actor(asker), words("And another thing.")

    def say(number: int) -> None:
        def work(session: Any) -> None:
            if number % 2:
                post_comment(session, actor, thread.id, cooked)
            else:
                reply_as_requester(session, actor, asked.reference, cooked)

        database.write(work)

    assert at_once(8, say) == [None] * 8
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(Message.ticket_id == asked.id)) == 9
