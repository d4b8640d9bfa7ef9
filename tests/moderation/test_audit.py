"""The log of what staff did: it hears every such act, nobody can rewrite it, and its words can be erased."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from forum.db import Database
from forum.events import StaffAction, emit
from forum.events.accounts import RolesChanged
from moderation.audit.actions import erase_texts, verify
from moderation.audit.models import AuditEntry, AuditText
from moderation.audit.views import NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied(StaffAction):
    thread_id: int


PROGRAM = ("forum.", "moderation.", "reputation.", "support.")


def test_every_act_that_is_logged_has_its_words():
    acts = {kind.__name__ for kind in StaffAction.__subclasses__() if kind.__module__.startswith(PROGRAM)}

    assert acts == set(NAMES)


def act(database: Database, count: int = 1, reason: str = "Heated") -> None:
    with database.writing() as session:
        for number in range(count):
            emit(session, Tidied(actor_id=7, thread_id=number, reason=reason))


def tamper(database: Database, statement: str) -> None:
    """Change the log as somebody with the database in their hands would: without the trigger."""
    with database.writing() as session:
        if database.dialect == "sqlite":
            session.execute(text("DROP TRIGGER IF EXISTS audit_entries_no_update"))
            session.execute(text("DROP TRIGGER IF EXISTS audit_entries_no_delete"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(statement))


def check(database: Database):
    with database.reading() as session:
        return verify(session)


def test_an_act_of_staff_is_logged_with_its_ids_and_without_its_words(database):
    act(database, reason="Ana was rude to Bo")

    with database.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
        words = session.scalars(select(AuditText)).one()
    assert (entry.id, entry.actor_id, entry.action, entry.facts) == (1, 7, "Tidied", {"thread_id": 0})
    assert words.texts == {"reason": "Ana was rude to Bo"}


def test_plain_strings_never_enter_the_chain(database):
    with database.writing() as session:
        emit(session, RolesChanged(actor_id=1, account_id=2, roles=("Ana Lopes",), previous=("Bo Chan",), tier=None))

    with database.reading() as session:
        assert session.scalars(select(AuditEntry)).one().facts == {"account_id": 2}


def test_an_act_that_was_rolled_back_is_not_logged(database):
    def act_and_fail(session):
        emit(session, Tidied(actor_id=7, thread_id=1))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.write(act_and_fail)
    with database.writing() as session:
        emit(session, Tidied(actor_id=7, thread_id=2))
        savepoint = session.begin_nested()
        emit(session, Tidied(actor_id=7, thread_id=3))
        savepoint.rollback()

    with database.reading() as session:
        assert [entry.facts for entry in session.scalars(select(AuditEntry))] == [{"thread_id": 2}]


def test_an_untouched_chain_verifies(database):
    act(database, 3)
    act(database, 2)

    assert check(database) == (5, None)


@pytest.mark.parametrize("statement", ["UPDATE audit_entries SET actor_id = 1", "DELETE FROM audit_entries"])
def test_the_database_refuses_to_change_the_log(database, statement):
    act(database)

    with pytest.raises(DBAPIError, match="only ever added to"), database.writing() as session:
        session.execute(text(statement))
    assert check(database) == (1, None)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit_entries SET actor_id = 8 WHERE id = 2", (2, "was changed")),
        ("UPDATE audit_entries SET facts = '{\"thread_id\": 9}' WHERE id = 3", (3, "was changed")),
        ("DELETE FROM audit_entries WHERE id = 2", (2, "is missing")),
        ("DELETE FROM audit_entries WHERE id = 4", (4, "is missing")),
        ('UPDATE audit_texts SET texts = \'{"reason": "Kind"}\' WHERE entry_id = 3', (3, "has a text")),
    ],
)
def test_tampering_is_found_at_its_first_entry(database, statement, broken):
    act(database, 4)

    tamper(database, statement)

    _count, found = check(database)
    assert found is not None
    assert found.entry_id == broken[0]
    assert found.why.startswith(broken[1])


def test_a_rehashed_tail_is_betrayed_by_the_head(database):
    act(database, 2)

    tamper(database, "DELETE FROM audit_entries WHERE id = 2")
    tamper(database, "UPDATE audit_heads SET count = 1")

    assert check(database)[1] is not None


def test_erased_words_leave_a_chain_that_verifies(database):
    act(database, 3, reason="Ana Lopes, ana@example.org")

    with database.writing() as session:
        erase_texts(session, [2])

    assert check(database) == (3, None)
    with database.reading() as session:
        assert sorted(session.scalars(select(AuditText.entry_id))) == [1, 3]


def test_writers_at_once_make_one_chain(database):
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        for _ in range(5):
            database.write(lambda session: emit(session, Tidied(actor_id=1, thread_id=1)))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert check(database) == (40, None)


def test_the_triggers_stand_at_head(database):
    names = {"audit_entries_no_update", "audit_entries_no_delete"}
    catalogue = "sqlite_master WHERE type = 'trigger'" if database.dialect == "sqlite" else "pg_trigger"
    column = "name" if database.dialect == "sqlite" else "tgname"
    with database.reading() as session:
        found = set(session.scalars(text(f"SELECT {column} FROM {catalogue}")))
    assert names <= found
