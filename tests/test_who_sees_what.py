"""A word in a product or a ticket of each audience shows to exactly those who may see it, wherever it is looked for."""

from __future__ import annotations

import re
from itertools import product
from typing import NamedTuple

import pytest
from sqlalchemy import update

from forum.access import usable_scopes
from forum.accounts.api_tokens import make_token
from forum.accounts.models import Account
from forum.markup import cook
from forum.organisations.membership import leave_organisation
from forum.posts import PostKind, PostRef
from forum.tags.actions import Product, change_product
from forum.tags.models import SpaceAudience
from forum.threads.actions import accept_answer, ask, edit_post, follow, post_answer, post_comment
from forum.votes.actions import cast_vote
from support.messages.actions import open_privately, reply_as_requester, reply_as_staff
from support.messages.models import Audience
from support.tickets.actions import take_ticket

AUDIENCES = ("everyone", "members", "acme", "rail")
POSTS = {f"canary-{audience}-{post}" for audience in AUDIENCES for post in ("title", "body", "answer", "remark")}
SHARED, KEPT, NOTE = {"canary-shared-q1", "canary-shared-q2"}, {"canary-kept-q3", "canary-kept-q4"}, {"canary-note-q5"}
NAME, PLAN = {"Canary Acme"}, {"canary-plan-q6"}
ALL = POSTS | SHARED | KEPT | NOTE | NAME | PLAN


def of(*audiences: str) -> set[str]:
    return {word for word in POSTS if word.split("-")[1] in audiences}


MAY_SEE = {
    "visitor": of("everyone"),
    "plain": of("everyone", "members"),
    "member of another": of("everyone", "members", "rail"),
    "colleague": of("everyone", "members", "acme") | SHARED | NAME,
    "former member": of("everyone", "members"),
    "moderator": POSTS,
    "staff": ALL,
    "admin": ALL,
}
NOT_PAGES = {"accounts.logout", "health.ready", "live"}


class Told(NamedTuple):
    roles: dict[str, Account | None]
    threads: dict[str, int]
    answers: list[int]
    tickets: list[str]
    products: list[int]
    organisations: list[int]


@pytest.fixture
def told(database, make) -> Told:
    """Threads in a product of each audience, and two tickets of somebody in an organisation that shares them.

    The former member has written, followed, been answered, accepted and voted for, and has left since.
    """
    acme = make.organisation("Canary Acme", plan="canary-plan-q6", importance=1, shares_tickets=True)
    rail = make.organisation("Rail", shares_tickets=True)
    people = {
        "plain": make.account("plain"),
        "member of another": make.account("ray", organisation_id=rail.id),
        "colleague": make.account("carl", organisation_id=acme.id),
        "former member": make.account("fay", organisation_id=acme.id, reputation=500),
        "moderator": make.moderator("mo"),
        "staff": make.staff("sam"),
        "admin": make.admin("ada"),
    }
    olga = make.account("olga", organisation_id=acme.id)
    spaces = {
        "everyone": make.space("Open"),
        "members": make.space("Inside", audience=SpaceAudience.SIGNED_IN),
        "acme": make.space("For Acme", organisations=(acme,)),
        "rail": make.space("For Rail", organisations=(rail,)),
    }
    writer, fay = make.actor(make.staff("sue")), make.actor(people["former member"])
    threads, answers = {}, []
    with database.writing() as session:
        for audience, space in spaces.items():
            word = f"canary-{audience}"
            title, body = f"About {word}-title", cook(f"{word}-body")
            thread = ask(session, writer, title=title, cooked=body, tags=["sync"], space_id=space.id)
            if audience in ("everyone", "acme"):
                follow(session, fay, thread.id)
            threads[audience] = thread.id
            answers.append(post_answer(session, writer, thread.id, cook(f"{word}-answer")).id)
            post_comment(session, writer, thread.id, cook(f"{word}-remark"))
        hers = post_answer(session, fay, threads["acme"], cook("I know: turn it off."))
        cast_vote(session, writer, PostRef(PostKind.ANSWER, hers.id), 1)
        post_comment(session, writer, threads["acme"], cook("Thank you, @fay."), answer_id=hers.id)
        accept_answer(session, writer, hers.id)
        agent, asker = make.actor(people["staff"]), make.actor(olga)
        shared = open_privately(session, asker, "A matter: canary-shared-q1", cook("Please.")).reference
        kept = open_privately(
            session, asker, "A matter: canary-kept-q3", cook("canary-kept-q4"), shared=False
        ).reference
        take_ticket(session, agent, shared)
        reply_as_requester(session, fay, shared, cook("I have that too."))
        reply_as_staff(session, agent, shared, Audience.REQUESTER, cook("canary-shared-q2"))
        reply_as_staff(session, agent, shared, Audience.INTERNAL, cook("canary-note-q5"))
    with database.writing() as session:
        leave_organisation(session, fay)
    products = [space.id for space in spaces.values()]
    roles = {"visitor": None, **people}
    return Told(roles, threads, [*answers, hers.id], [shared, kept], products, [acme.id, rail.id])


