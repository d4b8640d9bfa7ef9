"""Erasing somebody: nothing of them is left anywhere, and everything of others is as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Enum, String, Text, func, select

from forum import clock
from forum.accounts.actions import create_account
from forum.accounts.models import Account, AccountToken, Organisation, TokenPurpose
from forum.accounts.personal import subject_of
from forum.app import metadata
from forum.clock import now
from forum.db import Json
from forum.erasures import log, running
from forum.erasures.models import ErasureRequest
from forum.errors import Invalid
from forum.guidelines.models import Guidelines
from forum.jobs import Job
from forum.notifications.models import Notification
from forum.threads.models import Answer, Comment, Revision, Thread
from forum.uploads.models import File, FileUse
from forum.votes.models import Vote
from moderation.audit.actions import verify
from moderation.audit.models import AuditText
from reputation.ledger import rebuild
from support.messages.models import Message
from support.tickets.models import Ticket, TicketState
from tests.forum.erasures.conftest import WORD

EVERYWHERE = {
    "VAR/exports",
    "VAR/files",
    "VAR/mail",
    "account_sessions",
    "account_tokens",
    "accounts",
    "answers",
    "api_replies",
    "api_tokens",
    "appeals",
    "audit_texts",
    "bounced_addresses",
    "comments",
    "files",
    "flags",
    "guidelines",
    "imported_ids",
    "inbound_mails",
    "jobs",
    "known_devices",
    "linked_identities",
    "mailed_replies",
    "notifications",
    "parked_posts",
    "passkey_challenges",
    "passkeys",
    "provider_arrivals",
    "provider_trips",
    "recovery_codes",
    "review_decisions",
    "revisions",
    "sanctions",
    "search_index",
    "security_events",
    "sign_in_steps",
    "threads",
    "ticket_events",
    "ticket_messages",
    "tickets",
    "totp_secrets",
    "unhelpful_answers",
}
NO_WORDS = {
    "audit_entries": "facts are numbers",
    "data_exports": "a random name",
    "file_uses": "numbers",
    "notification_choices": "names of kinds",
    "ledger_entries": "made of numbers",
    "reserved_handles": "a digest",
    "reviews": "enumerations",
    "votes": "enumerations",
}


def test_a_word_of_theirs_stands_everywhere_before_and_nowhere_after(planted, left):
    assert left() == EVERYWHERE
    planted.erase()

    assert left() == set()


def test_every_table_with_words_is_reached_or_said_to_be_about_nobody(site):
    parts = set().union(*(part.tables for part in site.personal.parts))
    with_words = {
        table.name
        for table in metadata.sorted_tables
        if any(
            isinstance(column.type, (String, Text, type(Json))) and not isinstance(column.type, Enum)
            for column in table.columns
        )
    }
    unknown = with_words - parts - set(site.personal.without_people)

    assert unknown == set(), "Say in a Part who erases these tables (forum/personal.py), or why they are about nobody."
    assert with_words & parts - EVERYWHERE - set(NO_WORDS) == set(), "Plant a word in these, too."


def test_without_their_words_what_others_rely_on_stays_nameless(planted, database, left, browser):
    planted.erase(content=False)

    with database.reading() as session:
        answer = session.get_one(Answer, planted.answer.id)
        assert "hums all night long" in answer.source
        assert session.get_one(Comment, planted.gone.id).source == ""  # nobody saw it
        revisions = session.scalars(select(Revision).filter_by(post_kind="thread", post_id=planted.mine.id)).all()
        assert [bool(one.source) for one in sorted(revisions, key=lambda one: one.number)] == [False, False, True]
    page = browser.get(f"/threads/{planted.theirs.id}").text
    assert "Somebody who left" in page
    assert f"@{WORD}" not in page
    assert f"/people/{WORD}" not in page
    assert browser.get(f"/people/{WORD}").status_code == 404
    for place in ("jobs", "tickets", "ticket_messages", "notifications", "accounts", "VAR/exports", "audit_texts"):
        assert place not in left()


def test_their_files_and_the_bytes_of_them_go_with_their_words(planted, database, site):
    planted.erase()

    with database.reading() as session:
        left = session.scalars(select(File)).all()
    assert [(file.uploader_id, file.name) for file in left] == [(planted.other.id, "(deleted address).txt")]
    assert [kept.key for kept in site.storage.all()] == [left[0].key]


def test_without_their_words_only_files_in_what_stays_are_left_and_say_nothing_of_them(planted, database, site):
    planted.erase(content=False)

    with database.reading() as session:
        query = select(File.name, File.key, FileUse.holder_kind, FileUse.holder_id).join(FileUse)
        left = session.execute(query.where(File.uploader_id == planted.person.id)).all()
        keys = set(session.scalars(select(File.key)))
    assert [(one.name, one.holder_kind, one.holder_id) for one in left] == [("file.txt", "answer", planted.answer.id)]
    assert {kept.key for kept in site.storage.all()} == keys


def test_whom_they_invited_can_still_come_and_nothing_says_who_did(planted, database):
    planted.erase()

    with database.reading() as session:
        left = session.scalars(select(AccountToken)).all()
        account = session.get_one(Account, planted.person.id)
    assert [(one.email, one.sent_by_id, one.used_at) for one in left] == [("new@else.example", None, None)]
    assert (account.organisation_id, account.organisation_manager) == (None, False)


def test_an_address_that_is_not_proven_theirs_reaches_nobody_elses_invitation(database, make, site):
    person = make.account("eve", unconfirmed_email="ana@example.org")
    with database.writing() as session:
        company = Organisation(name="Acme")
        session.add(company)
        session.flush()
        invited = {"organisation_id": company.id, "purpose": TokenPurpose.JOIN_ORGANISATION, "token_hash": "a" * 64}
        session.add(AccountToken(email="ana@example.org", expires_at=now() + timedelta(days=1), **invited))
    with database.reading() as session:
        found = subject_of(session.get_one(Account, person.id))
        told = {one.name: list(one.rows) for one in site.personal.sections(session, found)}
    running.erase_again(database, site.personal, [log.Erased(person.id, person.created_at, True, now())])

    assert told["invitations"] == []
    with database.reading() as session:
        assert session.scalars(select(AccountToken.email)).all() == ["ana@example.org"]


def test_the_guidelines_name_them_no_more(planted, database):
    planted.erase()

    with database.reading() as session:
        guidelines = session.scalars(select(Guidelines)).one()
    assert guidelines.source == "Ask (deleted person)."
    assert "mention" not in guidelines.html


def test_mentions_and_quotes_go_and_the_rest_of_what_others_wrote_stays(planted, database):
    planted.erase()

    with database.reading() as session:
        answer = session.get_one(Answer, planted.others_answer.id)
        assert answer.source == "> (erased)\n\nYes, (deleted person)."
        assert "<blockquote>" in answer.html
        assert "mention" not in answer.html
        remark = session.get_one(Comment, planted.remark.id)
        assert remark.source == f"Mail (deleted address) or see /people/deleted-{planted.person.id}"
        thread = session.get_one(Thread, planted.theirs.id)
        assert thread.title == "For (deleted person) to see"
        kept = session.scalars(select(Message.source).join(Ticket).where(Ticket.reference == planted.others_ticket))
        assert "Is (deleted person) there?" in kept.all()


def test_reputations_votes_and_the_log_stay_exact(planted, database):
    before = _reputations(database)
    planted.erase()

    assert _reputations(database) == before
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Vote)) == 2
        assert list(rebuild.check(session)) == []
        count, broken = verify(session)
    assert broken is None
    assert count > 0


def test_words_in_the_log_about_others_stay(planted, database):
    with database.reading() as session:
        about_others = [
            text.entry_id
            for text in session.scalars(select(AuditText))
            if WORD not in str(text.texts).lower() and "Ask" not in str(text.texts)
        ]
    planted.erase()

    with database.reading() as session:
        left = set(session.scalars(select(AuditText.entry_id)))
    assert {one for one in about_others if one in left} == left & set(about_others)


def test_search_finds_nothing_of_them(planted, browser):
    assert WORD in browser.get(f"/search?q={WORD}").text
    planted.erase()

    def told(word: str) -> int:
        """How often a page of results says it, apart from the field."""
        page = browser.get(f"/search?q={word}").text
        return page.split("<main", 1)[1].split("</main", 1)[0].replace(f'value="{word}"', "").count(word)

    assert told("hums") == told("nothing-like-it")


def test_unread_counts_and_followers_agree_afterwards(planted, database):
    planted.erase()

    with database.reading() as session:
        for account in session.scalars(select(Account)):
            unread = select(func.count()).where(Notification.account_id == account.id, Notification.read_at.is_(None))
            assert account.unread_count == session.scalar(unread)
        assert session.get_one(Thread, planted.theirs.id).follower_count == 0


def test_their_open_tickets_are_closed_and_nobody_is_told(planted, database):
    planted.erase()

    with database.reading() as session:
        ticket = session.scalars(select(Ticket).filter_by(reference=planted.ticket)).one()
        other = session.scalars(select(Ticket).filter_by(reference=planted.others_ticket)).one()
    assert (ticket.state, ticket.subject) == (TicketState.CLOSED, "Erased")
    assert other.state is not TicketState.CLOSED


def test_their_letters_are_not_sent_any_more(planted, database):
    planted.erase()

    with database.reading() as session:
        waiting = session.scalars(select(Job).where(Job.kind == "mail", Job.done_at.is_(None))).all()
    assert waiting == []


def test_nobody_gets_their_handle(planted, session):
    planted.erase()

    with pytest.raises(Invalid):
        create_account(session, handle=WORD, email="new@example.org")
    with pytest.raises(Invalid):
        create_account(session, handle=f"deleted-{planted.person.id}", email="new@example.org")


def test_they_can_do_nothing_from_the_first_step_on(planted, database, browser):
    browser.sign_in(planted.person)
    with database.writing() as session:
        planted.site.personal.steps[0](session, _subject(session, planted), 0)

    assert "/login" in str(browser.get("/settings/profile").url)
    assert browser.get(f"/people/{WORD}").status_code == 404


def test_broken_off_at_every_step_it_comes_to_the_same(planted, database, left, monkeypatch):
    monkeypatch.setattr(running, "A_WHILE", -1.0)  # a batch a transaction
    monkeypatch.setattr(running, "SETTLES", timedelta(0))
    steps, seen = planted.site.personal.steps, []

    def breaks(step):
        def once(session, subject, cursor):
            end = step(session, subject, cursor)
            if step not in seen:
                seen.append(step)
                raise RuntimeError("the machine stopped")
            return end

        return once

    monkeypatch.setattr(type(planted.site.personal), "steps", property(lambda _self: [breaks(step) for step in steps]))
    with database.writing() as session:
        from forum.erasures.actions import ask_for  # noqa: PLC0415

        ask_for(session, planted.make.actor(planted.admin), WORD, content=True, days=0, reason="A letter")
    moment = now()
    for turn in range(2 * len(steps)):
        with clock.at(moment + timedelta(hours=turn)):
            planted.work()
        if _done(database):
            break

    assert _done(database)
    assert len(seen) == len(steps)
    assert left() == set()


def test_done_twice_it_changes_nothing(planted, database, left):
    planted.erase()
    with database.reading() as session:
        before = [session.execute(select(table)).all() for table in metadata.sorted_tables if table.name == "answers"]
    records = list(log.read(planted.site.settings.var / log.NAME))
    assert len(records) == 1
    assert running.erase_again(database, planted.site.personal, records) == 1

    with database.reading() as session:
        after = [session.execute(select(table)).all() for table in metadata.sorted_tables if table.name == "answers"]
    assert before == after
    assert left() == set()


def test_the_record_names_nobody(planted):
    planted.erase()
    said = (planted.site.settings.var / log.NAME).read_text()

    assert WORD not in said
    assert said.count("\n") == 1


def test_an_account_with_the_same_number_made_later_is_left_alone(database, make, site):
    ana = make.account("ana")
    record = log.Erased(ana.id, ana.created_at - timedelta(days=1), True, now())

    assert running.erase_again(database, site.personal, [record]) == 0
    with database.reading() as session:
        assert session.get_one(Account, ana.id).handle == "ana"


def _subject(session, planted):
    return subject_of(session.get_one(Account, planted.person.id))


def _done(database) -> bool:
    with database.reading() as session:
        return session.scalars(select(ErasureRequest)).one().done_at is not None


def _reputations(database) -> dict[int, int]:
    with database.reading() as session:
        return dict(session.execute(select(Account.id, Account.reputation)).all())


def test_an_address_that_nobody_confirmed_is_not_taken_for_theirs(make):
    account = make.account("eve", email="eve@example.org", unconfirmed_email="ana@example.org")

    assert subject_of(account).without("Write to ana@example.org or eve@example.org") == (
        "Write to ana@example.org or (deleted address)"
    )
