"""The OpenAPI document says all there is, and the shapes and addresses are those that programs rely on."""

from __future__ import annotations

import pytest

from forum.access import Scope
from reputation.ledger.models import LedgerEntry, Rule

PATHS = {
    "/threads": {"get", "post"},
    "/threads/{thread_id}": {"get", "patch", "delete"},
    "/threads/{thread_id}/answers": {"post"},
    "/threads/{thread_id}/comments": {"post"},
    "/answers/{answer_id}/acceptance": {"post", "delete"},
    "/threads/{thread_id}/vote": {"put"},
    "/answers/{answer_id}/vote": {"put"},
    "/threads/{thread_id}/flags": {"post"},
    "/answers/{answer_id}/flags": {"post"},
    "/threads/{thread_id}/escalation": {"post"},
    "/reviews": {"get"},
    "/reviews/{review_id}": {"get"},
    "/reviews/{review_id}/claim": {"post"},
    "/reviews/{review_id}/decision": {"post"},
    "/reviews/{review_id}/undo": {"post"},
    "/reviews/{review_id}/appeal": {"post"},
    "/tickets": {"get", "post"},
    "/tickets/{ref}": {"get", "patch"},
    "/tickets/{ref}/messages": {"post"},
    "/tickets/{ref}/merge": {"post"},
    "/accounts/{handle}": {"get"},
    "/accounts/{handle}/reputation": {"get"},
    "/search": {"get"},
    "/files": {"post"},
    "/files/{file_id}": {"get"},
    "/me": {"get"},
}
SHAPES = {
    "ThreadOut": """id url title body body_html author tags score resolution visibility locked accepted_answer_id
        answers escalation created_at""",
    "AnswerOut": "id author body body_html score accepted from_staff",
    "Author": "handle reputation",
    "KnownEscalation": "state ticket",
    "ReviewOut": "id version state target flags",
    "TicketOut": "ref subject state tier priority assignee thread messages",
    "MessageOut": "id body audience author",
    "Problem": "type title status detail",
    "DecisionIn": "decision note version",
    "TicketChange": "state assignee tier priority team",
    "NewTicket": "subject body",
    "NewMessage": "body audience",
    "FlagIn": "reason note",
    "Merge": "into",
    "VoteIn": "value",
    "FileOut": "id url name bytes type width height",
}


@pytest.fixture
def document(api):
    return api().get("/openapi.json").json()


def test_every_address_is_there_and_no_other(document):
    assert {path: set(methods) for path, methods in document["paths"].items()} == PATHS
    assert document["servers"] == [{"url": "/api/v1"}]


def test_the_shapes_have_the_names_that_programs_know(document):
    shapes = document["components"]["schemas"]
    for name, fields in SHAPES.items():
        assert set(fields.split()) <= shapes[name]["properties"].keys(), name
    lists = [shape["properties"].keys() for name, shape in shapes.items() if name.startswith("Listed")]
    assert lists
    assert all(names == {"items", "next"} for names in lists)


