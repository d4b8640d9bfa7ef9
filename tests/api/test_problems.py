"""Whatever goes wrong is told as problem details, with what is wrong in which field."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from forum.access import Scope
from forum.app import create_app
from forum.web import Access
from forum.web.api import ApiRouter, api_page
from forum.web.api.problems import MEDIA_TYPE
from forum.web.routing import MAX_BODY
from tests.api.conftest import Program
from tests.browse import Browser


def is_problem(response, status: int) -> bool:
    told = response.json()
    return (
        response.status_code == status == told["status"]
        and response.headers["Content-Type"] == MEDIA_TYPE
        and {"type", "title", "detail", "request_id"} <= told.keys()
        and told["request_id"] == response.headers["X-Request-ID"]
    )


def test_an_unknown_path_is_nothing_at_this_address(api, asker):
    for path in (
        "/nothing",
        "/",
        "/threads/",
        "/docs",
        "/threads/abc",
        "/threads/0",
        f"/threads/{2**63}",
        "/accounts/a%0Ab",
    ):
        assert is_problem(api(asker).get(path), 404), path


def test_a_wrong_method_is_told_which_are_right(api, asker):
    refused = api(asker)("PUT", "/threads/1")

    assert is_problem(refused, 405)
    assert refused.headers["Allow"] == "DELETE, GET, PATCH"
    assert is_problem(api(asker)("TRACE", "/threads"), 405)


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b'"text"', b"[]", b"null", b""])
def test_a_body_that_is_no_object_is_refused(api, asker, body):
    refused = api(asker).post("/tickets", content=body, headers={"Content-Type": "application/json"})

    assert refused.status_code in (400, 422)
    assert is_problem(refused, refused.status_code)


def test_another_kind_of_body_is_refused_as_such(api, asker):
    form = api(asker)("POST", "/tickets", data={"subject": "An invoice", "body": "We paid."})
    text = api(asker)("POST", "/tickets", content=b"hello", headers={"Content-Type": "text/plain"})

    assert is_problem(form, 415)
    assert is_problem(text, 415)


def test_too_large_a_body_is_refused_however_it_comes(api, asker):
    body = b'{"subject": "' + b"x" * MAX_BODY + b'"}'
    headers = {"Content-Type": "application/json"}

    assert is_problem(api(asker).post("/tickets", content=body, headers=headers), 413)
    chunks = iter([body[:1000], body[1000:]])
    assert is_problem(api(asker).post("/tickets", content=chunks, headers=headers), 413)


def test_each_field_that_is_wrong_is_named(api, asker):
    refused = api(asker).post("/threads", {"title": 5, "tags": ["a", 7], "bogus": True})

    assert is_problem(refused, 422)
    pointers = {error["field"]: error["pointer"] for error in refused.json()["errors"]}
    assert pointers == {"title": "#/title", "tags.1": "#/tags/1", "bogus": "#/bogus", "body": "#/body"}


def test_what_an_act_refuses_is_told_beside_its_field(api, asker):
    refused = api(asker).post("/threads", {"title": "Short", "body": "It stops at 40 %.", "tags": ["sync"]})

    assert is_problem(refused, 422)
    [error] = refused.json()["errors"]
    assert (error["field"], error["pointer"]) == ("title", "#/title")
    assert "15 to 150 characters" in error["detail"]


def test_a_product_that_is_none_is_named_as_it_was_sent(api, asker):
    question = {"title": "Sync stops at forty", "body": "It stops at 40 %.", "tags": ["sync"], "product": "nothing"}

    assert api(asker).post("/threads", question).json()["errors"][0]["field"] == "product"


@pytest.mark.parametrize(
    "path",
    ["/threads", "/threads/1", "/search?q=sync", "/reviews", "/tickets", "/accounts/ana/reputation"],
)
@pytest.mark.parametrize(
    "cursor",
    ["x", "1", "-1", "0-", "%00", "1e999:1", "9" * 30, "a" * 201, "nan:1", "0001_1", "\u0661-\u0661", "0_0_e_1-1"],
)
def test_a_cursor_that_no_list_gave_out_is_refused(make, api, thread, path, cursor):
    if path.endswith("reputation") and cursor == "1":
        pytest.skip("this is one")
    joined = "&" if "?" in path else "?"

    refused = api(make.admin("ada")).get(f"{path}{joined}after={cursor}")

    assert is_problem(refused, 422)
    assert refused.json()["errors"][0]["field"] == "after"


def test_a_line_break_at_the_end_of_an_address_makes_it_another(api, asker, thread):
    ended = f"/threads/{thread.id}%0a"

    assert is_problem(api(asker).get(ended), 404)
    assert api(asker).browser.get(ended).status_code == 404


def test_a_stranger_hears_of_the_token_before_anything_else(api, asker):
    stranger = Program(api().browser, "porch_nothing")
    headers, key = {"Content-Type": "application/json"}, {"Idempotency-Key": " "}
    for program in (api(), stranger):
        assert is_problem(program.post("/threads", content=b"{", headers=headers), 401)
        assert is_problem(program.post("/threads", {"bogus": 1}), 401)
        assert is_problem(program.post("/threads", content=b"x", headers={"Content-Type": "text/plain"}), 401)
        assert is_problem(program.post("/tickets", {"subject": "x", "body": "y"}, headers=key), 401)
    assert is_problem(api(asker, Scope.READ).post("/threads", {"bogus": 1}), 403)


def test_a_crash_says_nothing_of_what_crashed(site, token, asker):
    router = ApiRouter(tags=["test"])

    @api_page(router, "/crash", access=Access.SIGNED_IN)
    def crash(request, session) -> None:
        """Crash."""
        raise RuntimeError("secret of the house")

    object.__setattr__(site, "api", (*site.api, router))
    with Browser(create_app(site), site, raises=False) as browser:
        crashed = Program(browser, token(asker)).get("/crash")

    assert is_problem(crashed, 500)
    assert "secret" not in crashed.text
    assert crashed.headers["X-Content-Type-Options"] == "nosniff"


def test_a_route_that_does_not_say_who_may_use_it_does_not_start():
    router = ApiRouter(tags=["test"])

    async def forgotten() -> None: ...

    with pytest.raises(TypeError, match="does not say who may use it"):
        router.add_api_route("/forgotten", forgotten)
    with pytest.raises(TypeError, match="access"):
        api_page(router, "/forgotten")


def test_every_rate_that_is_shared_with_a_page_is_that_of_a_page(site):
    shared = {route.policy.like for router in site.api for route in router.routes} - {None}

    assert len(shared) > 10
    assert all(site.routes.rate_of(like) for like in shared)


def test_a_database_that_is_away_busy_or_full_is_told_of_with_when_to_come_again(site, api, helper, monkeypatch):
    program = api(helper)
    for code, status in ((sqlite3.SQLITE_BUSY, 503), (sqlite3.SQLITE_FULL, 507), (sqlite3.SQLITE_CANTOPEN, 503)):
        failure = sqlite3.OperationalError("as the driver says it")
        failure.sqlite_errorcode = code
        told = OperationalError("SELECT 1", {}, failure)
        monkeypatch.setattr(type(site.database), "write", raising(told))
        reply = program.put("/threads/1/vote", {"value": 1})

        assert reply.status_code == status
        assert reply.headers["content-type"] == "application/problem+json"
        assert int(reply.headers["retry-after"]) > 0
        assert "SELECT" not in reply.text


def raising(error):
    def fail(*_given):
        raise error

    return fail


@pytest.mark.parametrize("field", ["priority", "state", "tier", "team", "shared"])
def test_what_a_ticket_must_have_is_not_taken_from_it(api, asker, agent, field):
    ref = api(asker).post("/tickets", {"subject": "An invoice twice", "body": "We paid in May."}).json()["ref"]
    sam = api(agent)
    before = sam.get(f"/tickets/{ref}").json()

    for refused in (
        sam.patch(f"/tickets/{ref}", {field: None}),
        sam.patch(f"/tickets/{ref}", {field: None, "assignee": "sam"}),
        api(asker).patch(f"/tickets/{ref}", {field: None}),
    ):
        assert is_problem(refused, 422)
        assert [error["pointer"] for error in refused.json()["errors"]] == [f"#/{field}"]
    assert sam.get(f"/tickets/{ref}").json() == before


def test_a_ticket_may_be_nobodys(api, asker, agent):
    ref = api(asker).post("/tickets", {"subject": "An invoice twice", "body": "We paid in May."}).json()["ref"]
    assert api(agent).patch(f"/tickets/{ref}", {"assignee": "sam"}).json()["assignee"] == "sam"

    assert api(agent).patch(f"/tickets/{ref}", {"assignee": None}).json()["assignee"] is None
