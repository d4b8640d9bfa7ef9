"""Every write to what people can see leaves a row, however it was made."""

import pytest
from sqlalchemy import inspect, select, text, update

from forum.accounts.models import Account
from forum.app import metadata
from forum.changes.models import UNSEEN, WATCHED, Change
from forum.changes.triggers import PREFIX, triggers
from forum.threads.models import Answer

UNWATCHED = {
    "account_merges",
    "account_tokens",
    "api_replies",
    "api_tokens",
    "appeals",
    "audit_checks",
    "audit_entries",
    "audit_heads",
    "audit_texts",
    "bounced_addresses",
    "changes",
    "consents",
    "data_exports",
    "digest_choices",
    "digests",
    "erasure_requests",
    "file_sweeps",
    "file_uses",
    "files",
    "import_sources",
    "imported_ids",
    "inbound_mails",
    "jobs",
    "known_devices",
    "letter_wordings",
    "linked_identities",
    "logos",
    "mail_windows",
    "mailed_replies",
    "notification_choices",
    "organisation_domains",
    "parked_posts",
    "passkey_challenges",
    "passkeys",
    "provider_arrivals",
    "provider_trips",
    "recovery_codes",
    "removed_tags",
    "reserved_handles",
    "retention_runs",
    "review_batches",
    "review_decisions",
    "security_events",
    "sign_in_steps",
    "tag_merge_threads",
    "tag_merges",
    "terms_texts",
    "terms_versions",
    "ticket_counter",
    "totp_secrets",
    "workers",
}
"""What no kept page shows, nobody follows live, and does not say who somebody is."""


def noted(session):
    return [(row.noun, row.key) for row in session.execute(select(Change.noun, Change.key).order_by(Change.id))]


def test_each_table_is_watched_or_known_not_to_be():
    assert set(metadata.tables) == set(WATCHED) | UNWATCHED
    assert not set(WATCHED) & UNWATCHED


@pytest.mark.parametrize("table", sorted(WATCHED))
def test_a_table_has_the_triggers_that_its_columns_ask_for(session, database, table):
    columns = {column["name"] for column in inspect(database.writer).get_columns(table)} - UNSEEN.get(table, set())
    wanted = list(triggers(database.dialect, table, WATCHED[table], columns))
    if database.dialect == "sqlite":
        stands = set(session.scalars(text("SELECT sql FROM sqlite_master WHERE type = 'trigger'")))
        assert {sql for sql in wanted if sql.startswith("CREATE")} <= stands
        return
    body = session.scalar(text("SELECT prosrc FROM pg_proc WHERE proname = :name"), {"name": PREFIX + table})
    assert body == wanted[2].split("$$")[1]
    definition = session.scalar(
        text("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = :name"), {"name": PREFIX + table}
    )
    watched = definition.split("UPDATE OF ")[1].split(" ON ")[0]
    assert {name.strip().strip('"') for name in watched.split(",")} == columns


def test_a_row_is_noted_with_what_tells_it_apart(session, make, answer, thread):
    session.query(Change).delete()
    session.execute(update(Answer).where(Answer.id == answer.id).values(score=3))

    assert noted(session) == [("answers", thread.id)]


def test_an_answer_that_moves_is_noted_at_both_threads(session, make, answer, thread):
    other = make.thread()
    session.query(Change).delete()
    session.execute(update(Answer).where(Answer.id == answer.id).values(thread_id=other.id))

    assert sorted(noted(session)) == sorted([("answers", thread.id), ("answers", other.id)])


def test_what_nobody_else_sees_is_not_noted(session, asker):
    session.query(Change).delete()
    session.execute(update(Account).values(unread_count=4, email="new@example.org"))
    assert noted(session) == []

    session.execute(update(Account).values(display_name="Ana"))
    assert noted(session) == [("accounts", asker.id)]


def test_a_write_that_was_rolled_back_leaves_nothing(database, answer):
    with database.reading() as session:
        before = noted(session)
    with database._write() as session:
        session.execute(update(Answer).values(score=9))
        session.rollback()
    with database.reading() as session:
        assert noted(session) == before
