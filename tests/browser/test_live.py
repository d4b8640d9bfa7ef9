"""A page that lies open hears of what happens elsewhere: quietly, once for all tabs, and nothing jumps."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from forum.events.moderation import FlagReason
from forum.markup import cook
from forum.posts import PostKind, PostRef
from forum.threads.actions import follow, post_answer, post_comment
from moderation.flags.actions import flag_post
from moderation.reviews.claims import claim_review
from moderation.reviews.models import Review
from support.messages.actions import open_privately, reply_as_staff
from support.messages.models import Audience
from support.tickets.actions import take_ticket
from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


class Streams:
    """The streams that a browser has open, by the requests that have not ended."""

    def __init__(self, visitor: Visitor) -> None:
        self.open: list[str] = []
        self.opened = 0
        visitor.context.on("request", self._began)
        visitor.context.on("requestfinished", self._over)
        visitor.context.on("requestfailed", self._over)

    def _began(self, request) -> None:
        if "/live?" in request.url:
            self.open.append(request.url)
            self.opened += 1
            request.frame.page.once("close", lambda _page: self._over(request))

    def _over(self, request) -> None:
        if request.url in self.open:  # a page that was closed says nothing of its requests
            self.open.remove(request.url)

    def settle(self, page: Page, holds, patience: float = 10_000) -> None:
        waited = 0.0
        while not holds() and waited < patience:
            page.wait_for_timeout(50)
            waited += 50
        assert holds(), (self.open, self.opened)


@pytest.fixture
def act(house: House):
    def act(account, do, *args, **more):
        actor = house.make.actor(account)
        return house.site.database.write(lambda session: do(session, actor, *args, **more))

    return act


@pytest.fixture
def thread(house: House):
    thread = house.make.thread(title="The lamp stays dark", body="It stays dark.\n\n" * 5)
    for number in range(8):
        house.make.answer(thread, body=f"Answer number {number}. " * 40)
    return thread


def bar(page: Page):
    return page.locator("#live-bar")


def listening(page: Page, streams: Streams, visitor: Visitor) -> None:
    streams.settle(page, lambda: len(streams.open) == 1)
    page.wait_for_timeout(900)


def test_new_answers_are_announced_and_loaded_without_a_jump(house, visit: Visit, thread, act):
    visitor = visit(house).be(house.make.account(reputation=100))
    streams = Streams(visitor)
    visitor.open(f"/threads/{thread.id}")
    listening(visitor.page, streams, visitor)
    visitor.page.locator("#reply textarea").fill("Half an answer that")
    visitor.page.evaluate("scrollTo(0, 900)")
    box = visitor.page.locator("#answers article").nth(3)
    before = box.bounding_box()
    visitor.mark()

    for words in ("Change the bulb.", "Change the fuse."):
        act(house.make.account(reputation=50), post_answer, thread.id, cook(words))
    expect(bar(visitor.page)).to_contain_text("2 new answers")
    assert box.bounding_box() == before
    bar(visitor.page).get_by_role("button", name="Show").click()
    visitor.reads("Change the fuse.")

    after = visitor.page.locator("#answers article").nth(3).bounding_box()
    assert abs(after["y"] - before["y"]) < 2
    expect(visitor.page.locator("#reply textarea")).to_have_value("Half an answer that")
    expect(bar(visitor.page)).not_to_contain_text("new answers")
    assert visitor.stayed()
    first = bar(visitor.page).get_by_role("link", name="Go to the first new one")
    expect(first).to_be_visible()
    first.click()
    expect(visitor.page.locator("article.fresh")).to_have_count(2)
    expect(visitor.page.locator("article.fresh").first).to_be_in_viewport()


def test_visitors_hear_of_comments_too_and_a_closed_bar_stays_closed(house, visit: Visit, thread, act):
    visitor = visit(house)
    streams = Streams(visitor)
    visitor.open(f"/threads/{thread.id}")
    listening(visitor.page, streams, visitor)

    act(house.make.account(reputation=100), post_comment, thread.id, cook("Which bulb is it?"))
    expect(bar(visitor.page)).to_contain_text("1 new comment")
    expect(visitor.page).to_have_title(re.compile(r"^\(1\) The lamp"))
    bar(visitor.page).get_by_role("button", name="Close").click()
    expect(bar(visitor.page).get_by_role("button", name="Show")).to_be_hidden()
    act(house.make.account(reputation=100), post_comment, thread.id, cook("And which lamp?"))
    expect(bar(visitor.page)).to_contain_text("2 new comments")


def test_ones_own_words_are_no_news(house, visit: Visit, thread):
    visitor = visit(house).be(house.make.account(reputation=100))
    streams = Streams(visitor)
    visitor.open(f"/threads/{thread.id}")
    listening(visitor.page, streams, visitor)

    visitor.page.locator("#reply textarea").fill("Use another socket.")
    visitor.press("Post answer")
    visitor.reads("Use another socket.")
    place = visitor.page.locator(f"#comments-question-{thread.id}")
    visitor.fold_out("Add a comment", within=place)
    place.get_by_label("Comment").fill("The kitchen's.")
    visitor.press("Comment", within=place)
    visitor.reads("The kitchen's.", within=place)
    visitor.page.wait_for_timeout(1500)

    assert bar(visitor.page).inner_text().strip() == ""


def test_tabs_share_one_connection_and_hand_it_over(house, visit: Visit, thread, act):
    visitor = visit(house).be(house.make.account())
    streams = Streams(visitor)
    visitor.open(f"/threads/{thread.id}")
    listening(visitor.page, streams, visitor)
    other = house.make.thread(title="A second lamp")
    second = visitor.context.new_page()
    second.goto(f"{house.address}/threads/{other.id}")
    both = {f"thread={thread.id}", f"thread={other.id}"}
    streams.settle(second, lambda: any(both <= set(re.split("[?&]", url)) for url in streams.open))
    second.wait_for_timeout(900)
    assert len(streams.open) == 1

    helper = house.make.account(reputation=50)
    act(helper, post_answer, thread.id, cook("For the first tab."))
    act(helper, post_answer, other.id, cook("For the second tab."))
    for page in (visitor.page, second):
        expect(bar(page)).to_contain_text("1 new answer")
    assert len(streams.open) == 1

    visitor.page.close()
    streams.settle(second, lambda: len(streams.open) == 1 and f"thread={other.id}" in streams.open[0])
    second.wait_for_timeout(900)
    act(helper, post_comment, other.id, cook("Still there?"))
    expect(bar(second)).to_contain_text("1 new comment")
    assert len(streams.open) == 1


def test_the_bell_counts_along(house, visit: Visit, thread, act):
    asker = house.make.account()
    own = house.make.thread(author=asker, title="A lamp of my own")
    act(asker, follow, own.id)
    visitor = visit(house).be(asker)
    streams = Streams(visitor)
    visitor.open("/tags")
    listening(visitor.page, streams, visitor)
    act(house.make.account(reputation=50), post_answer, own.id, cook("Here you are."))

    bell = visitor.page.locator(".site-tools a[href='/notifications']")
    expect(bell).to_have_attribute("aria-label", "Notifications, 1 unread")
    expect(bell.locator(".count")).to_have_text("1")
    expect(visitor.page).to_have_title(re.compile(r"^\(1\) "))


def test_the_queue_marks_who_is_looking_and_counts_what_is_new(house, visit: Visit, thread, act):
    def flag():
        post = house.make.answer(thread, author=house.make.account(reputation=100), body="Cheap watches.")
        ref = PostRef(PostKind.ANSWER, post.id)
        act(house.make.account(reputation=20), flag_post, ref, FlagReason.SPAM)
        with house.site.database.reading() as session:
            return session.scalars(select(Review.id).filter_by(post_kind=ref.kind, post_id=ref.id)).one()

    review = flag()
    visitor = visit(house).be(house.make.moderator())
    streams = Streams(visitor)
    visitor.open("/moderation/queue")
    listening(visitor.page, streams, visitor)
    row = visitor.page.locator(f"[data-review='{review}']")
    expect(row.locator("[data-claim]")).to_be_hidden()
    act(house.make.moderator(display_name="Mo Adeyemi"), claim_review, review)
    expect(row.get_by_text("Mo Adeyemi is looking")).to_be_visible()
    expect(row.get_by_role("checkbox")).to_be_disabled()
    flag()

    expect(bar(visitor.page)).to_contain_text("1 new")
    entry = visitor.page.locator(".site-nav a[href='/moderation/queue'] .count")
    before = int(entry.inner_text())
    bar(visitor.page).get_by_role("button", name="Show").click()
    expect(bar(visitor.page)).not_to_contain_text("1 new")
    expect(visitor.page.locator(".fresh")).to_have_count(1)
    expect(visitor.page.locator(f"[data-review='{review}'].fresh")).to_have_count(0)
    expect(entry).to_have_text(str(before + 1))


def test_the_desk_and_a_ticket_say_what_happened(house, visit: Visit, act):
    customer, agent = house.make.account(display_name="Ana Lopes"), house.make.staff(display_name="Tess Berg")
    ticket = act(customer, open_privately, "An invoice twice", cook("We paid in May."))
    staff, person = visit(house).be(house.make.staff()), visit(house).be(customer)
    streams = [Streams(staff), Streams(person)]
    staff.open("/desk")
    person.open(f"/tickets/{ticket.reference}")
    for one, those in zip((staff, person), streams, strict=True):
        listening(one.page, those, one)

    act(agent, take_ticket, ticket.reference)
    expect(staff.page.locator(f"[data-ticket='{ticket.reference}']").get_by_text("Tess has it")).to_be_visible()
    for subject in ("No invoice at all", "An invoice in error"):
        act(customer, open_privately, subject, cook("We wait for it."))
    expect(bar(staff.page)).to_contain_text("2 new")
    entry = staff.page.locator(".site-nav a[href='/desk'] .count")
    count = int(entry.inner_text())
    bar(staff.page).get_by_role("button", name="Show").click()
    expect(staff.page.locator("tr.fresh")).to_have_count(2)
    expect(entry).to_have_text(str(count - 1 + 2))
    expect(bar(person.page)).to_contain_text("This ticket has moved on")
    bar(person.page).get_by_role("button", name="Show").click()
    person.reads("With staff")
    act(agent, reply_as_staff, ticket.reference, Audience.INTERNAL, cook("Looks like fraud."))
    person.page.wait_for_timeout(1500)
    assert bar(person.page).inner_text().strip() == ""
    act(agent, reply_as_staff, ticket.reference, Audience.REQUESTER, cook("We look at it."))
    expect(bar(person.page)).to_contain_text("Tess wrote")
    bar(person.page).get_by_role("button", name="Show").click()
    person.reads("We look at it.")


def test_who_asks_for_a_new_message_in_a_ticket_is_brought_to_it(house, visit: Visit, act):
    customer, agent = house.make.account(display_name="Ana Lopes"), house.make.staff(display_name="Tess Berg")
    ticket = act(customer, open_privately, "An invoice twice", cook("We paid in May.\n\n" * 60))
    act(agent, take_ticket, ticket.reference)
    small = {"width": 360, "height": 740}
    staff, person = visit(house, viewport=small).be(house.make.staff()), visit(house, viewport=small).be(customer)
    pages = {staff: f"/desk/tickets/{ticket.reference}", person: f"/tickets/{ticket.reference}"}
    for one, path in pages.items():
        streams = Streams(one)
        one.open(path)
        listening(one.page, streams, one)

    for words in ("We look at it.", "We looked at it."):
        act(agent, reply_as_staff, ticket.reference, Audience.REQUESTER, cook(words))
    for one in pages:
        expect(bar(one.page)).to_contain_text("Tess wrote")
        show = bar(one.page).get_by_role("button", name="Show").bounding_box()
        shut = bar(one.page).get_by_role("button", name="Close").bounding_box()
        assert abs((show["y"] + show["height"] / 2) - (shut["y"] + shut["height"] / 2)) < 3
        one.page.wait_for_timeout(600)
        bar(one.page).get_by_role("button", name="Show").click()
        fresh = one.page.locator("article.message.fresh")
        expect(fresh).to_have_count(2)
        expect(fresh.first).to_be_in_viewport()
        expect(fresh.first).to_be_focused()


def test_a_page_without_a_stream_is_as_good_as_before(house, visit: Visit, thread, act):
    visitor = visit(house)
    full = {"status": 503, "headers": {"Retry-After": "1"}, "body": "full"}
    visitor.context.route("**/live?*", lambda route: route.fulfill(**full))
    with visitor.expecting(503):
        visitor.open(f"/threads/{thread.id}")
        visitor.page.wait_for_timeout(2500)
        act(house.make.account(reputation=50), post_answer, thread.id, cook("Nobody is told."))
        visitor.page.wait_for_timeout(500)
    assert bar(visitor.page).inner_text().strip() == ""
    visitor.page.reload()
    visitor.reads("Nobody is told.")


def test_a_page_without_scripts_opens_no_stream(house, visit: Visit, thread):
    visitor = visit(house, scripts=False)
    streams = Streams(visitor)
    visitor.open(f"/threads/{thread.id}")
    visitor.page.wait_for_timeout(1000)

    assert streams.opened == 0
