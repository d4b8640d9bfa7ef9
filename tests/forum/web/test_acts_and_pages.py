"""The two ways a request is answered, and what a person sees when it is refused."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from starlette.responses import PlainTextResponse
from wtforms import StringField
from wtforms.validators import Length

from forum import clock
from forum.access import Privilege
from forum.app import create_app
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.options import option, set_option
from forum.web import Access, Form, Route, act, page, see_other
from tests.browse import Browser


class NameForm(Form):
    name = StringField(validators=[Length(max=10)])


def show_form(_request, _session, form):
    return PlainTextResponse(f"again {form.name.data} {form.errors}")


@page
def count(_request, session):
    return PlainTextResponse(str(option(session, "count", 0)))


@page
def write_while_reading(_request, session):
    set_option(session, "count", 1)
    session.flush()
    return PlainTextResponse("written")


@act(NameForm, again=show_form)
def rename(request, session, form):
    set_option(session, "count", 5)
    if form.name.data == "taken":
        raise Invalid({"name": "That name is taken."})
    return see_other(request, "health.alive")


@act()
def count_later(request, session):
    set_option(session, "count", 5)

    def reply(reading):
        seen = option(reading, "count", 0)
        if request.query_params.get("and") == "write":
            set_option(reading, "count", 9)
            reading.flush()
        return PlainTextResponse(str(seen))

    return reply


@act(NameForm)
def rename_without_a_page(_request, _session, form):
    raise Invalid({"name": "That name is taken.", "": "Try another day."})


@act()
def refuse(request, session):
    set_option(session, "count", 7)
    session.flush()
    kinds = {"conflict": Conflict, "forbidden": Forbidden, "missing": NotFound, "crash": RuntimeError}
    raise kinds[request.path_params["how"]]("Because of the weather.")


@pytest.fixture
def browser(site):
    added = [
        Route("/test/count", count, name="test.count", access=Access.EVERYONE),
        Route("/test/write", write_while_reading, name="test.write", access=Access.EVERYONE),
        Route("/test/rename", rename, name="test.rename", access=Access.EVERYONE, methods=["POST"]),
        Route("/test/later", count_later, name="test.later", access=Access.EVERYONE, methods=["POST"]),
        Route("/test/plain", rename_without_a_page, name="test.plain", access=Access.EVERYONE, methods=["POST"]),
        Route("/test/refuse/{how}", refuse, name="test.refuse", access=Access.EVERYONE, methods=["POST"]),
        Route("/test/private", count, name="test.private", access=Access.SIGNED_IN),
        Route("/test/queue", count, name="test.queue", access=Privilege.MODERATE),
        Route("/test/seldom", count, name="test.seldom", access=Access.EVERYONE, rate="3/minute"),
        Route("/test/small", rename, name="test.small", access=Access.EVERYONE, methods=["POST"], max_body=100),
    ]
    site.routes.extend(added)
    with Browser(create_app(site), site, raises=False) as browser:
        yield browser


def test_a_page_cannot_write(browser):
    assert browser.get("/test/write").status_code == 500
    assert browser.get("/test/count").text == "0"


def test_an_act_is_committed_before_its_reply(browser):
    assert browser.post("/test/rename", {"name": "Ana"}, follow_redirects=False).status_code == 303
    assert browser.get("/test/count").text == "5"


def test_a_reply_that_is_made_later_reads_what_was_committed_and_cannot_write(browser):
    assert browser.post("/test/later").text == "5"
    assert browser.post("/test/later?and=write").status_code == 500
    assert browser.get("/test/count").text == "5"


@pytest.mark.parametrize(("how", "status"), [("conflict", 409), ("forbidden", 403), ("missing", 404), ("crash", 500)])
def test_a_refused_act_says_why_and_changes_nothing(browser, how, status):
    reply = browser.post(f"/test/refuse/{how}")

    assert reply.status_code == status
    assert ("Because of the weather." in reply.text) is (how != "crash")
    assert browser.get("/test/count").text == "0"


@pytest.mark.parametrize("name", ["taken", "far too long a name"])
def test_refused_input_shows_the_form_again_with_what_was_typed(browser, name):
    reply = browser.post("/test/rename", {"name": name})

    assert reply.status_code == 422
    assert reply.text.startswith(f"again {name} {{'name'")
    assert browser.get("/test/count").text == "0"


def test_without_a_form_page_the_refusal_still_shows_what_was_typed(browser):
    reply = browser.post("/test/plain", {"name": "Typed", "password": "hunter2hunter2"})

    assert reply.status_code == 422
    assert "That name is taken." in reply.text
    assert "Typed" in reply.text
    assert "hunter2" not in reply.text


def test_a_private_page_sends_a_stranger_to_sign_in_and_back(browser):
    reply = browser.get("/test/private?page=2", follow_redirects=False)

    assert reply.status_code == 303
    assert reply.headers["location"] == "/login?next=%2Ftest%2Fprivate%3Fpage%3D2"


def test_a_moderators_page_is_refused_to_others_in_words(browser, make):
    assert browser.sign_in(make.account()).get("/test/queue").status_code == 403
    assert browser.sign_in(make.moderator()).get("/test/queue").status_code == 200


def test_an_expired_session_is_nobody(browser, site, asker):
    browser.sign_in(asker)
    assert browser.get("/test/private").status_code == 200
    with clock.at(now() + timedelta(days=400)):
        assert browser.get("/test/private", follow_redirects=False).status_code == 303


def test_more_than_a_rate_allows_is_refused_with_the_time_to_wait(site, browser):
    site.limits._enabled = True
    replies = [browser.get("/test/seldom").status_code for _ in range(4)]
    refused = browser.get("/test/seldom")

    assert replies == [200, 200, 200, 429]
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_an_invented_session_cookie_does_not_buy_a_new_rate(site, browser):
    site.limits._enabled = True
    replies = []
    for number in range(60):
        browser.client.cookies.set("session", f"made-up-{number}")
        replies.append(browser.get("/test/seldom").status_code)

    assert replies.count(200) <= 30


def test_a_body_too_large_is_refused(browser):
    assert browser.post("/test/small", {"name": "x" * 500}).status_code == 413


def test_a_wrong_address_helps_on(browser):
    reply = browser.get("/no/such/page")

    assert reply.status_code == 404
    assert "href" in reply.text


def test_a_route_must_say_who_may_use_it():
    with pytest.raises(TypeError):
        Route("/test", count, name="test")


def test_readers_do_not_wait_for_writers(browser, site):
    started, finish = threading.Event(), threading.Event()

    def hold():
        with site.database.writing() as session:
            set_option(session, "count", 3)
            session.flush()
            started.set()
            finish.wait(10)

    writer = threading.Thread(target=hold)
    writer.start()
    started.wait(10)
    try:
        assert browser.get("/test/count").text == "0"
    finally:
        finish.set()
        writer.join()
    assert browser.get("/test/count").text == "3"
