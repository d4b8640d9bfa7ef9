"""A process knows of every committed write before it answers, and of none that was not committed."""

import asyncio
import threading
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text, update

from forum.changes import build_watch
from forum.changes.jobs import forget
from forum.changes.models import EVERYTHING, Change
from forum.changes.watch import Behind
from forum.threads.models import Answer, Thread


@asynccontextmanager
async def watching(database):
    """A watch that runs, with all that it heard since."""
    watch, heard = build_watch(database), []
    task = asyncio.create_task(watch.run())
    for _ in range(200):
        try:
            await watch.caught_up()
            break
        except Behind:
            await asyncio.sleep(0.02)
    watch.listen(heard.extend)
    try:
        yield watch, heard
    finally:
        task.cancel()
        await asyncio.wait([task])


def score(database, answer, points):
    with database.writing() as session:
        session.execute(update(Answer).where(Answer.id == answer.id).values(score=points))


def test_what_was_committed_is_known_at_once(database, answer, thread):
    async def story():
        async with watching(database) as (watch, heard):
            before = await watch.caught_up()
            for points in range(50):
                score(database, answer, points)
                after = await watch.caught_up()
                assert after == before + 1
                assert watch.moved_since(before, [("answers", thread.id)])
                assert watch.moved_since(before, [("answers", None)])
                assert not watch.moved_since(before, [("answers", thread.id + 1), ("tags", None)])
                assert not watch.moved_since(after, [("answers", None)])
                before = after
            assert set(heard) == {("answers", thread.id)}

    asyncio.run(story())


def test_what_was_not_committed_is_not(database, answer):
    async def story():
        async with watching(database) as (watch, heard):
            with database.writing() as session:
                session.execute(update(Answer).values(score=9))
                before = await watch.caught_up()
                assert heard == []
            assert await watch.caught_up() == before + 1

    asyncio.run(story())


def test_a_commit_that_overtook_another_hides_it_from_nobody(database, answer, thread):
    """Ids are given out at the insert: a poll by "id greater than" would miss the slower transaction."""
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")

    async def story():
        async with watching(database) as (watch, heard):
            with database.writing() as slow:
                slow.execute(update(Thread).values(score=1))
                score(database, answer, 5)
                await watch.caught_up()
                assert set(heard) == {("answers", thread.id)}
                heard.clear()
            await watch.caught_up()
            assert set(heard) == {("threads", thread.id)}

    asyncio.run(story())


def test_whoever_asks_after_a_commit_knows_of_it_however_many_ask_and_write(database, make):
    threads = [make.thread() for _ in range(4)]
    answers = [make.answer(thread) for thread in threads]
    committed, wrong, stop = dict.fromkeys(range(4), 0), [], threading.Event()

    def write(number):
        for count in range(1, 30):
            score(database, answers[number], count)
            committed[number] = count

    async def ask(watch, heard_of):
        while not stop.is_set():
            due = dict(committed)
            await watch.caught_up()
            wrong.extend(number for number in due if heard_of[number] < due[number])
            await asyncio.sleep(0)

    async def story():
        async with watching(database) as (watch, _heard):
            # Several commits may be heard of as one: what was heard last is read from the table itself.
            heard_of = dict.fromkeys(range(4), 0)

            def hear(_moved):
                with database.reading() as session:
                    for number, answer in enumerate(answers):
                        heard_of[number] = session.get_one(Answer, answer.id).score

            watch.listen(hear)
            askers = [asyncio.create_task(ask(watch, heard_of)) for _ in range(8)]
            await asyncio.gather(*(asyncio.to_thread(write, number) for number in range(4)))
            stop.set()
            await asyncio.gather(*askers)

    asyncio.run(story())

    assert wrong == []


def test_a_commit_of_very_many_rows_counts_as_everything(database, make):
    async def story():
        async with watching(database) as (watch, heard):
            with database.writing() as session:
                if database.dialect == "sqlite":
                    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) "
                else:
                    numbers = "WITH n AS (SELECT generate_series(1, 6000) AS i) "
                session.execute(
                    text(
                        numbers + "INSERT INTO tags (name, description, thread_count, created_at) "
                        "SELECT 'tag' || i, '', 0, CURRENT_TIMESTAMP FROM n"
                    )
                )
            await watch.caught_up()
            assert heard == [(EVERYTHING, None)]

    asyncio.run(story())


def test_who_slept_through_what_was_forgotten_hears_that_everything_moved(database, answer):
    async def story():
        async with watching(database) as (watch, heard):
            before = watch.tick
            score(database, answer, 7)
            with database.writing() as session:
                session.execute(text("UPDATE changes SET at = '2020-01-01 00:00:00'"))
                forget(session, {})
            with database.reading() as session:
                assert [row.noun for row in session.query(Change)] == [EVERYTHING]
            await watch.caught_up()
            assert (EVERYTHING, None) in heard
            assert watch.moved_since(before, [("answers", 1)])

    asyncio.run(story())


def test_a_watch_hears_by_itself_of_what_another_process_wrote(database, answer, thread):
    async def story():
        async with watching(database) as (_watch, heard):
            await asyncio.to_thread(score, database, answer, 3)
            for _ in range(100):
                if heard:
                    break
                await asyncio.sleep(0.02)
            assert heard == [("answers", thread.id)]

    asyncio.run(story())


def test_a_broken_connection_is_no_knowledge_until_it_is_mended(database, answer):
    if database.dialect == "sqlite":
        pytest.skip("SQLite has no connection to break")

    async def story():
        async with watching(database) as (watch, heard):
            before = watch.tick
            with database.writing() as session:
                session.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                        "AND (query LIKE '%changes_since%' OR query LIKE '%pg_current_snapshot%')"
                    )
                )
            with pytest.raises(Behind):
                await watch.caught_up()
            for _ in range(100):
                try:
                    await watch.caught_up()
                    break
                except Behind:
                    await asyncio.sleep(0.05)
            assert (EVERYTHING, None) in heard
            assert watch.moved_since(before, [("answers", 1)])

    asyncio.run(story())


def test_nobody_is_told_anything_where_no_watch_runs(database):
    with pytest.raises(Behind):
        asyncio.run(build_watch(database).caught_up())
