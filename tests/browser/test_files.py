"""Files on their way: a customer's picture in a question, staff's file in a private message, and an outsider's 404."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from forum.markup import cook
from forum.tags.models import Tag
from support.messages.actions import open_privately
from tests.browser.axe import every_complaint
from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.forum.uploads.pictures import picture

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
PNG = {"name": "screen [1].png", "mimeType": "image/png", "buffer": picture(size=(300, 200))}
LOG = {"name": "trace.log", "mimeType": "text/plain", "buffer": b"line one\n"}
DROP = """(element) => {
  const data = new DataTransfer();
  data.items.add(new File(["dropped words"], "dropped.txt", {type: "text/plain"}));
  element.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(scope="module", autouse=True)
def tag(house: House) -> None:
    """A newcomer cannot make tags."""
    if not house.site.database.write(lambda session: session.scalar(select(Tag.id).where(Tag.name == "sync"))):
        house.make.tag("sync")


@BOTH
def test_a_customer_attaches_a_picture_to_a_question(house: House, visit: Visit, scripts: bool):
    ana = visit(house, scripts=scripts).be(house.make.account())
    ana.open("/ask")
    ana.main.get_by_label("Title").fill("What does this picture of my screen say?")
    text = ana.main.get_by_role("textbox", name="What happened?")
    text.fill("This is what I see.")
    ana.main.get_by_label("Add files").set_input_files(PNG)
    if scripts:
        expect(text).to_have_value(re.compile(r"!\[screen \\\[1\\\]\.png\]\(/files/"))
        ana.reads("screen [1].png is in the text.")
        assert every_complaint(ana.page) == []
    ana.main.get_by_label("Tags").fill("sync")
    ana.press("Ask the community")

    image = ana.main.get_by_role("img", name="screen [1].png")
    expect(image).to_have_attribute("width", "300")
    image.scroll_into_view_if_needed()
    ana.page.wait_for_function("document.querySelector('article img').naturalWidth > 0") if scripts else None
    address = image.get_attribute("src")
    assert address
    assert visit(house).context.request.get(house.address + address).status == 200


def test_what_is_wrong_is_said_and_what_was_typed_stays(house: House, visit: Visit):
    ana = visit(house).be(house.make.account())
    ana.open("/ask")
    text = ana.main.get_by_role("textbox", name="What happened?")
    text.fill("This is what I see.")
    with ana.expecting(422):
        ana.main.get_by_label("Add files").set_input_files({**LOG, "name": "evil.html"})
        ana.reads("evil.html: Files of this kind are not taken.")
    expect(text).to_have_value(re.compile(r"^This is what I see\.\s*$"))
    assert every_complaint(ana.page) == []


def test_files_are_dropped_into_the_text(house: House, visit: Visit):
    thread = house.make.thread(title="Which log is the right one?")
    ana = visit(house).be(house.make.account())
    ana.open(f"/threads/{thread.id}")
    ana.main.get_by_role("textbox", name="Your answer").fill("This one, I think:")
    ana.main.locator("#reply file-attachment").evaluate(DROP)
    ana.reads("dropped.txt is in the text.")
    ana.press("Post answer")

    expect(ana.main.locator("article").get_by_role("link", name="dropped.txt")).to_be_visible()


@BOTH
def test_staff_attach_a_file_to_a_private_message_and_outsiders_get_nothing(
    house: House, visit: Visit, scripts: bool, tmp_path: Path
):
    customer, agent = house.make.account(), house.make.staff()
    with house.site.database.writing() as session:
        ticket = open_privately(session, house.make.actor(customer), "An invoice twice", cook("We paid in May."))
    sam = visit(house, scripts=scripts).be(agent)
    sam.open(f"/desk/tickets/{ticket.reference}")
    reply = sam.main.locator("#reply")
    reply.get_by_role("textbox", name="Your message").fill("Here is what we found.")
    reply.get_by_label("Add files").set_input_files(LOG)
    if scripts:
        sam.reads("trace.log is in the text.")
    reply.get_by_role("button").filter(has_text="Send to").click()
    link = sam.main.get_by_role("link", name="trace.log")
    expect(link).to_be_visible()
    address = link.get_attribute("href")
    assert address

    theirs = visit(house, scripts=scripts).be(customer)
    theirs.open(f"/tickets/{ticket.reference}")
    with theirs.page.expect_download() as download:
        theirs.main.get_by_role("link", name="trace.log").click()
    assert Path(download.value.path()).read_bytes() == b"line one\n"
    for outsider in (visit(house), visit(house).be(house.make.account()), visit(house).be(house.make.moderator())):
        with outsider.expecting(404):
            assert outsider.open(address).status == 404
