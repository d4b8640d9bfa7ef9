"""Pages of a thread for those who are signed in: one for all with the same rights, filled in for each, never old."""

import gzip
import re
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import update

from forum.accounts.models import Account, AccountSession, Organisation
from forum.accounts.sessions import end_sessions
from forum.app import create_app
from forum.clock import now
from forum.markup import cook
from forum.notifications.actions import notify
from forum.options import set_option
from forum.posts import PostKind, PostRef
from forum.threads.actions import accept_answer, delete_post, edit_post, lock_thread, post_answer, post_comment
from forum.threads.models import Thread
from forum.votes.actions import cast_vote
from forum.web.alike import Alike
from forum.web.fragments import ONCE
from forum.web.packing import Blanks, gzipped, put_together, stretch
from support.escalations.actions import ask_staff
from support.tickets.actions.opening import open_ticket
from support.tickets.models import Reason
from tests.browse import Browser

TOKEN = re.compile(r'(?<= value=")[\w-]{16}(?=")')
UNKEPT = {"HX-Request": "true"}
"""Whoever asks so is given a page that is made for them alone."""


@pytest.fixture
def browser(browser):
    """One whose reading is not counted: the count is written at a moment of its own, and shown."""
    browser.client.headers["User-Agent"] = "a bot"
    return browser


@pytest.fixture
def path(thread, answer):
    return f"/threads/{thread.id}/{thread.slug}"


def without_tokens(text):
    return TOKEN.sub("", text)


def kept(site):
    return [page for page in site.pages._pages.values() if isinstance(page, Alike)]


def test_those_with_the_same_rights_share_a_page_and_each_finds_their_own_name_on_it(
    browser, site, make, queries, path
):
    bea, cem = make.account("bea", reputation=120, unread_count=3), make.account("cem", reputation=121)
    browser.sign_in(bea).get(path)
    of_bea = browser.get(path).text
    browser.sign_in(cem)
    with queries() as asked:
        of_cem = browser.get(path).text
    with queries() as asked_again:
        assert without_tokens(browser.get(path).text) == without_tokens(of_cem)

    assert len(kept(site)) == 1
    assert len(asked) == 3  # who it is, what they have in the thread, how many of their tickets wait
    assert not asked_again
    assert "@bea" in of_bea
    assert "3 unread" in of_bea
    assert f'"me:{bea.id}"' in of_bea.replace("&#34;", '"')
    assert "@cem" in of_cem
    assert "bea" not in of_cem.lower()
    assert f'"me:{cem.id}"' in of_cem.replace("&#34;", '"')


def test_other_rights_languages_zones_themes_and_places_have_other_pages(browser, site, make, thread, path):
    pages = 0

    def is_another(account, path=path, cookies=None):
        nonlocal pages
        browser.sign_in(account)
        for name, value in (cookies or {}).items():
            browser.client.cookies.set(name, value)
        assert without_tokens(browser.get(path).text) == without_tokens(browser.get(path, headers=UNKEPT).text)
        pages += 1
        return len(kept(site)) == pages

    assert is_another(make.account("bea", reputation=100))
    assert is_another(make.account("new", reputation=1))
    assert is_another(make.account("far", reputation=100, time_zone="Asia/Tokyo"))
    assert is_another(make.account("unconfirmed", reputation=100, email_verified_at=None))
    assert is_another(make.account("cem", reputation=100), path=f"{path}?sort=newest")
    assert is_another(make.account("dee", reputation=100), cookies={"theme": "dark"})