def test_every_operation_tells_its_scopes_and_every_way_it_may_end(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            [security] = operation["security"]
            assert set(security["token"]) <= set(Scope), (path, method)
            assert ("write" in security["token"]) is (method != "get"), (path, method)
            refusals = {"400", "401", "403", "404", "422", "429", "500", "503"}
            refusals |= set() if method == "get" else {"409", "413", "415", "507"}
            ends = operation["responses"]
            [success] = ends.keys() - refusals
            assert success in {"200", "201", "204"}, (path, method)
            for status in refusals:
                assert list(ends[status]["content"]) == ["application/problem+json"], (path, method, status)
            assert operation["summary"], (path, method)


def test_whoever_makes_something_is_told_where_it_stands(document):
    made = {
        path
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if "201" in operation["responses"]
    }
    assert made == {
        "/threads",
        "/threads/{thread_id}/answers",
        "/threads/{thread_id}/comments",
        "/threads/{thread_id}/flags",
        "/answers/{answer_id}/flags",
        "/threads/{thread_id}/escalation",
        "/reviews/{review_id}/appeal",
        "/tickets",
        "/tickets/{ref}/messages",
        "/files",
    }


def test_times_are_utc_and_say_so(api, asker, thread):
    created = api(asker).get(f"/threads/{thread.id}").json()["created_at"]

    assert created == thread.created_at.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(("path", "many"), [("/threads", 65), ("/threads?filter=active", 65)])
def test_a_list_pages_by_cursor_and_ends_with_none(make, api, asker, path, many):
    for number in range(many):
        make.thread(asker, title=f"Sync stops halfway, the {number}. time")
    program, after, seen = api(asker), "", []
    joined = "&" if "?" in path else "?"
    while after is not None:
        page = program.get(f"{path}{joined}after={after}" if after else path).json()
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == many


def test_the_answers_of_a_long_thread_page_by_cursor_the_solution_first(make, api, asker, thread, database):
    answers = [make.answer(thread, asker, body=f"Try the {number}. thing.") for number in range(70)]
    with database.writing() as session:
        session.merge(thread).accepted_answer_id = answers[40].id
    program, after, seen = api(asker), "", []
    while after is not None:
        page = program.get(f"/threads/{thread.id}" + (f"?after={after}" if after else "")).json()
        seen += [one["id"] for one in page["answers"]]
        after = page["answers_next"]
    assert seen[0] == answers[40].id
    assert sorted(seen) == [one.id for one in answers]


def test_tickets_reviews_and_ledgers_page_too(make, api, asker, agent, moderator, thread, database):
    ana = api(asker)
    for number in range(42):
        ana.post("/tickets", {"subject": f"Invoice number {number}", "body": "We paid."})
    flagger = api(make.account("flagger", reputation=50))
    for _ in range(32):
        flagger.post(f"/answers/{make.answer(thread).id}/flags", {"reason": "off_topic"})
    with database.writing() as session:
        for number in range(40):
            session.add(
                LedgerEntry(
                    account_id=asker.id,
                    rule=Rule.IMPORTED,
                    points=0,
                    nominal=0,
                    cause_kind="account",
                    cause_id=number,
                    key=f"paging:{number}",
                    round=1,
                    day=thread.created_at.date(),
                )
            )
    for program, path, key, many in (
        (api(agent), "/tickets", "ref", 42),
        (ana, "/tickets", "ref", 42),
        (api(moderator), "/reviews", "id", 32),
        (ana, "/accounts/ana/reputation", "id", 41),
    ):
        first = program.get(path).json()
        second = program.get(f"{path}?after={first['next']}").json()
        seen = [one[key] for one in (*first["items"], *second["items"])]
        assert len(seen) == len(set(seen)) == many, path
        assert second["next"] is None


def test_more_answers_cost_no_more_queries(make, api, asker, thread, queries):
    program = api(asker)
    make.comment(thread)
    make.answer(thread)
    program.get(f"/threads/{thread.id}")
    with queries() as few:
        program.get(f"/threads/{thread.id}")
    for _ in range(5):
        make.answer(thread)
        make.comment(thread)
    with queries() as many:
        program.get(f"/threads/{thread.id}")
    assert len(few) == len(many) > 0


def test_more_reviews_cost_no_more_queries(make, api, thread, moderator, queries):
    flagger, program = api(make.account("flagger", reputation=50)), api(moderator)
    flagger.post(f"/answers/{make.answer(thread).id}/flags", {"reason": "off_topic"})
    program.get("/reviews")
    with queries() as few:
        program.get("/reviews")
    for _ in range(5):
        flagger.post(f"/answers/{make.answer(thread).id}/flags", {"reason": "off_topic"})
    with queries() as many:
        program.get("/reviews")
    assert len(few) == len(many) > 0
