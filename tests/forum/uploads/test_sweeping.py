"""What nobody uses is let go of, bytes that no file knows as well, and never what somebody is about to commit."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from forum import clock
from forum.clock import now
from forum.jobs import Job
from forum.markup import cook
from forum.threads.actions import ask, post_answer
from forum.threads.models import Answer
from forum.uploads import intake
from forum.uploads.actions import add_file, forget_holders
from forum.uploads.jobs import DUE, Sweeper
from forum.uploads.limits import Limits
from forum.uploads.models import File, FileSweep, FileUse


@pytest.fixture
def sweep(site, database, drain):
    def swept(days: float = 0):
        with clock.at(now() + timedelta(days=days)):
            Sweeper(database, site.storage).sweep()
            drain()
        with database.reading() as session:
            return session.scalars(select(FileSweep).order_by(FileSweep.id.desc())).first()

    return swept


def keys(site) -> set[str]:
    return {kept.key for kept in site.storage.all()}


def test_what_no_post_shows_within_a_day_is_let_go(site, database, asker, bring, sweep):
    kept = bring(asker)
    assert keys(site) == {kept.key, kept.thumbnail_key}
    sweep(days=0.9)
    assert keys(site) == {kept.key, kept.thumbnail_key}

    assert sweep(days=1.1).unused == 1
    assert keys(site) == set()
    with database.reading() as session:
        assert session.scalars(select(File.id)).all() == []


def test_what_a_post_shows_stays(site, database, make, asker, bring, sweep):
    kept = bring(asker)
    with database.writing() as session:
        text = cook(f"Look at this: {kept.markdown}")
        ask(session, make.actor(asker), title="What does this picture say?", cooked=text, tags=["sync"])

    assert sweep(days=400).unused == 0
    assert kept.key in keys(site)


def test_bytes_that_no_file_knows_go_after_a_day(site, sweep):
    site.storage.put("ab/orphan", b"12345")
    assert (sweep().orphans, keys(site)) == (0, {"ab/orphan"})
    swept = sweep(days=1.1)

    assert (swept.looked_at, swept.orphans, swept.orphan_bytes, keys(site)) == (1, 1, 5, set())


def test_a_sweep_in_the_middle_of_an_upload_takes_nothing_of_it(site, database, make, asker, sweep):
    """The bytes are there and the row is not: the very moment at which a sweep looks."""
    kept = intake.keep(site.storage, intake.look_at("a.log", b"words", Limits()))
    assert sweep().orphans == 0
    with database.writing() as session:
        add_file(session, make.actor(asker), kept)

    assert b"".join(site.storage.read(kept.key)) == b"words"


def test_the_same_bytes_brought_again_are_not_taken_with_the_old_ones(site, database, make, asker, bring, sweep):
    """What is brought between a sweep's look and its act lies under a key of its own, whatever an old orphan holds."""
    old = intake.keep(site.storage, intake.look_at("a.log", b"words", Limits()))
    path = site.storage.root / old.key
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 200_000))
    sweeper = Sweeper(database, site.storage)
    found = sweeper._unknown(list(site.storage.all()))
    new = bring(asker, "a.log", b"words")
    for orphan in found:
        site.storage.delete(orphan.key)

    assert keys(site) == {new.key}
    assert new.digest == old.digest


def test_what_was_attached_to_an_erased_post_alone_goes_with_it(site, database, make, asker, bring, thread, sweep):
    alone, shared = bring(asker, "alone.png"), bring(asker, "shared.png")
    with database.writing() as session:
        text = cook(f"Look at these: {alone.markdown} {shared.markdown}")
        first = post_answer(session, make.actor(asker), thread.id, text)
        post_answer(session, make.actor(asker), thread.id, cook(f"And at this one again: {shared.markdown}"))
    with database.writing() as session:
        session.execute(delete(Answer).where(Answer.id == first.id))
    sweep()

    assert keys(site) == {shared.key, shared.thumbnail_key}


def test_whoever_erases_can_let_go_at_once(site, database, make, asker, bring, thread, drain):
    kept = bring(asker)
    with database.writing() as session:
        answer = post_answer(session, make.actor(asker), thread.id, cook(f"Look at this: {kept.markdown}"))
    with database.writing() as session:
        forget_holders(session, "answer", [answer.id])
        assert session.scalars(select(FileUse.file_id)).all() == []
    assert kept.key in keys(site)
    drain()

    assert keys(site) == set()


def test_the_clock_asks_for_a_sweep_every_night(site, database, drain):
    assert site.jobs.schedule[DUE] == "23 3 * * *"
    site.storage.put("ab/orphan", b"1")
    with database.writing() as session:
        session.add(Job(kind=DUE, payload={}, run_at=now()))
    drain()

    with database.reading() as session:
        assert session.scalars(select(FileSweep.looked_at)).all() == [1]