def own_things(make, site, thread, answer):
    """Each a reader, and what gives them a page of their own."""
    sharing = Organisation(name="Acme", shares_tickets=True)
    with site.database.writing() as session:
        session.add(sharing)
    remark = make.comment(thread, answer_id=answer.id)

    def post(path, **data):
        return lambda browser: browser.post(path, data)

    def write(make_it):
        return lambda _browser: make_it()

    here, there = f"/threads/{thread.id}", f"/answers/{answer.id}"
    ask = {"reason": "outage", "body": "It is down"}
    yield "voted on the question", {}, post(f"{here}/vote", value="1")
    yield "voted on an answer", {}, post(f"{there}/vote", value="1")
    yield "voted an answer down", {"reputation": 5000}, post(f"{there}/vote", value="-1")
    yield "follows", {}, post(f"/following/thread/{thread.id}", level="follow")
    yield "mutes it", {}, post(f"/following/thread/{thread.id}", level="mute")
    yield "answered", {}, post(f"{here}/answers", body="Have a look into the log.", once="one-answer")
    yield "commented on the question", {}, post(f"/posts/thread/{thread.id}/comments", body="Which one?", once="one")
    yield "commented on an answer", {}, post(f"/posts/answer/{answer.id}/comments", body="That helped", once="two")
    yield "flagged an answer", {}, post(f"/flags/answer/{answer.id}", reason="other", note="Wrong in the end")
    yield "flagged a comment", {}, post(f"/flags/comment/{remark.id}", reason="other", note="Wrong in the end")
    yield "flagged the question", {}, post(f"/flags/thread/{thread.id}", reason="off_topic")
    ignore = "/settings/ignored/{}"
    yield "ignores who asked", {}, post(ignore.format(thread.author_id), stance="ignore")
    yield "ignores who answered", {}, post(ignore.format(answer.author_id), stance="ignore")
    yield "blocks who commented", {}, post(ignore.format(remark.author_id), stance="block")
    yield "has this too", {}, post(f"{here}/me-too", value="1")
    yield "asked staff about their own question", {"as": thread.author_id}, post(f"{here}/escalation", **ask)
    yield "said it did not help", {"as": thread.author_id}, post(f"{there}/unhelpful", note="Still stops")
    yield "a colleague of who asked staff", {"organisation_id": sharing.id}, write(lambda: None)


def test_whoever_has_something_in_a_thread_is_shown_it_at_once_and_only_they_are(
    browser, site, database, make, thread, answer, path
):
    bystander = make.account("bystander", reputation=100)
    for what, given_, does in own_things(make, site, thread, answer):
        columns = {"reputation": 100} | given_
        who = columns.pop("as", None)
        with database.reading() as session:
            reader = session.get_one(Account, who) if who else make.account(**columns)
        browser.sign_in(reader).get(path)
        assert without_tokens(browser.get(path).text) == without_tokens(browser.get(path, headers=UNKEPT).text), what
        done = does(browser)
        assert done is None or done.status_code == 200, what
        for person in (reader, bystander):
            browser.sign_in(person)
            for _ in range(2):
                assert without_tokens(browser.get(path).text) == without_tokens(
                    browser.get(path, headers=UNKEPT).text
                ), (what, person.handle)


def test_each_condition_keeps_somebody_off_the_page_that_would_be_wrong_for_them(
    browser, site, database, make, thread, answer, path
):
    readers = []
    for _what, given_, does in own_things(make, site, thread, answer):
        columns = {"reputation": 100} | given_
        if "as" in columns:
            continue
        readers.append(make.account(**columns))
        does(browser.sign_in(readers[-1]))
    stakes = site.slots.stakes
    for missing in stakes:
        site.slots.stakes = tuple(stake for stake in stakes if stake is not missing)
        pages = [(browser.sign_in(one).get(path).text, browser.get(path, headers=UNKEPT).text) for one in readers]
        assert any(without_tokens(got) != without_tokens(right) for got, right in pages), missing


def changes(make, asker, thread, answer):
    """Something of each kind that changes a thread for all who read it."""
    moderator, fan = make.actor(make.moderator("mo")), make.actor(make.account("fan", reputation=500))
    author = make.actor(asker)
    there = PostRef(PostKind.ANSWER, answer.id)

    def rename(session):
        session.get_one(Account, thread.author_id).display_name = "Ana Maria"

    yield lambda session: cast_vote(session, fan, there, 1)
    yield lambda session: post_answer(session, fan, thread.id, cook("Look into the log first."))
    yield lambda session: post_comment(session, fan, thread.id, cook("Which version is it?"))
    yield lambda session: edit_post(session, moderator, there, cook("Restart it twice."))
    yield lambda session: accept_answer(session, author, answer.id)
    yield rename
    yield lambda session: cast_vote(session, fan, there, 0)
    yield lambda session: lock_thread(session, moderator, thread.id, reason="Enough was said.")
    yield lambda session: delete_post(session, moderator, there)


def test_each_write_shows_at_once_on_the_page_of_all_and_on_ones_own(
    browser, database, make, asker, thread, answer, path
):
    bystander, voter = make.account("bystander", reputation=100), make.account("voter", reputation=100)
    browser.sign_in(voter).post(f"/threads/{thread.id}/vote", {"value": "1"})
    for number, change in enumerate(changes(make, asker, thread, answer)):
        before = {}
        for person in (bystander, voter):
            before[person.id] = without_tokens(browser.sign_in(person).get(path).text)
        database.write(change)
        for person in (bystander, voter):
            after = without_tokens(browser.sign_in(person).get(path).text)
            assert after != before[person.id], (number, person.handle)
            assert after == without_tokens(browser.get(path, headers=UNKEPT).text), (number, person.handle)