def filled(path: str, told: Told) -> list[str]:
    """An address with everything that there is for its parameters."""
    known = {
        "thread_id": [str(number) for number in told.threads.values()],
        "slug": ["x"],
        "ref": told.tickets,
        "handle": ["sue", "olga", "fay", "carl"],
        "name": ["sync"],
        "kind": ["thread", "answer"],
        "post_id": [str(number) for number in {*told.threads.values(), *told.answers}],
        "answer_id": [str(number) for number in told.answers],
        "organisation_id": [str(number) for number in told.organisations],
        "product_id": [str(number) for number in told.products],
    }
    names = re.findall(r"{(\w+)(?::\w+)?}", path)
    plain = re.sub(r"{(\w+):\w+}", r"{\1}", path)
    choices = product(*(known.get(name, ["1", "2", "3"]) for name in names))
    return [plain.format(**dict(zip(names, values, strict=True))) for values in choices]


def pages(site, told: Told) -> list[str]:
    routes = [route for route in site.routes if "GET" in (route.methods or ()) and route.name not in NOT_PAGES]
    found = [address for route in routes for address in filled(route.path, told)]
    # Half a word each, so that the search box repeating it is no find.
    searches = [f"/search?q={word}" for word in ("canary", "title", "body", "answer", "remark", "acme", "q1", "q4")]
    lists = [
        f"/threads?{query}" for query in ("filter=solved", "filter=active", "product=for-acme", "product=for-rail")
    ]
    tickets = ["/tickets?whose=organisation", "/desk/tickets?state=all", "/desk/tickets?state=all&q=canary"]
    return [*found, *searches, *lists, *tickets, "/search/similar?title=About+canary+acme", "/tags?q=sync"]


@pytest.mark.parametrize("role", MAY_SEE)
def test_every_page_feed_and_search_shows_each_reader_exactly_what_is_theirs(site, browser, told, role):
    if (account := told.roles[role]) is not None:
        browser.sign_in(account)
    seen: set[str] = set()
    for address in pages(site, told):
        page = browser.get(address)
        assert page.status_code < 500, address
        shown = {word for word in ALL if word in page.text}
        assert shown <= MAY_SEE[role], (address, shown - MAY_SEE[role])
        seen |= shown
    assert seen == MAY_SEE[role]


@pytest.mark.parametrize("role", [role for role in MAY_SEE if role != "visitor"])
def test_every_address_of_the_api_shows_each_reader_exactly_what_is_theirs(browser, database, told, role):
    account = told.roles[role]
    scopes = usable_scopes(account.roles)
    token = database.write(lambda session: make_token(session, account.id, "Tests", scopes)[1])
    del browser.client.headers["Sec-Fetch-Site"]
    browser.client.headers["Authorization"] = f"Bearer {token}"
    queries = {
        "/threads": ["", "?filter=active", "?product=for-acme", "?product=for-rail", "?tag=sync"],
        "/tickets": ["", "?state=all", "?q=canary"] if role in ("staff", "admin") else [""],
        "/search": [f"?q={word}" for word in ("canary", "acme", "rail", "answer", "body", "q1")],
    }
    seen: set[str] = set()
    for path, methods in browser.get("/api/v1/openapi.json").json()["paths"].items():
        for address in filled(path, told) if "get" in methods else ():
            for query in queries.get(path, [""]):
                reply = browser.get(f"/api/v1{address}{query}")
                assert reply.status_code in (200, 403, 404, 422), address
                shown = {word for word in ALL if word in reply.text}
                assert shown <= MAY_SEE[role], (address, shown - MAY_SEE[role])
                seen |= shown
    # Where people belong is said of tickets alone, to staff.
    assert seen == MAY_SEE[role] - (set() if role in ("staff", "admin") else NAME)


