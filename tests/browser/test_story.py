"""The main job, whole: a question travels from a customer to staff and back; with scripts, and again without."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, expect

from forum.accounts.passwords import hash_password
from tests.browser.conftest import Visit
from tests.browser.house import House, link_in
from tests.browser.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def tag(house: House) -> None:
    """A newcomer cannot make tags."""
    house.make.tag("sync")


QUESTION = "Sync stops at 40 percent on my second machine, {suffix}"
BODY = """It stops at **40 %**, every time:

```python
lantern.sync(folder="Photos")
```

1. I restarted it.
2. I waited an hour.

> Connection reset by peer"""
NOTE = "Heliotrope: her account is on the broken storage node."
HANDING_OVER = "Marigold: needs somebody who may move accounts."


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_question_travels_from_a_customer_to_staff_and_back(house: House, visit: Visit, scripts: bool):
    cast = Cast(house, visit, scripts, suffix="js" if scripts else "plain")
    question, earlier = QUESTION.format(suffix=cast.suffix), f"Sync stops at ninety percent, {cast.suffix}"

    bo = cast.enter("bo")
    ask(bo, earlier, "How long does it take?")

    ana = register(cast, "ana")
    thread = ask_with_care(ana, question, similar=earlier)

    answer(bo, thread, "Turn off *Wi-Fi saving* in the settings.")
    accept(ana, thread, by="Bo")
    assert reputation(ana, bo.handle) == 16
    assert reputation(ana, ana.handle) == 3

    spammer = cast.enter("dealz")
    answer(spammer, thread, "Cheap watches, write to me!")
    flag_spam(cast.enter("cy"), thread, "Cheap watches")
    mo = cast.enter("mo", moderator=True)
    claim_and_hide(mo, question)
    assert not sees(cast.stranger(), thread, "Cheap watches")
    undo(mo)
    assert sees(cast.stranger(), thread, "Cheap watches")

    take_acceptance_back(ana, thread, note="It stopped again an hour later.")
    assert reputation(ana, bo.handle) == 1
    ticket = ask_staff(ana, thread, "My address is on the invoice of May.")

    tia = cast.enter("tia", staff=True, tier=1)
    take(tia, question)
    write_note(tia, NOTE)
    hand_over(tia, HANDING_OVER)

    tom = cast.enter("tom", staff=True, tier=2)
    tom.open("/desk")
    tom.follow(question)
    tom.reads(NOTE)
    tom.reads(HANDING_OVER)
    answer_publicly(tom, "We have moved your account; it syncs to the end now.")

    staffs_answer = post(ana, thread, "We have moved your account")
    ana.reads("An answer from staff", within=staffs_answer)
    ana.press("This solved it", within=staffs_answer)
    ana.reads("The answer that solved it · from staff")

    tom.open(f"/desk/tickets/{ticket}")
    tom.press("Solve the ticket")
    tom.reads("Solved")

    ana.open("/tickets")
    row = ana.main.get_by_role("listitem").filter(has_text=question)
    ana.reads("Solved", within=row)
    ana.follow(question, within=row)
    ana.reads("My address is on the invoice of May.")

    for person in (ana, bo, cast.found["cy"], mo, cast.stranger()):
        never_saw(person, thread, ticket, "Heliotrope", "Marigold")
    for person in (bo, cast.found["cy"], mo, cast.stranger()):
        never_saw(person, thread, ticket, "invoice of May")


# Who takes part.


class Person(Visitor):
    handle: str


@dataclass
class Cast:
    house: House
    visit: Visit
    scripts: bool
    suffix: str

    def __post_init__(self) -> None:
        self.found: dict[str, Person] = {}

    def enter(self, name: str, **role: object) -> Person:
        """Somebody with an account comes in by the front door."""
        handle = f"{name}-{self.suffix}"
        self.house.make.account(handle, display_name=name.title(), password_hash=hash_password(PASSWORD), **role)
        person = self.stranger()
        person.handle = handle
        person.sign_in(handle)
        expect(person.page.get_by_role("link", name=re.compile("^Notifications"))).to_be_visible()
        self.found[name] = person
        return person

    def stranger(self) -> Person:
        visitor = self.visit(self.house, scripts=self.scripts)
        visitor.__class__ = Person
        assert isinstance(visitor, Person)
        return visitor


# What they do.


def register(cast: Cast, name: str) -> Person:
    """Make an account, and confirm the address with the link that was mailed there."""
    person = cast.stranger()
    person.handle = f"{name}-{cast.suffix}"
    address = f"{person.handle}@example.org"
    person.open("/register")
    person.main.get_by_label("Handle").fill(person.handle)
    person.main.get_by_label("Display name").fill(name.title())
    person.main.get_by_label("E-mail address").fill(address)
    person.main.get_by_label("Password", exact=True).fill(PASSWORD)
    person.press("Agree and make the account")
    person.reads("Confirm your e-mail address to take part.")
    person.open(link_in(cast.house.letter_to(address, "confirm"), "/confirm/"))
    person.press("Confirm the address")
    return person


def ask(person: Visitor, title: str, body: str) -> str:
    fill_question(person, title, body)
    return publish(person, title)


def ask_with_care(person: Visitor, title: str, similar: str) -> str:
    """Ask, having seen what is similar and how the question will look."""
    fill_question(person, title, BODY)
    if person.scripts:
        expect(person.main.locator("#similar").get_by_role("link", name=similar).first).to_be_visible()
        person.main.get_by_role("tab", name="Preview").click()
        pane = person.main.get_by_role("tabpanel")
        expect(pane.locator("code")).to_be_visible()
        preview = tidy(pane)
    else:
        with person.context.expect_page() as opened:
            person.press("Preview")
        preview = tidy(opened.value.locator("#preview"))
        expect(opened.value.get_by_role("link", name=similar).first).to_be_visible()
        opened.value.close()
    path = publish(person, title)
    assert tidy(person.main.locator("article .prose").first) == preview
    return path


def fill_question(person: Visitor, title: str, body: str) -> None:
    person.open("/ask")
    person.main.get_by_label("Title").fill(title)
    person.main.get_by_role("textbox", name="What happened?").fill(body)
    person.main.get_by_label("Tags").fill("sync")


def publish(person: Visitor, title: str) -> str:
    person.press("Ask the community")
    expect(person.page.get_by_role("heading", level=1)).to_have_text(title)
    return person.path.partition("?")[0].partition("#")[0]


def answer(person: Visitor, thread: str, words: str) -> None:
    person.open(thread)
    person.main.get_by_role("textbox", name="Your answer").fill(words)
    person.press("Post answer")
    person.reads(re.compile(re.escape(words.split("*", 1)[0].strip())), within=person.main.locator("article"))


def post(person: Visitor, thread: str, words: str) -> Locator:
    person.open(thread)
    return person.main.get_by_role("article").filter(has_text=words)


def accept(person: Visitor, thread: str, by: str) -> None:
    person.press("This solved it", within=post(person, thread, by).filter(has_text="answered"))
    person.reads("The answer that solved it")


def reputation(person: Visitor, handle: str) -> int:
    person.open(f"/people/{handle}")
    figure = person.main.locator(".stat").filter(has_text="Reputation").locator("dd")
    return int(figure.inner_text())


def flag_spam(person: Visitor, thread: str, words: str) -> None:
    spam = post(person, thread, words)
    person.fold_out("More about this answer", within=spam)
    person.follow("Flag", within=spam)
    person.main.get_by_role("radio", name="Spam").check()
    person.press("Flag")
    person.reads("Flagged. A moderator will look")


def claim_and_hide(person: Visitor, title: str) -> None:
    person.open("/moderation/queue")
    person.main.get_by_role("link", name=title).first.click()
    person.press("Claim for ten minutes")
    person.reads("You are looking")
    person.main.get_by_role("radio", name="Hide it", exact=True).check()
    person.main.locator("select[name=grounds]").select_option("spam")
    person.press("Decide")
    expect(person.main.get_by_role("button", name="Undo")).to_be_visible()


def undo(person: Visitor) -> None:
    person.press("Undo")
    expect(person.main.get_by_role("button", name="Undo")).to_have_count(0)


def sees(person: Visitor, thread: str, words: str) -> bool:
    person.open(thread)
    return person.main.get_by_text(words).count() > 0


def take_acceptance_back(person: Visitor, thread: str, note: str) -> None:
    person.open(thread)
    person.press("Not the solution after all")
    tried = person.main.get_by_role("article").filter(has_text="Wi-Fi saving")
    person.fold_out("This didn't help", within=tried)
    tried.get_by_label("What happened instead?").fill(note)
    person.press("It didn't help", within=tried)
    person.reads("You said this did not help")


def ask_staff(person: Visitor, thread: str, words: str) -> str:
    """Hand the thread to staff; the reference of the ticket."""
    person.open(thread)
    person.follow("Ask staff")
    person.reads("This thread stays public. What you write below goes only to staff.")
    person.main.get_by_role("radio", name="The answers did not help").check()
    person.main.get_by_role("textbox", name="What should staff know?").fill(words)
    person.press("Ask staff")
    person.reads("Staff have it now.")
    return person.path.partition("/tickets/")[2].partition("?")[0]


def take(person: Visitor, title: str) -> None:
    person.open("/desk")
    person.follow(title)
    person.reads("It stopped again an hour later.")
    person.press("Take it")
    person.reads("It is yours.")


def write_note(person: Visitor, words: str) -> None:
    write_to(person, "Staff only", words)
    person.press("Add note for staff only")
    person.reads(words)


def write_to(person: Visitor, audience: str, words: str) -> None:
    composer = person.main.locator(".composer")
    composer.get_by_role("radio", name=re.compile(f"^{audience}")).check()
    composer.get_by_role("textbox", name="Your message").fill(words)


def hand_over(person: Visitor, why: str) -> None:
    person.fold_out("Hand over to another tier")
    person.main.get_by_label("To", exact=True).select_option(label="Tier 2")
    person.main.get_by_label("Why", exact=True).locator("visible=true").fill(why)
    person.press("Hand over")
    person.reads("Handed over. You still follow it")


def answer_publicly(person: Visitor, words: str) -> None:
    write_to(person, "Everyone", words)
    person.main.get_by_label(re.compile("^Yes, everyone may read this")).check()
    person.press("Post for everyone")
    person.reads(words)


def never_saw(person: Visitor, thread: str, ticket: str, *canaries: str) -> None:
    """Wherever they look, it is not there."""
    with person.expecting(403, 404):
        for path in (thread, "/", "/notifications", "/tickets", f"/tickets/{ticket}", f"/desk/tickets/{ticket}"):
            person.open(path)
            for canary in canaries:
                person.never_reads(canary)
        for canary in canaries:
            person.open(f"/search?q={canary}")
            expect(person.main.get_by_role("article")).to_have_count(0)


def tidy(place: Locator) -> str:
    return re.sub(r"\s+", " ", place.inner_html()).strip()
