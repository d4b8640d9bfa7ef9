"""Appeals: what can be appealed, who judges, and what overturning does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forum.accounts.models import Account
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events.moderation import AppealDecided, Decision, FlagReason, SanctionKind
from forum.posts import Visibility
from moderation.flags.actions import retract_flag
from moderation.flags.models import Flag, FlagState
from moderation.reviews.appealing import appeal, judge
from moderation.reviews.choices import Terms
from moderation.reviews.claims import Stale, claim_review
from moderation.reviews.models import Appeal, ReviewState
from tests.moderation.conftest import ref

WHY = "This was an honest answer."


@pytest.fixture
def author(bench, make, thread):
    return bench.member()


@pytest.fixture
def post(bench, make, thread, author, moderator):
    post = make.answer(thread, author=author)
    bench.flag(post)
    bench.decide(moderator, post, Decision.DELETE, grounds=FlagReason.SPAM)
    return post


def plead(bench, author, post, reason=WHY):
    actor, review = bench.actor(author), bench.review(post)
    return bench.database.write(lambda session: appeal(session, actor, review.id, reason))


def rule(bench, account, post, *, upheld):
    actor, review = bench.actor(account), bench.review(post)
    return bench.database.write(lambda session: judge(session, actor, review.id, upheld=upheld, version=review.version))


def test_another_moderator_overturns_and_everything_comes_back(bench, database, make, author, post):
    plead(bench, author, post)
    assert bench.review(post).state is ReviewState.APPEALED
    rule(bench, make.moderator(), post, upheld=False)

    assert bench.review(post).state is ReviewState.OVERTURNED
    assert bench.again(post).visibility is Visibility.PUBLISHED
    with database.reading() as session:
        assert session.get_one(Account, author.id).reputation == 100
        assert session.scalars(select(Flag.state)).all() == [FlagState.DISAGREED]


def test_what_flags_alone_had_hidden_is_shown_after_an_appeal_was_right(bench, make, spam, moderator):
    for _ in range(3):
        bench.flag(spam)
    bench.decide(moderator, spam, Decision.SANCTION, terms=Terms(SanctionKind.SILENCE, 7))
    with bench.database.reading() as session:
        author = session.get_one(Account, spam.author_id)
    plead(bench, author, spam)
    rule(bench, make.moderator(), spam, upheld=False)

    assert bench.again(spam).visibility is Visibility.PUBLISHED
    with bench.database.reading() as session:
        assert session.get_one(Account, spam.author_id).silenced_until is None


def test_upheld_the_decision_stands_for_good(bench, make, author, post, moderator):
    plead(bench, author, post)
    row = rule(bench, make.moderator(), post, upheld=True)
    assert bench.again(post).visibility is Visibility.DELETED
    with pytest.raises(Conflict):
        plead(bench, author, post)
    with bench.database.reading() as session:
        decision_id = session.get_one(Appeal, row.id).decision_id
    with pytest.raises(Conflict, match="for good"):
        bench.undo(moderator, type("Row", (), {"id": decision_id}))


def test_the_first_moderator_may_not_judge_while_there_is_another(bench, make, author, post, moderator):
    make.moderator()
    plead(bench, author, post)
    with pytest.raises(Forbidden):
        rule(bench, moderator, post, upheld=True)


def test_with_no_other_moderator_an_admin_judges(bench, make, author, post, moderator):
    admin = make.admin()
    plead(bench, author, post)
    with pytest.raises(Forbidden):
        rule(bench, moderator, post, upheld=True)
    assert not rule(bench, admin, post, upheld=True).by_the_first


def test_an_admin_leaves_it_to_another_moderator(bench, make, author, post):
    admin = make.admin()
    make.moderator()
    plead(bench, author, post)
    with pytest.raises(Forbidden):
        rule(bench, admin, post, upheld=True)


def test_with_nobody_else_the_first_judges_and_the_record_says_so(bench, author, post, moderator, heard):
    plead(bench, author, post)
    assert rule(bench, moderator, post, upheld=True).by_the_first
    assert [event.by_the_first for event in heard if isinstance(event, AppealDecided)] == [True]


def test_only_the_author_appeals_and_only_once(bench, author, post):
    with pytest.raises(NotFound):
        plead(bench, bench.member(), post)
    plead(bench, author, post)
    with pytest.raises(Conflict):
        plead(bench, author, post)


@pytest.mark.parametrize("reason", ["", "no", "x" * 2001])
def test_an_appeal_says_why(bench, author, post, reason):
    with pytest.raises(Invalid):
        plead(bench, author, post, reason)


def test_what_was_decided_for_the_author_cannot_be_appealed(bench, make, thread, author, moderator):
    post = make.answer(thread, author=author)
    bench.flag(post)
    bench.decide(moderator, post, Decision.APPROVE)
    with pytest.raises(Conflict):
        plead(bench, author, post)


def test_an_appeal_is_judged_once(bench, make, author, post):
    first, second = make.moderator(), make.moderator()
    plead(bench, author, post)
    version = bench.review(post).version
    rule(bench, first, post, upheld=True)
    actor, review = bench.actor(second), bench.review(post)
    with pytest.raises(Stale):
        bench.database.write(lambda session: judge(session, actor, review.id, upheld=False, version=version))


def test_flags_that_came_during_an_appeal_wait_afterwards(bench, make, thread, author, moderator):
    post = make.answer(thread, author=author)
    bench.flag(post)
    bench.decide(moderator, post, Decision.LOCK)
    plead(bench, author, post)
    bench.flag(post)
    assert bench.review(post).state is ReviewState.APPEALED
    rule(bench, make.moderator(), post, upheld=False)
    assert bench.review(post).state is ReviewState.PENDING


def test_who_may_not_judge_reads_who_can(bench, browser, make, author, post, moderator):
    noor = make.moderator("noor", display_name="Noor Haddad")
    plead(bench, author, post)
    path = f"/moderation/reviews/{bench.review(post).id}"
    for account in (moderator, make.admin()):
        text = " ".join(browser.sign_in(account).get(path).text.split())
        assert "Noor Haddad</a> can judge it." in text or "Noor Haddad can judge it." in text
        assert 'name="verdict"' not in text
    assert 'name="verdict"' in browser.sign_in(noor).get(path).text


@pytest.mark.parametrize("standing", ["pending", "claimed", "retracted", "taken back"])
def test_an_author_who_has_no_page_of_a_review_finds_nothing_to_appeal(bench, browser, make, thread, author, standing):
    post, flagger, moderator = make.answer(thread, author=author), bench.flagger(), make.moderator()
    bench.flag(post, flagger)
    if standing == "claimed":
        bench.database.write(lambda session: claim_review(session, bench.actor(moderator), bench.review(post).id))
    if standing == "retracted":
        bench.database.write(lambda session: retract_flag(session, bench.actor(flagger), ref(post)))
    if standing == "taken back":
        bench.undo(moderator, bench.decide(moderator, post, Decision.IGNORE))
    browser.sign_in(author)
    page, none = (f"/moderation/reviews/{number}/appeal" for number in (bench.review(post).id, 10**6))

    assert browser.get(page).status_code == browser.get(none).status_code == 404
    sent, nothing = (browser.post(path, {"reason": WHY}) for path in (page, none))
    assert (sent.status_code, nothing.status_code) == (404, 404)
    with pytest.raises(NotFound) as refused:
        plead(bench, author, post)
    assert refused.value.message == "There is no such decision."