@pytest.mark.parametrize("role", MAY_SEE)
def test_open_pages_are_told_of_nothing_that_their_reader_may_not_see(site, database, make, told, role):
    account = told.roles[role]
    actor = make.actor(account) if account is not None else None
    with database.reading() as session:
        keys = {str(number): audience for audience, number in told.threads.items()}
        shown = site.live.kinds["thread"].read(session, actor, list(keys))
        heard = {keys[key] for key, one in shown.items() if one.facts is not None}
        shown = site.live.kinds["ticket"].read(session, actor, told.tickets)
        tickets = [one for one in told.tickets if shown[one].facts is not None]

    assert heard == {audience for audience in AUDIENCES if of(audience) <= MAY_SEE[role]}
    assert tickets == [one for one, words in zip(told.tickets, (SHARED, KEPT), strict=True) if words <= MAY_SEE[role]]


def test_readers_one_after_another_get_no_page_that_was_made_for_somebody_else(browser, told):
    """Each warms what the next one must not be given; two readers with like rights share pages, others never."""
    addresses = ["/", "/threads", "/tags/sync", "/search?q=canary", "/threads.atom"]
    addresses += [f"/threads/{number}/x" for number in told.threads.values()]
    for _ in range(2):
        for role in [*MAY_SEE, *reversed(MAY_SEE)]:
            browser.sign_out()
            if (account := told.roles[role]) is not None:
                browser.sign_in(account)
            for address in addresses * 2:
                page = browser.get(address).text
                assert {word for word in ALL if word in page} <= MAY_SEE[role], (role, address)
            for audience, number in told.threads.items():
                assert (browser.get(f"/threads/{number}/x").status_code == 200) == (of(audience) <= MAY_SEE[role])


def test_what_moves_is_followed_at_once(browser, database, make, told):
    """A product's audience, a thread's product, and who belongs where, with every page kept before."""
    colleague, other = told.roles["colleague"], told.roles["member of another"]
    admin, address = make.actor(told.roles["admin"]), f"/threads/{told.threads['acme']}/x"

    def readers() -> set[str]:
        found = set()
        for name, account in (("visitor", None), ("colleague", colleague), ("other", other)):
            browser.sign_out()
            if account is not None:
                browser.sign_in(account)
            pages = [browser.get(address).status_code for _ in range(3)]
            assert len(set(pages)) == 1, name
            listed = "canary-acme-title" in browser.get("/threads").text
            assert listed == (pages[0] == 200), name
            found |= {name} if listed else set()
        return found

    def given(audience, *organisations):
        with database.writing() as session:
            change_product(
                session, admin, told.products[2], Product("For Acme", audience=audience, organisations=organisations)
            )

    assert readers() == {"colleague"}
    given(SpaceAudience.ORGANISATIONS, "Rail")
    assert readers() == {"other"}
    given(SpaceAudience.ORGANISATIONS)
    assert readers() == set()
    given(SpaceAudience.SIGNED_IN)
    assert readers() == {"colleague", "other"}
    given(SpaceAudience.ORGANISATIONS, "canary acme", "RAIL")
    assert readers() == {"colleague", "other"}
    with database.writing() as session:
        leave_organisation(session, make.actor(other))
    assert readers() == {"colleague"}
    with database.writing() as session:
        session.execute(update(Account).where(Account.id == other.id).values(organisation_id=told.organisations[1]))
    assert readers() == {"colleague", "other"}
    given(SpaceAudience.ORGANISATIONS, "Canary Acme")
    assert readers() == {"colleague"}
    moved = PostRef(PostKind.THREAD, told.threads["acme"])
    with database.writing() as session:
        edit_post(session, admin, moved, None, space_id=told.products[0])
    assert readers() == {"visitor", "colleague", "other"}
    with database.writing() as session:
        edit_post(session, admin, moved, None, space_id=told.products[3])
    assert readers() == {"other"}
