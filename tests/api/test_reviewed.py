"""What a hostile review found: deep bodies, posts that go meanwhile, and scopes that were got round."""

import pytest

from forum.access import Scope
from forum.accounts.models import Account
from forum.clock import now
from forum.posts import PostKind, PostRef, Visibility
from forum.search.index import index_posts
from forum.tags.models import SpaceAudience
from forum.threads import queries
from forum.threads.models import Answer, StaffState, Thread
from forum.threads.queries.answers import PAGE


@pytest.mark.parametrize("depth", [100, 500, 900])
@pytest.mark.parametrize("pair", [("[", "]"), ('{"a":', "}")])
def test_a_deep_body_is_refused_not_crashed_on(api, asker, depth, pair):
    opened, closed = pair
    body = '{"body": "x", "title": ' + opened * depth + "1" + closed * depth + "}"
    refused = api(asker)("POST", "/threads", content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code in (400, 422)


def test_whoever_sees_more_than_is_counted_can_answer(api, moderator, make, thread):
    for _ in range(PAGE + 1):
        make.answer(thread, visibility=Visibility.HIDDEN)
    with make.database.writing() as session:
        session.get_one(Thread, thread.id).answer_count = 0
    made = api(moderator).post(f"/threads/{thread.id}/answers", {"body": "Restart the daemon."})
    assert (made.status_code, made.json()["body"]) == (201, "Restart the daemon.")


def test_a_post_that_goes_while_a_thread_is_read_is_left_out(api, asker, make, thread, answer, database, monkeypatch):
    if database.dialect == "sqlite":
        pytest.skip("one moment for all queries of a reading")
    ana, read = api(asker), queries.thread_page

    def and_then_deleted(*given):
        page = read(*given)
        with database.writing() as session:
            session.get_one(Answer, answer.id).visibility = Visibility.DELETED
        return page

    monkeypatch.setattr(queries, "thread_page", and_then_deleted)
    shown = ana.get(f"/threads/{thread.id}")
    assert (shown.status_code, shown.json()["answers"]) == (200, [])


def test_a_token_to_read_opens_no_product_that_its_role_alone_opens(api, make, agent):
    product = make.space("Of companies", audience=SpaceAudience.ORGANISATIONS)
    thread = make.thread(space_id=product.id)
    assert api(agent).get(f"/threads/{thread.id}").status_code == 200
    assert api(agent, Scope.READ).get(f"/threads/{thread.id}").status_code == 404
    assert api(agent, Scope.READ).get("/threads").json()["items"] == []


def test_a_reply_is_repeated_to_nobody_who_may_not_read_it_now(api, make, asker, agent, database):
    ref = api(asker).post("/tickets", {"subject": "An invoice twice", "body": "My card is 4711."}).json()["ref"]
    once = {"headers": {"Idempotency-Key": "once"}}
    staff, plain = api(agent), api(agent, Scope.WRITE)
    assert "4711" in staff.patch(f"/tickets/{ref}", {"priority": "high"}, **once).text
    again = api(agent).patch(f"/tickets/{ref}", {"priority": "high"}, **once)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")

    refused = plain.patch(f"/tickets/{ref}", {"priority": "high"}, **once)
    assert (refused.status_code, "4711" in refused.text) == (422, False)
    with database.writing() as session:
        session.get_one(Account, agent.id).staff = False
    refused = staff.patch(f"/tickets/{ref}", {"priority": "high"}, **once)
    assert (refused.status_code, "4711" in refused.text) == (422, False)


@pytest.mark.parametrize("state", StaffState)
def test_a_thread_tells_strangers_no_more_of_its_ticket_than_its_page_does(api, make, asker, database, state):
    thread = make.thread(author=asker, staff_state=state)
    told = api(make.account()).get(f"/threads/{thread.id}").json()["escalation"]
    assert told == (None if state in (StaffState.DECLINED, StaffState.SOLVED) else {"state": state})


def test_every_write_shares_the_rate_of_its_page_where_that_has_one(site):
    acts = [(route, method) for router in site.api for route in router.routes for method in route.methods - {"GET"}]
    assert [(method, route.path) for route, method in acts if route.policy.like is None] == [
        ("DELETE", "/threads/{thread_id}")
    ]


def test_an_erased_author_is_nobody_in_a_search_too(api, make, asker, thread, database):
    with database.writing() as session:
        index_posts(session, [PostRef(PostKind.THREAD, thread.id)])
    program = api(make.account())
    assert program.get("/search?q=user:ana").json()["items"][0]["author"]["handle"] == "ana"
    with database.writing() as session:
        session.get_one(Account, asker.id).anonymised_at = now()
    assert [hit["author"] for hit in program.get("/search?q=halfway").json()["items"]] == [None]
    assert program.get("/search?q=user:ana").json()["items"] == []