def test_a_changed_option_shows_at_once(browser, database, make, path):
    browser.sign_in(make.account("bea", reputation=100)).get(path)
    before = without_tokens(browser.get(path).text)
    database.write(lambda session: set_option(session, "votes.question_down", True))

    after = without_tokens(browser.get(path).text)
    assert after != before
    assert after == without_tokens(browser.get(path, headers=UNKEPT).text)


def test_what_somebody_may_no_longer_do_they_are_no_longer_offered(browser, database, make, path):
    bea = make.account("bea", reputation=100)
    assert "Write an answer" in (page := browser.sign_in(bea).get(path).text) or "Your answer" in page
    with database.writing() as session:
        session.get_one(Account, bea.id).suspended_until = now() + timedelta(days=1)

    assert "You cannot answer at the moment" in browser.get(path).text


def about_a_reader(database, make, thread):
    """Each something that changes for a reader, and that the page of a thread shows them."""
    sharing = Organisation(name="Acme", shares_tickets=True)
    with database.writing() as session:
        session.add(sharing)
        session.flush()
        asker = session.get_one(Account, thread.author_id)
        asker.organisation_id = sharing.id
        ask_staff(session, make.actor(asker), thread.id, Reason.OUTAGE, cook("It is down"))

    def rename(_session, reader):
        reader.display_name = "Beatrice"

    def unconfirm(_session, reader):
        reader.email_verified_at = None

    def join(_session, reader):
        reader.organisation_id = sharing.id

    def promote(_session, reader):
        reader.moderator = True

    yield "told of something", lambda session, reader: notify(session, reader.id, "note", text="Hello", url="/")
    yield "renamed", rename
    yield "no longer confirmed", unconfirm
    yield "has a ticket", lambda session, reader: open_ticket(session, reader.id, "It is slow", Reason.OUTAGE)
    yield "a colleague of who asked staff", join
    yield "a moderator", promote


def test_what_changes_for_a_reader_shows_at_once(browser, database, make, thread, answer, path):
    other = make.thread()
    elsewhere = f"/threads/{other.id}/{other.slug}"
    for what, change in about_a_reader(database, make, thread):
        reader = make.account(reputation=100)
        browser.sign_in(reader).get(elsewhere)
        before = [without_tokens(browser.get(path).text) for _ in range(3)][-1]
        with database.writing() as session:
            change(session, session.get_one(Account, reader.id))
        browser.get(elsewhere)
        for _ in range(3):
            after = without_tokens(browser.get(path).text)
            assert after != before, what
            assert after == without_tokens(browser.get(path, headers=UNKEPT).text), what


def test_who_somebody_is_is_read_once_for_all_that_they_read(browser, make, queries, path):
    bea, cem = make.account("bea", reputation=100), make.account("cem", reputation=100)
    other = make.thread()
    there = f"/threads/{other.id}/{other.slug}"
    browser.sign_in(cem).get(there)
    browser.sign_in(bea).get(path)
    with queries() as asked:
        browser.get(there)

    assert len(asked) == 1  # what they have in the thread


def test_whoever_a_changed_rule_takes_a_privilege_from_is_offered_it_no_longer(browser, database, make, path):
    loses, keeps = make.account("bea", reputation=20), make.account("cem", reputation=60)
    database.write(lambda session: set_option(session, "privileges.preset", "growing"))
    assert all("Add a comment" in browser.sign_in(loses).get(path).text for _ in range(2))
    token = browser.client.cookies["session"]
    browser.get(path)
    database.write(lambda session: set_option(session, "privileges.preset", "established"))
    assert all("Add a comment" in browser.sign_in(keeps).get(path).text for _ in range(2))

    browser.client.cookies.set("session", token)
    assert "Add a comment" not in browser.get(path).text


def test_an_address_that_names_nothing_in_particular_is_not_kept(browser, site, make, thread, path):
    browser.sign_in(make.account("bea", reputation=100)).get(path)
    known = len(site.pages)
    for number in range(3):
        browser.get(f"/threads/{thread.id}/{'a' * 300}{number}")

    assert len(site.pages) == known


