"""A customer replies to a letter from their mail program; where staff are at the thread, they are asked first."""

from __future__ import annotations

import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import expect

from forum.events import emit
from forum.events.threads import AnswerPosted
from forum.markup import cook
from support.escalations.actions import ask_staff
from support.tickets.models import Reason
from tests.browser.axe import violations
from tests.browser.house import ROOT, House, link_in, running_house
from tests.conftest import SECRET
from tests.forum.mailin.postbox import DOMAIN, mail
from tests.packaging.serving import environment, free_port

pytestmark = pytest.mark.browser


@contextmanager
def listening(house: House, folder: Path) -> Iterator[int]:
    """`porchlight mail-in` beside a house."""
    port = free_port()
    env = environment(
        house.var,
        PORCHLIGHT_DATABASE_URL=house.site.settings.database_url,
        PORCHLIGHT_SECRET=SECRET,
        PORCHLIGHT_BASE_URL=house.address,
        PORCHLIGHT_INBOUND_DOMAIN=DOMAIN,
    )
    command = [sys.executable, "-m", "forum", "mail-in", "--port", str(port)]
    with (
        (folder / "mail-in.log").open("wb") as log,
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=log) as process,
    ):
        try:
            while True:
                with suppress(OSError):
                    smtplib.SMTP("127.0.0.1", port, timeout=5).quit()
                    break
                assert process.poll() is None
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def mail_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, int]]:
    folder = tmp_path_factory.mktemp("mail-house")
    with (
        running_house(folder, INBOUND_DOMAIN=DOMAIN) as house,
        listening(house, folder) as port,
    ):
        yield house, port


def replied_to(house, port, asker, thread, text):
    """The asker gets a letter about an answer, and replies to it."""
    answer = house.make.answer(thread, body="Have you tried turning it off and on?")
    with house.site.database.writing() as session:
        emit(
            session,
            AnswerPosted(
                actor_id=answer.author_id,
                thread_id=thread.id,
                answer_id=answer.id,
                author_id=answer.author_id,
                thread_author_id=asker.id,
                visibility=answer.visibility,
            ),
        )
    letter = house.letter_to(asker.email, thread.title)
    to = letter["reply-to"].addresses[0].addr_spec
    body = letter.get_body(("plain",)).get_content()
    quoted = "\n".join(f"> {line}" for line in body.splitlines())
    whole = f"{text}\n\nOn Fri, 27 Nov 2026 at 9:30, Porchlight <{letter['from']}> wrote:\n{quoted}\n"
    reply = mail(f"Ana <{asker.email}>", to, whole, In_Reply_To=letter["message-id"])
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as line:
        line.sendmail(asker.email, [to], reply.as_bytes())
    return answer


def test_a_reply_from_a_mail_program_stands_in_the_thread(mail_house, visit):
    house, port = mail_house
    asker = house.make.account("ana-mail")
    thread = house.make.thread(author=asker, title="Why is the lamp dark?")
    replied_to(house, port, asker, thread, "I have, and it is still dark.")
    visitor = visit(house)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        visitor.open(f"/threads/{thread.id}")
        if visitor.main.get_by_text("it is still dark").count():
            break
        time.sleep(0.2)

    expect(visitor.main.get_by_text("I have, and it is still dark.")).to_be_visible()
    visitor.never_reads("Nov 2026 at 9:30")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_where_staff_are_at_it_the_writer_is_asked_who_may_read_it(mail_house, visit, scripts):
    house, port = mail_house
    name = "scripted" if scripts else "plain"
    asker, agent = house.make.account(f"bea-{name}"), house.make.staff(f"sam-{name}")
    thread = house.make.thread(author=asker, title=f"Why is the {name} lamp dark?")
    with house.site.database.writing() as session:
        reference = ask_staff(session, house.make.actor(asker), thread.id, Reason.OUTAGE, cook("Help.")).reference
    replied_to(house, port, asker, thread, "My serial number is 4711.")
    letter = house.letter_to(asker.email, "Who may read your reply")

    visitor = visit(house, scripts=scripts)
    visitor.open(f"/threads/{thread.id}")
    visitor.never_reads("4711")
    visitor.open(link_in(letter, "/mailed/link/").removeprefix(house.address))
    visitor.reads("Nobody has read it yet")
    if scripts:
        for scheme in ("light", "dark"):
            for width in (1280, 360):
                visitor.page.emulate_media(color_scheme=scheme)
                visitor.page.set_viewport_size({"width": width, "height": 900})
                assert violations(visitor.page) == []
        visitor.page.set_viewport_size({"width": 1280, "height": 900})
        visitor.press("Give it to staff only")
        visitor.reads("Staff have it. Nobody else reads it.")
        visitor.never_reads("4711")
        at_desk = visit(house).be(agent)
        at_desk.open(f"/desk/tickets/{reference}")
        at_desk.reads("My serial number is 4711.")
    else:
        visitor.press("Post publicly")
        visitor.reads("Your reply is posted. Everybody can read it.")
        visitor.reads("My serial number is 4711.")
    with visitor.expecting(404):
        visitor.open(link_in(letter, "/mailed/link/").removeprefix(house.address))


def test_an_admin_sees_what_is_held_and_lets_it_through(mail_house, visit):
    house, port = mail_house
    asker, admin = house.make.account("cleo-mail"), house.make.admin("root-mail")
    thread = house.make.thread(author=asker, title="Why is the lamp blue?")
    house.make.account("eve-mail")
    answer = replied_to(house, port, asker, thread, "It is still blue.")
    assert answer
    letter = house.letter_to(asker.email, thread.title)
    to = letter["reply-to"].addresses[0].addr_spec
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as line:
        line.sendmail("eve-mail@example.org", [to], mail("eve-mail@example.org", to, "Not Cleo.").as_bytes())
    house.letter_to(asker.email, "was not posted")

    visitor = visit(house).be(admin)
    visitor.open("/admin/mail-in")
    visitor.reads("From eve-mail@example.org, to the address in a letter of @cleo-mail")
    for scheme in ("light", "dark"):
        for width in (1280, 360):
            visitor.page.emulate_media(color_scheme=scheme)
            visitor.page.set_viewport_size({"width": width, "height": 900})
            assert violations(visitor.page) == []
    visitor.page.set_viewport_size({"width": 1280, "height": 900})
    visitor.press("Let through")
    visitor.reads("Nothing is held.")
    owner = visit(house).be(asker)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        owner.open("/mailed")
        if owner.main.get_by_text("Not Cleo.").count():
            break
        time.sleep(0.2)
    owner.follow(thread.title)
    owner.press("Throw it away")
    owner.reads("Nothing waits here")
