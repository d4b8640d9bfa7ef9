"""Each audience hears what it may see and nothing else, asked again for every event."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from forum.accounts.models import Account, AccountSession
from forum.clock import now
from forum.events.moderation import FlagReason
from forum.markup import cook
from forum.posts import PostKind, PostRef, Visibility
from forum.threads.actions import follow, post_answer, set_visibility
from forum.threads.models import Thread
from moderation.flags.actions import flag_post
from moderation.reviews.claims import claim_review, release_review
from moderation.reviews.models import Review
from support.escalations.actions import ask_staff
from support.messages.actions import open_privately, reply_as_requester, reply_as_staff
from support.messages.models import Audience
from support.tickets.actions import hand_over, take_ticket
from support.tickets.models import Reason
from tests.forum.live.pages import embedded

NOTE, PRIVATE, REASON, HIDDEN = "canary-note-4c1e", "canary-private-7d2f", "canary-reason-9a8b", "canary-hidden-3e5d"


@pytest.fixture
def act(database, make):
    """Do something as somebody."""

    def act(account, do, *args, **more):
        actor = make.actor(account)
        return database.write(lambda session: do(session, actor, *args, **more))

    return act


@pytest.fixture
def agent(make) -> Account:
    return make.staff("sam", display_name="Sam Okafor")


@pytest.fixture
def moderator(make) -> Account:
    return make.moderator("mo", display_name="Mo Adeyemi")


@pytest.fixture
def ticket(act, asker):
    return act(asker, open_privately, "An invoice twice", cook("We paid in May."))


@pytest.fixture
def review(act, database, make, thread) -> Review:
    """A flagged answer."""
    post = make.answer(thread, author=make.account(reputation=100))
    ref = PostRef(PostKind.ANSWER, post.id)
    act(make.account(reputation=20), flag_post, ref, FlagReason.OFF_TOPIC)
    with database.reading() as session:
        return session.scalars(select(Review).filter_by(post_kind=ref.kind, post_id=ref.id)).one()


def test_the_bell_hears_of_what_was_told_to_its_owner_only(listen, act, make, asker, thread):
    stranger = make.account()
    mine, theirs = listen(f"me={asker.id}", asker), listen(f"me={asker.id}", stranger)
    assert mine.heard(f"me:{asker.id}") == {"unread": 0}
    act(asker, follow, thread.id)
    act(make.account(reputation=100), post_answer, thread.id, cook("Here you are."))

    mine.until(lambda facts: facts[f"me:{asker.id}"] == {"unread": 1})
    assert theirs.facts == {}


def test_moderators_hear_who_looks_at_what(listen, act, make, moderator, review):
    listener = listen("queue=", make.moderator())
    assert listener.heard("queue:") == {"open": [review.id], "claims": {}}
    act(moderator, claim_review, review.id)
    claim = listener.until(lambda facts: facts["queue:"]["claims"])["queue:"]["claims"][str(review.id)]
    assert claim["by"] == "Mo Adeyemi"
    assert 590 < claim["until"] - now().timestamp() < 601
    act(moderator, release_review, review.id)

    listener.until(lambda facts: facts["queue:"]["claims"] == {})


def test_a_claim_that_has_lapsed_is_none(listen, act, database, make, moderator, review):
    act(moderator, claim_review, review.id)
    with database.writing() as session:
        session.execute(update(Review).values(claimed_until=now()))

    assert listen("queue=", make.moderator()).heard("queue:")["claims"] == {}


def test_a_review_tells_others_of_a_claim_and_not_its_holder(listen, act, make, moderator, review):
    name = f"review:{review.id}"
    other, own = (listen(f"review={review.id}", who) for who in (make.moderator(), moderator))
    other.heard(name)
    own.heard(name)
    act(moderator, claim_review, review.id)

    other.until(lambda facts: facts[name]["claim"] and facts[name]["claim"]["by"] == "Mo Adeyemi")
    assert own.hears_nothing()


def test_staff_hear_what_waits_and_who_took_it(listen, act, make, agent, ticket):
    listener = listen("desk=", make.staff())
    before = listener.heard("desk:")
    act(agent, take_ticket, ticket.reference)

    after = listener.until(lambda facts: facts["desk:"]["taken"])["desk:"]
    assert before["waiting"] == [ticket.id]
    assert before["taken"] == {}
    assert after["waiting"] == []
    assert after["taken"] == {ticket.reference: "Sam"}
    assert after["moved"] != before["moved"]


def test_a_ticket_on_the_desk_hears_of_every_word_and_act(listen, act, make, agent, asker, ticket):
    name = f"work:{ticket.reference}"
    listener = listen(f"work={ticket.reference}", make.staff())
    assert listener.heard(name)["words"] == 1
    act(agent, take_ticket, ticket.reference)
    listener.until(lambda facts: facts[name]["holder"] == "Sam")
    act(agent, reply_as_staff, ticket.reference, Audience.INTERNAL, cook("A note."))
    listener.until(lambda facts: (facts[name]["words"], facts[name]["by"]) == (2, "Sam"))
    act(asker, reply_as_requester, ticket.reference, cook("And?"))

    listener.until(lambda facts: (facts[name]["words"], facts[name]["by"]) == (3, "Ana"))


def test_a_customer_hears_of_words_meant_for_them_and_not_of_notes_or_handing_over(listen, act, agent, asker, ticket):
    name = f"ticket:{ticket.reference}"
    act(agent, take_ticket, ticket.reference)
    listener = listen(f"ticket={ticket.reference}", asker)
    before = listener.heard(name)
    act(agent, reply_as_staff, ticket.reference, Audience.INTERNAL, cook("A note."))
    act(agent, hand_over, ticket.reference, 2, "It takes a database.")
    assert listener.hears_nothing()
    act(agent, reply_as_staff, ticket.reference, Audience.REQUESTER, cook("We look at it."))

    after = listener.until(lambda facts: facts[name]["words"] == before["words"] + 1)[name]
    assert after["by"] == "Sam"
    assert set(after) == {"words", "by", "state"}


def test_staff_who_ask_for_help_themselves_hear_as_customers(listen, act, make, agent):
    own = make.staff()
    ticket = act(own, open_privately, "My own invoice", cook("Twice."))
    act(agent, take_ticket, ticket.reference)
    listener = listen(f"ticket={ticket.reference}", own)
    listener.heard(f"ticket:{ticket.reference}")
    act(agent, reply_as_staff, ticket.reference, Audience.INTERNAL, cook("A colleague, be nice."))

    assert listener.hears_nothing()


@pytest.mark.parametrize("subject", ["queue=", "desk=", "review={review}", "work={ticket}", "ticket={ticket}"])
def test_who_may_not_see_it_hears_nothing_of_it(listen, make, review, ticket, subject):
    query = subject.format(review=review.id, ticket=ticket.reference)
    listeners = [listen(query), listen(query, make.account())]

    assert all(listener.hears_nothing(1.0) for listener in listeners)
    assert all(listener.facts == {} for listener in listeners)


def test_what_does_not_exist_answers_like_what_is_not_for_you(listen, make, ticket):
    there, missing = (listen(f"ticket={ref}", make.account()) for ref in (ticket.reference, "PL-9999"))

    assert there.hears_nothing(1.0)
    assert there.text.strip(":\n") == missing.text.strip(":\n") == ""


def test_a_session_that_ended_ends_its_stream_at_the_next_event(listen, database, asker, thread):
    listener = listen(f"thread={thread.id}", asker)
    listener.heard(f"thread:{thread.id}")
    with database.writing() as session:
        session.execute(delete(AccountSession))
        session.execute(update(Thread).values(answer_count=5))

    assert listener.ends()
    assert len(listener.events) == 1


def test_an_account_that_was_closed_ends_its_stream(listen, database, agent, thread):
    listener = listen(f"thread={thread.id}", agent)
    listener.heard(f"thread:{thread.id}")
    with database.writing() as session:
        session.execute(update(Account).where(Account.id == agent.id).values(offboarded_at=now()))
        session.execute(update(Thread).values(answer_count=5))

    assert listener.ends()


def test_a_role_that_was_taken_away_silences_what_it_opened(
    listen, act, database, make, agent, asker, moderator, review, ticket
):
    listeners = [
        listen(f"queue=&thread={review.thread_id}", moderator),
        listen(f"work={ticket.reference}&desk=&thread={review.thread_id}", agent),
    ]
    for listener, name in zip(listeners, ("queue:", "desk:"), strict=True):
        listener.heard(name)
    with database.writing() as session:
        session.execute(update(Account).values(moderator=False, staff=False))
    before = [dict(listener.facts) for listener in listeners]
    act(asker, reply_as_requester, ticket.reference, cook("And?"))
    with database.writing() as session:
        session.execute(update(Review).values(claimed_until=now()))
        session.execute(update(Thread).values(answer_count=9))
    name = f"thread:{review.thread_id}"
    for listener, known in zip(listeners, before, strict=True):
        facts = listener.until(lambda facts: facts[name]["answers"] == 9)
        assert {key: value for key, value in facts.items() if key != name} == {
            key: value for key, value in known.items() if key != name
        }


def test_a_suspended_moderator_keeps_only_what_a_sanction_leaves(listen, database, asker, thread):
    listener = listen(f"thread={thread.id}&me={asker.id}", asker)
    listener.until(lambda facts: len(facts) == 2)
    with database.writing() as session:
        session.execute(update(Account).where(Account.id == asker.id).values(suspended_until=now().replace(year=2099)))
        session.execute(update(Thread).values(answer_count=5))

    listener.until(lambda facts: facts[f"thread:{thread.id}"]["answers"] == 5)


def test_no_stream_carries_hidden_or_private_words(listen, act, make, database, asker, agent, moderator, thread):
    """Every audience listens to everything while every private thing is said."""
    everybody = {"visitor": None, "other": make.account(), "asker": asker, "moderator": moderator, "staff": agent}
    hidden = make.thread(title=f"A hidden thread {HIDDEN}", body=HIDDEN)
    opened = act(asker, ask_staff, thread.id, Reason.OUTAGE, cook(PRIVATE))
    reference = opened.reference
    query = f"thread={thread.id}&thread={hidden.id}&queue=&desk=&work={reference}&ticket={reference}&review=1"
    streams = {role: listen(query + (f"&me={who.id}" if who else ""), who) for role, who in everybody.items()}
    for listener in streams.values():
        listener.heard(f"thread:{thread.id}")
    act(agent, take_ticket, reference)
    act(agent, reply_as_staff, reference, Audience.INTERNAL, cook(NOTE))
    act(agent, reply_as_staff, reference, Audience.REQUESTER, cook(PRIVATE))
    act(agent, hand_over, reference, 2, REASON)
    answer = act(make.account(reputation=100), post_answer, thread.id, cook(HIDDEN))
    ref = PostRef(PostKind.ANSWER, answer.id)
    act(make.account(reputation=20), flag_post, ref, FlagReason.OTHER, REASON)
    act(moderator, set_visibility, ref, Visibility.HIDDEN, reason=REASON)
    act(moderator, set_visibility, PostRef(PostKind.THREAD, hidden.id), Visibility.HIDDEN, reason=REASON)
    for listener in streams.values():
        listener.hears_nothing(0.6)

    assert streams["staff"].facts[f"work:{reference}"]["words"] == 4
    assert streams["moderator"].facts["queue:"]["open"]
    for role, listener in streams.items():
        said = listener.text
        assert not any(canary in said for canary in (NOTE, PRIVATE, REASON, HIDDEN)), role
        assert "canary" not in said, role
    private = {"visitor": ("queue", "desk", "work", "ticket", "review"), "other": ("queue", "desk", "work", "ticket")}
    for role, kinds in {**private, "asker": ("queue", "desk", "work"), "moderator": ("desk", "work", "ticket")}.items():
        assert not any(name.split(":")[0] in kinds for name in streams[role].facts), role
    for role in ("visitor", "other", "asker", "moderator"):
        assert "tier" not in streams[role].text
        assert "holder" not in streams[role].text


def test_pages_of_staff_and_customers_embed_what_their_streams_tell(
    listen, pages, act, make, agent, asker, moderator, review, ticket
):
    """Or each page would greet its reader with news of what stands on it."""
    act(agent, take_ticket, ticket.reference)
    for account, path, query in (
        (moderator, "/moderation/queue", "queue="),
        (moderator, f"/moderation/reviews/{review.id}", f"review={review.id}"),
        (agent, "/desk", "desk="),
        (agent, "/desk/tickets", "desk="),
        (agent, f"/desk/tickets/{ticket.reference}", f"work={ticket.reference}"),
        (asker, f"/tickets/{ticket.reference}", f"ticket={ticket.reference}"),
        (asker, "/tags", f"me={asker.id}"),
    ):
        name = query.replace("=", ":")
        told = listen(query, account).heard(name)
        assert embedded(pages(account).get(path).text)[name] == told, path
