"""Cooking again what an older cooker made."""

from __future__ import annotations

from sqlalchemy import update

from forum.markup import COOKER_VERSION, cook
from forum.threads.actions import recooking
from forum.threads.models import Answer, Thread


def test_old_posts_are_cooked_again_in_batches_and_new_ones_left(session, database, make, monkeypatch):
    monkeypatch.setattr(recooking, "BATCH", 2)
    thread = make.thread(body="Some **bold** words")
    for _ in range(5):
        make.answer(thread, body="Some *soft* words")
    with database.writing() as old:
        old.execute(update(Answer).values(cooker_version=COOKER_VERSION - 1, html="old"))
    assert recooking.stale_posts(session) == 5
    session.rollback()

    assert list(recooking.recook(database)) == [(2, 0), (2, 0), (1, 0)]
    with database.reading() as after:
        assert recooking.stale_posts(after) == 0
        assert {answer.html for answer in after.query(Answer)} == {cook("Some *soft* words").html}
        assert after.get_one(Thread, thread.id).html == thread.html


def test_a_text_that_can_no_longer_be_cooked_stays_as_it_was(database, make):
    thread = make.thread(body="x" * 40_000, cooker_version=COOKER_VERSION - 1)

    assert list(recooking.recook(database)) == [(0, 1)]
    with database.reading() as session:
        assert session.get_one(Thread, thread.id).html == thread.html
