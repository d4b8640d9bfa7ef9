"""Two accounts of one person become one: all of one is the other's, once each, and nobody else can be the first."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import func, select
from typer.testing import CliRunner

from forum import clock
from forum.access import Scope
from forum.accounts.actions import register
from forum.accounts.api_tokens import make_token
from forum.accounts.models import Account, AccountMerge, AccountSession, ApiToken, Ignored
from forum.accounts.passwords import hash_password
from forum.app import metadata
from forum.cli import main
from forum.clock import now
from forum.erasures.actions import ask_for
from forum.errors import Conflict, Invalid, PorchlightError
from forum.events.moderation import FlagReason, SanctionKind
from forum.following.models import Follow, Level, Subject
from forum.importers.models import ImportedId, ImportSource
from forum.jobs import Job, Workshop
from forum.markup import cook
from forum.merges.running import Merger
from forum.merging import Merge
from forum.notifications.models import Notification
from forum.posts import PostKind, PostRef
from forum.threads.actions import post_answer
from forum.threads.models import Answer, Thread
from forum.votes.actions import cast_vote
from forum.votes.models import Vote
from moderation.audit.actions import verify
from moderation.flags.actions import flag_post
from moderation.flags.models import Flag, FlagState
from moderation.reviews.models import Review, ReviewState
from moderation.sanctions.actions import impose
from moderation.sanctions.models import Sanction
from reputation.ledger import rebuild
from reputation.ledger.models import LedgerEntry
from support.escalations.models import MeToo
from support.messages.actions import open_privately
from support.tickets.models import Ticket
from tests.conftest import SECRET
from tests.forum.erasures.conftest import WORD, Trace

PASSWORD = "correct horse battery"
NAMES = {"account_id", "actor_id", "author_id", "local_id", "subject_id", "user_id", "person_id", "uploader_id"}
"""How columns are called that may hold an account without saying so by a foreign key."""
NOT_PEOPLE = {("search_index", "account_id")}


def ruled(site):
    return [(column.class_.__tablename__, column.key) for one in site.merging.all for column in one.columns]


def naming(table):
    return [
        column
        for column in table.columns
        if column.name in NAMES or any(key.column.table.name == "accounts" for key in column.foreign_keys)
    ]


def test_every_column_that_names_an_account_has_one_rule(site):
    columns = [(table.name, column.key) for table in metadata.sorted_tables for column in naming(table)]
    known = ruled(site)

    assert set(columns) - set(known) - NOT_PEOPLE == set(), "Say in a Joins what becomes of these (forum/merging.py)."
    assert len(known) == len(set(known)), "One rule a column."
    assert set(known) <= set(columns)


def test_nothing_anywhere_names_the_account_that_went_but_what_may_not_change(database, site, make, merged_trace):
    kept = {(column.class_.__tablename__, column.key) for one in site.merging.all for column in one.stays} | {
        ("follows", "subject_id"),
        ("imported_ids", "local_id"),
    }
    with database.reading() as session:
        for table in metadata.sorted_tables:
            for column in naming(table):
                if (table.name, column.key) not in kept:
                    found = session.scalar(
                        select(func.count()).select_from(table).where(column == merged_trace.person.id)
                    )
                    assert not found, f"{table.name}.{column.key}"
        assert list(rebuild.check(session)) == []
        assert verify(session)[1] is None


@pytest.fixture
def merged_trace(site, make, finish, database):
    """Somebody who has something in every table, merged into an account that has nothing yet."""
    from forum.merges.actions import merge_accounts  # noqa: PLC0415

    trace = Trace(site, make)
    trace.plant()
    trace.work()
    make.account("fresh")
    with database.writing() as session:
        actor = make.actor(trace.admin)
        merge_accounts(session, actor, site.merging, WORD, "fresh", typed=WORD, reason="Both wrote")
    finish()
    return trace


def test_what_was_written_is_the_others(browser, database, merged, make, gone, stays):
    thread = make.thread(gone, title="A question of the first account")
    answer = make.answer(make.thread(), gone)
    with database.writing() as session:
        session.get_one(Account, gone.id).question_count = 1
    merged()
    with database.reading() as session:
        assert {session.get_one(Thread, thread.id).author_id, session.get_one(Answer, answer.id).author_id} == {
            stays.id
        }
        assert session.get_one(Account, stays.id).question_count == 1

    assert "A question of the first account" in browser.get("/people/ana").text


def test_the_old_profile_leads_to_the_new_one_also_through_a_second_merge(
    browser, begin, finish, merged, make, gone, stays
):
    third = make.account("ana-lopes")
    merged()
    assert browser.get("/people/ana-old", follow_redirects=False).headers["location"] == "/people/ana"
    begin(stays, third)
    finish()

    for handle in ("ana-old", "ana"):
        page = browser.get(f"/people/{handle}", follow_redirects=False)
        assert (page.status_code, page.headers["location"]) == (301, "/people/ana-lopes")


def test_a_mention_by_the_old_handle_reaches_whoever_it_became(database, make, merged, gone, stays):
    merged()
    thread, actor = make.thread(), make.actor(make.account(reputation=100))
    with database.writing() as session:
        post_answer(session, actor, thread.id, cook("Ask @ana-old, who is @ana, I think."))
    with database.reading() as session:
        told = session.scalars(select(Notification).where(Notification.kind == "mention")).all()
    assert [row.account_id for row in told] == [stays.id]


def test_a_program_that_asks_for_the_old_handle_gets_the_person(browser, database, merged, gone, stays):
    merged()
    with database.writing() as session:
        word = make_token(session, stays.id, "Tests", [Scope.READ])[1]
    person = browser.get("/api/v1/accounts/ana-old", headers={"Authorization": f"Bearer {word}"})

    assert person.json()["handle"] == "ana"


def test_nobody_gets_the_handle_or_the_address(browser, database, merged, site, gone):
    merged()
    with database.writing() as session, pytest.raises(Invalid):
        register(session, handle="ana-old", display_name="", email="x@else.example", password_hash="x")
    form = {"handle": "fresh", "email": "ana-old@example.org", "password": PASSWORD, "display_name": ""}
    browser.post("/register", form)
    Workshop(database, site.jobs).drain()
    with database.reading() as session:
        letters = session.scalars(select(Job).where(Job.kind == "mail")).all()
    told = [job.payload["letter"] for job in letters if job.payload.get("to") == "ana-old@example.org"]

    assert [one["template"] for one in told] == ["merged", "known"]
    assert told[1]["reader"]["handle"] == "ana", "whoever has the address is told of the account it leads to"


def test_whoever_it_is_can_take_the_former_address_back(browser, database, merged, site, stays):
    merged()
    with database.writing() as session:
        session.get_one(Account, stays.id).password_hash = hash_password(PASSWORD)
    browser.sign_in(stays)
    browser.post("/settings/email", {"email": "ana-old@example.org", "password": PASSWORD})
    Workshop(database, site.jobs).drain()
    with database.reading() as session:
        letter = session.scalars(select(Job).where(Job.kind == "mail").order_by(Job.id.desc())).first().payload
    assert letter["letter"]["template"] == "confirm_change"
    browser.post(letter["letter"]["path"])

    with database.reading() as session:
        assert session.get_one(Account, stays.id).email == "ana-old@example.org"


def test_every_way_in_ends(browser, database, make, merged, gone):
    with database.writing() as session:
        session.get_one(Account, gone.id).password_hash = hash_password(PASSWORD)
        session.add(ApiToken(account_id=gone.id, name="x", token_hash="a" * 64, scopes=["read"]))
    signed_in = browser.another().sign_in(gone)
    merged()

    assert "/login" in str(signed_in.get("/settings/profile").url)
    assert browser.post("/login", {"name": "ana-old", "password": PASSWORD}).status_code == 422
    with database.reading() as session:
        assert session.scalars(select(AccountSession).filter_by(account_id=gone.id)).all() == []
        assert session.scalars(select(ApiToken)).one().revoked_at is not None


def test_both_addresses_are_told_and_it_stands_in_the_log(database, site, merged, admin, gone, stays):
    merged()
    with database.reading() as session:
        mail = session.scalars(select(Job).where(Job.kind == "mail").order_by(Job.id)).all()
        assert [one.payload["to"] for one in mail] == ["ana-old@example.org", "ana@example.org"]
        entry = session.execute(select(metadata.tables["audit_entries"])).one()

    assert (entry.action, entry.actor_id) == ("AccountsMerged", admin.id)
    assert entry.facts == entry.facts | {"account_id": stays.id, "from_id": gone.id}


def test_two_votes_on_one_post_are_one_and_none_is_on_ones_own(database, make, merged, gone, stays):
    third = make.account("ben", reputation=300)
    other = make.answer(make.thread(), third)
    own = make.answer(make.thread(third), gone)
    old, new = make.actor(gone), make.actor(stays)
    with database.writing() as session:
        for actor in (old, new):
            cast_vote(session, actor, PostRef(PostKind.ANSWER, other.id), 1)
        cast_vote(session, new, PostRef(PostKind.ANSWER, own.id), 1)
        cast_vote(session, make.actor(third), PostRef(PostKind.ANSWER, own.id), 1)
    merged()
    with database.reading() as session:
        assert session.get_one(Answer, other.id).score == 1
        assert session.get_one(Answer, own.id).score == 1
        assert session.get_one(Account, third.id).reputation == 310
        assert session.get_one(Account, stays.id).reputation == 310, "ten from the third, none from herself"
        assert {row.account_id for row in session.scalars(select(Vote))} == {stays.id, third.id}
        assert list(rebuild.check(session)) == []


def test_what_was_earned_keeps_its_day(database, make, merged, gone, stays):
    answer = make.answer(make.thread(), gone)
    long_ago = now() - timedelta(days=100)
    voter = make.actor(make.account(reputation=100))
    with clock.at(long_ago), database.writing() as session:
        cast_vote(session, voter, PostRef(PostKind.ANSWER, answer.id), 1)
    merged()
    with database.reading() as session:
        rows = session.scalars(select(LedgerEntry).where(LedgerEntry.account_id == stays.id)).all()

    assert [row.day for row in rows if row.points == 10] == [long_ago.date()]


def test_a_mute_stays_else_the_level_that_tells_more(database, make, merged, gone, stays):
    threads = [make.thread() for _number in range(3)]
    fan = make.account("fan")
    levels = [(Level.MUTE, Level.WATCH), (Level.WATCH, Level.FOLLOW), (Level.NORMAL, None)]
    with database.writing() as session:
        for thread, pair in zip(threads, levels, strict=True):
            for account, level in zip((gone, stays), pair, strict=True):
                if level is not None:
                    session.add(
                        Follow(account_id=account.id, subject=Subject.THREAD, subject_id=thread.id, level=level)
                    )
        for whom in (gone, stays):
            session.add(Follow(account_id=fan.id, subject=Subject.PERSON, subject_id=whom.id))
        session.add(Follow(account_id=gone.id, subject=Subject.PERSON, subject_id=stays.id))
    merged()
    with database.reading() as session:
        mine = session.scalars(select(Follow).where(Follow.account_id == stays.id).order_by(Follow.subject_id)).all()
        assert [row.level for row in mine] == [Level.MUTE, Level.WATCH, Level.NORMAL]
        assert [row.subject_id for row in session.scalars(select(Follow).filter_by(account_id=fan.id))] == [stays.id]
        assert [session.get_one(Thread, one.id).follower_count for one in threads] == [0, 1, 0]


def test_two_flags_on_one_post_are_one_and_their_review_weighs_anew(database, make, merged, gone, stays):
    answer = make.answer(make.thread())
    with database.writing() as session:
        for account in (gone, stays):
            flag_post(session, make.actor(account), PostRef(PostKind.ANSWER, answer.id), FlagReason.SPAM)
    merged()
    with database.reading() as session:
        flag = session.scalars(select(Flag)).one()
        assert flag.account_id == stays.id
        assert session.scalars(select(Review)).one().weight == flag.weight


def test_flags_on_each_others_posts_are_taken_back(database, make, merged, gone, stays):
    answer = make.answer(make.thread(), stays)
    with database.writing() as session:
        flag_post(session, make.actor(gone), PostRef(PostKind.ANSWER, answer.id), FlagReason.SPAM)
    merged()
    with database.reading() as session:
        assert session.scalars(select(Flag)).one().state is FlagState.RETRACTED
        assert session.scalars(select(Review)).one().state is ReviewState.RETRACTED


def test_the_harder_sanction_stays(database, make, merged, gone, stays):
    moderator = make.actor(make.moderator("mo"))
    soon, later = now() + timedelta(days=3), now() + timedelta(days=30)
    with database.writing() as session:
        impose(session, moderator, gone.id, SanctionKind.SILENCE, message="For long", until=later)
        impose(session, moderator, stays.id, SanctionKind.SILENCE, message="Briefly", until=soon)
    merged()
    with database.reading() as session:
        assert session.get_one(Account, stays.id).silenced_until == later
        assert {row.account_id for row in session.scalars(select(Sanction))} == {stays.id}


def test_tickets_and_me_toos_come_along_once(database, make, merged, gone, stays):
    thread, own = make.thread(), make.thread(stays)
    with database.writing() as session:
        open_privately(session, make.actor(gone), "An invoice twice", cook("We paid in May."))
        session.add(MeToo(thread_id=thread.id, account_id=gone.id, notify=True))
        session.add(MeToo(thread_id=thread.id, account_id=stays.id, notify=False))
        session.add(MeToo(thread_id=own.id, account_id=gone.id))
    merged()
    with database.reading() as session:
        assert session.scalars(select(Ticket)).one().requester_id == stays.id
        too = session.scalars(select(MeToo)).one()
        assert (too.thread_id, too.account_id, too.notify) == (thread.id, stays.id, True)


def test_what_is_unread_is_counted_anew_and_told_once(database, make, merged, gone, stays):
    other = make.account()
    with database.writing() as session:
        for account, key in ((gone, "a"), (stays, "a"), (gone, "b")):
            session.add(Notification(account_id=account.id, kind="mention", actor_id=other.id, key=key))
        session.add(Notification(account_id=stays.id, kind="mention", actor_id=gone.id, key="c"))
    merged()
    with database.reading() as session:
        told = session.scalars(select(Notification).order_by(Notification.key)).all()
        assert [(row.account_id, row.key) for row in told] == [(stays.id, "a"), (stays.id, "b")]
        assert session.get_one(Account, stays.id).unread_count == 2


def test_an_organisation_comes_along_where_there_is_room_for_it(database, make, merged, gone, stays):
    company = make.organisation("Acme")
    with database.writing() as session:
        row = session.get_one(Account, gone.id)
        row.organisation_id, row.organisation_manager = company.id, True
    merged()
    with database.reading() as session:
        account = session.get_one(Account, stays.id)
        assert (account.organisation_id, account.organisation_manager) == (company.id, True)


def test_a_membership_by_a_domain_needs_an_address_of_it(database, make, merged, gone, stays):
    company = make.organisation("Acme", domains=("acme.example",))
    with database.writing() as session:
        row = session.get_one(Account, gone.id)
        row.organisation_id, row.organisation_domain = company.id, "acme.example"
    merged()
    with database.reading() as session:
        assert session.get_one(Account, stays.id).organisation_id is None


def test_who_somebody_was_elsewhere_comes_along(database, merged, gone, stays):
    with database.writing() as session:
        source = ImportSource(name="old.example")
        session.add(source)
        session.flush()
        session.add(ImportedId(source_id=source.id, kind="user", external_id="7", local_id=gone.id))
        session.add(ImportedId(source_id=source.id, kind="answer", external_id="7", local_id=gone.id))
    merged()
    with database.reading() as session:
        found = {row.kind: row.local_id for row in session.scalars(select(ImportedId))}

    assert found == {"user": stays.id, "answer": gone.id}, "a post's number is no person's"


@pytest.mark.parametrize("role", ["moderator", "staff", "admin"])
def test_a_role_does_not_come_along(database, make, begin, stays, role):
    high = getattr(make, role)("boss")

    with pytest.raises(Invalid, match="@boss has a role that @ana has not"):
        begin(high, stays)


def test_nobody_becomes_who_they_judged(database, make, begin):
    judge, judged = make.moderator("judge"), make.moderator("judged")
    boss = make.actor(make.admin("boss"))
    other = make.moderator("other")
    with database.writing() as session:
        impose(session, boss, other.id, SanctionKind.WARN, message="Please")
        session.flush()
        row = session.scalars(select(Sanction)).one()
        row.account_id, row.by_id = judged.id, judge.id

    with pytest.raises(Invalid, match="@judge sanctioned @judged"):
        begin(judged, judge)


def test_an_erasure_that_was_asked_for_comes_first(database, make, admin, begin, gone, stays):
    with database.writing() as session:
        ask_for(session, make.actor(admin), "ana-old", content=False, days=5, reason="A letter")

    with pytest.raises(Invalid, match="@ana-old is to be erased"):
        begin(gone, stays)
    with pytest.raises(Invalid, match="@ana-old is to be erased"):
        begin(make.account("third"), gone)


def test_no_erasure_begins_while_two_become_one(database, make, admin, begin, finish, gone, stays):
    begin(gone, stays)
    with database.writing() as session, pytest.raises(Conflict, match="is being merged"):
        ask_for(session, make.actor(admin), "ana", content=True, days=0, reason="A letter")
    finish()
    with database.writing() as session:
        ask_for(session, make.actor(admin), "ana", content=True, days=0, reason="A letter")


def test_an_erasure_takes_the_former_handle_and_address_too(database, site, make, admin, merged, gone, stays):
    thread = make.thread(make.account(), title="For all to see", body="Hello @ana-old, write to ana-old@example.org")
    merged()
    with database.writing() as session:
        ask_for(session, make.actor(admin), "ana", content=False, days=0, reason="A letter")
    for minutes in (1, 2, 3):
        with clock.at(now() + timedelta(minutes=minutes)):
            Workshop(database, site.jobs).drain()
    with database.reading() as session:
        former = session.get_one(Account, gone.id)
        assert (former.handle, former.email, former.display_name) == (f"deleted-{gone.id}", None, "Deleted person")
        assert "ana-old" not in session.get_one(Thread, thread.id).source
    with database.writing() as session, pytest.raises(Invalid):
        register(session, handle="ana-old", display_name="", email="x@else.example", password_hash="x")


def test_killed_half_way_it_did_nothing_and_is_done_again(
    database, site, begin, finish, make, gone, stays, monkeypatch
):
    thread = make.thread(gone)
    begin(gone, stays)
    whole = site.merging.carry_out

    def half(session, merge):
        whole(session, merge)
        raise KeyboardInterrupt

    monkeypatch.setattr(site.merging, "carry_out", half)
    with pytest.raises(KeyboardInterrupt):
        Workshop(database, site.jobs).drain()
    with database.reading() as session:
        assert session.get_one(Thread, thread.id).author_id == gone.id
        assert session.scalars(select(AccountMerge)).one().moved_at is None
    monkeypatch.undo()
    with clock.at(now() + timedelta(minutes=6)):  # the lease of the worker that died has run out
        finish()
    with database.reading() as session:
        assert session.get_one(Thread, thread.id).author_id == stays.id
        assert session.scalars(select(AccountMerge)).one().done_at is not None


def test_a_merge_that_no_job_is_at_is_taken_up_again(database, site, begin, finish, gone, stays):
    begin(gone, stays)
    with database.writing() as session:
        session.query(Job).filter_by(kind="merges.perform").delete()
        Merger(site.merging).start_due(session, {})
    finish()
    with database.reading() as session:
        assert session.scalars(select(AccountMerge)).one().done_at is not None


def test_what_was_sent_while_it_was_shut_follows(database, site, make, begin, gone, stays):
    """A write that had begun before, and ended after everything had moved."""
    begin(gone, stays)
    Workshop(database, site.jobs).drain()
    late = make.answer(make.thread(), gone)
    with clock.at(now() + timedelta(seconds=30)):
        Workshop(database, site.jobs).drain()
    with database.reading() as session:
        assert session.get_one(Answer, late.id).author_id == stays.id


def test_somebody_who_posts_meanwhile_loses_nothing(database, site, make, begin, finish, gone, stays):
    thread, actor = make.thread(), make.actor(gone)
    ready, posted = threading.Event(), []

    def post() -> None:
        ready.wait()
        for number in range(6):
            with database.writing() as session:
                posted.append(post_answer(session, actor, thread.id, cook(f"Answer number {number} of them")).id)

    with ThreadPoolExecutor() as pool:
        writing = pool.submit(post)
        ready.set()
        begin(gone, stays)
        Workshop(database, site.jobs).drain()
        writing.result()
    finish()
    with database.reading() as session:
        authors = {session.get_one(Answer, one).author_id for one in posted}
        assert (len(posted), authors) == (6, {stays.id})
        assert list(rebuild.check(session)) == []


def test_of_two_admins_at_once_one_is_told(database, make, begin, gone, stays):
    third = make.account("third")
    barrier = threading.Barrier(2)

    def go(into) -> str:
        barrier.wait()
        try:
            begin(gone, into)
        except PorchlightError as refusal:
            return type(refusal).__name__
        return "done"

    with ThreadPoolExecutor() as pool:
        found = sorted(pool.map(go, (stays, third)))

    assert found[1] == "done"
    with database.reading() as session:
        assert len(session.scalars(select(AccountMerge)).all()) == 1


def test_the_page_shows_what_would_happen_and_asks_for_the_handle(browser, make, admin, gone, stays, database):
    make.thread(gone)
    with database.writing() as session:
        session.add(Follow(account_id=gone.id, subject=Subject.PERSON, subject_id=stays.id))
    browser.sign_in(admin)
    page = browser.get("/admin/people/ana-old/merge?into=@Ana").text
    assert "questions and discussions: 1" in page
    assert "following each other: 1" in page
    assert "It cannot be undone" in page
    form = {"into": "ana", "handle": "wrong", "reason": "She wrote from both"}
    again = browser.post("/admin/people/ana-old/merge", form)
    assert again.status_code == 422
    assert "to say that you mean it" in again.text
    assert "She wrote from both" in again.text
    done = browser.post("/admin/people/ana-old/merge", form | {"handle": "ana-old"})

    assert "Both addresses are written to" in done.text
    assert "@ana-old" in done.text


def test_the_page_says_who_is_not_there(browser, admin, gone):
    browser.sign_in(admin)
    assert "There is nobody by that name here" in browser.get("/admin/people/ana-old/merge?into=nobody").text
    assert "these are the same account" in browser.get("/admin/people/ana-old/merge?into=ana-old").text
    assert browser.get("/admin/people/nobody/merge").status_code == 404


def test_only_an_admin_may_and_nobody_shuts_themself_out(browser, make, admin, gone, stays):
    form = {"into": "ana", "handle": "root", "reason": "Just so"}
    assert browser.sign_in(make.moderator()).post("/admin/people/ana-old/merge", form).status_code == 403
    page = browser.sign_in(admin).post(f"/admin/people/{admin.handle}/merge", form)

    assert page.status_code == 409
    assert "the account that would go" in page.text


def porchlight(settings, monkeypatch, *arguments):
    monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PORCHLIGHT_VAR", str(settings.var))
    monkeypatch.setenv("PORCHLIGHT_SECRET", SECRET)
    try:
        return CliRunner().invoke(main, list(arguments))
    finally:
        structlog.reset_defaults()


def test_the_command_shows_first_and_asks(settings, monkeypatch, database, finish, make, gone, stays):
    thread = make.thread(gone)
    merge = ("merge-accounts", "ana-old", "--into", "ana")
    shown = porchlight(settings, monkeypatch, *merge, "--dry-run")
    assert "moves: questions and discussions: 1" in shown.output
    assert "Nothing was changed" in shown.output
    wrong = porchlight(settings, monkeypatch, *merge, "--reason", "Both wrote", "--confirm", "ana")
    assert wrong.exit_code == 1
    done = porchlight(settings, monkeypatch, *merge, "--reason", "Both wrote", "--confirm", "ana-old")
    assert done.exit_code == 0, done.output
    finish()

    with database.reading() as session:
        assert session.get_one(Thread, thread.id).author_id == stays.id


def test_whom_either_blocked_stays_blocked_and_who_ignored_either_ignores_the_one_that_stays(database, make, site):
    gone, stays, bore, judge = (make.account(handle) for handle in ("gone", "stays", "bore", "judge"))
    with database.writing() as session:
        for who, whom, blocks in (
            (gone, bore, True),
            (stays, bore, False),
            (gone, stays, True),
            (judge, gone, True),
        ):
            session.add(Ignored(account_id=who.id, other_id=whom.id, blocks=blocks))
            session.get_one(Account, who.id).ignores = True
        site.merging.carry_out(session, Merge(gone.id, stays.id))

    with database.reading() as session:
        found = {(row.account_id, row.other_id, row.blocks) for row in session.scalars(select(Ignored))}
        assert session.get_one(Account, stays.id).ignores
    assert found == {(stays.id, bore.id, True), (judge.id, stays.id, True)}