def test_a_browser_that_sends_its_cookies_in_parts_is_signed_in(browser, make, path):
    browser.sign_in(make.account("bea", reputation=100))
    token = browser.client.cookies["session"]
    browser.sign_out()
    for address in (path, "/"):
        page = browser.client.get(address, headers=[("cookie", "theme=dark"), ("cookie", f"session={token}")])
        assert "@bea" in page.text


def test_whoever_is_signed_out_elsewhere_is_signed_out_here_at_once(browser, database, make, path):
    bea = make.account("bea", reputation=100)
    browser.sign_in(bea)
    assert all("@bea" in browser.get(path).text for _ in range(3))
    with database.writing() as session:
        end_sessions(session, bea.id)

    assert "bea" not in browser.get(path).text


def test_nobody_is_signed_in_for_longer_than_their_session(browser, database, make, path):
    bea = make.account("bea", reputation=100)
    browser.sign_in(bea)
    with database.writing() as session:
        session.execute(update(AccountSession).values(expires_at=now() + timedelta(seconds=2)))
    assert all("@bea" in browser.get(path).text for _ in range(3))
    time.sleep(2)

    assert "bea" not in browser.get(path).text


def test_moderators_and_staff_have_pages_of_their_own(browser, site, make, path):
    for account in (make.moderator("mo"), make.staff("sue"), make.admin("ada")):
        browser.sign_in(account).get(path)
        browser.get(path)
    assert kept(site) == []


def test_each_form_of_each_page_has_a_token_of_its_own(browser, make, path):
    browser.sign_in(make.account("bea", reputation=100))
    tokens = [token for _ in range(3) for token in TOKEN.findall(browser.get(path).text)]

    assert len(tokens) == len(set(tokens)) >= 6
    assert ONCE not in browser.get(path).text


def test_the_page_comes_packed_or_plain_as_asked(site, make, path):
    with Browser(create_app(site), site) as browser:
        browser.sign_in(make.account("bea", reputation=100))
        made, plain = (browser.get(path, headers={"Accept-Encoding": "identity"}) for _ in range(2))
        with browser.client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as packed:
            body = b"".join(packed.iter_raw())

    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["cache-control"] == packed.headers["cache-control"] == "private, no-store"
    assert made.headers["vary"] == plain.headers["vary"] == packed.headers["vary"]
    assert packed.headers["vary"].count("Accept-Encoding") == 1
    assert without_tokens(gzip.decompress(body).decode()) == without_tokens(plain.text)
    assert len(body) < len(plain.content) / 3


def test_a_note_about_what_was_done_is_shown_once(browser, make, thread, path):
    browser.sign_in(make.account("bea", reputation=100)).get(path)
    told = browser.post(f"/following/thread/{thread.id}", {"level": "follow"}).text
    assert "You will hear" in told or "flash" in told
    assert 'class="notice' not in browser.get(path).text.split('id="thread"')[0].split('id="flashes"')[1]


def test_readers_of_a_shared_page_are_counted(site, database, make, thread, path):
    with Browser(create_app(site), site) as browser:
        browser.client.headers["User-Agent"] = "Mozilla/5.0"
        for name in ("bea", "cem"):
            browser.sign_in(make.account(name, reputation=100)).get(path)
        site.telemetry.flush(database)
    with database.reading() as session:
        assert session.get_one(Thread, thread.id).view_count == 2


@given(some.lists(some.text(min_size=0, max_size=400), min_size=1, max_size=6))
def test_a_page_put_together_from_pieces_is_the_page(texts):
    page = stretch(ONCE.join(texts))
    pieces = page.filled(Blanks(page.blanks))
    whole = put_together(pieces)

    assert gzip.decompress(gzipped(pieces)) == whole
    tokens = [piece.plain for piece in pieces[1::2]]
    assert whole == b"".join(
        part for pair in zip([text.encode() for text in texts], [*tokens, b""], strict=True) for part in pair
    )


@given(some.text(max_size=60), some.integers(1, 30))
def test_text_that_repeats_across_blanks_is_packed_once(text, times):
    text = text + "the same words again and again, as on a page with many forms"
    page = stretch(ONCE.join([text] * (times + 1)))
    pieces = page.filled(Blanks(page.blanks))

    assert gzip.decompress(gzipped(pieces)) == put_together(pieces)
    assert sum(len(piece.packed) for piece in pieces) < 2 * len(text.encode()) + 60 * (times + 1) + 60
