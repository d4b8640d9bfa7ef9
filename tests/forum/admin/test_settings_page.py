"""Simple settings: changed on one page, in force at once, in the log."""

import threading
import time

import pytest
from sqlalchemy import select

from forum.admin.actions import change_settings
from forum.admin.simple import declared
from forum.errors import Forbidden, Invalid
from forum.events.site import SettingChanged
from forum.options import option, set_option
from forum.votes.actions import QUESTION_DOWN
from moderation.audit.models import AuditEntry, AuditText
from support.escalations.rules import permission
from support.tickets.models import Reason

PATH = "/admin/settings"
WHAT_IS = {
    "moderation.hold_first_link": "y",
    "support.wait_hours": "4",
    "support.unanswered_hours": "0",
    "support.prefix": "PL",
}
WAS = {
    "was.votes.question_down": "False",
    "was.moderation.hold_first_link": "True",
    "was.support.wait_hours": "4",
    "was.support.unanswered_hours": "0",
    "was.support.prefix": "PL",
}


@pytest.fixture
def admin(browser, make):
    browser.sign_in(make.admin("root"))
    return browser


def sent(**changes):
    """What the page as it was at first sends, with some changes: None is a switch that is off."""
    given = WHAT_IS | WAS | {name.replace("__", "."): value for name, value in changes.items()}
    return {name: value for name, value in given.items() if value is not None}


def now(database, name, default=None):
    with database.reading() as session:
        return option(session, name, default)


def test_each_setting_says_what_it_does_and_what_it_is_unless_changed(admin):
    page = admin.get(PATH).text

    assert "Questions can be voted down as answers can" in page
    assert "Unless changed: off." in page
    assert "From 0 to 400. Unless changed: 4 hours." in page
    assert 'href="/admin/settings"' in admin.get("/admin").text


def test_only_admins_change_settings(browser, make, session, site):
    for person in (make.account(), make.moderator(), make.staff(tier=3)):
        assert browser.sign_in(person).get(PATH).status_code == 403
        assert browser.post(PATH, sent(support__wait_hours="1")).status_code == 403
        with pytest.raises(Forbidden):
            change_settings(session, make.actor(person), declared(site.slots), {"support.wait_hours": 1})
    assert option(session, "support.wait_hours", 4) == 4


def test_what_was_changed_is_kept_shown_and_logged_with_what_it_was(admin, database, heard):
    page = admin.post(
        PATH,
        sent(
            votes__question_down="y",
            moderation__hold_first_link=None,
            support__wait_hours="8",
            support__unanswered_hours="24",
            support__prefix=" help ",
        ),
    )

    assert "The settings are saved" in page.text
    assert [(one.setting, one.before, one.after) for one in heard if isinstance(one, SettingChanged)] == [
        ("votes.question_down", False, True),
        ("moderation.hold_first_link", True, False),
        ("support.wait_hours", 4, 8),
        ("support.unanswered_hours", 0, 24),
        ("support.prefix", "PL", "HELP"),
    ]
    with database.reading() as session:
        kept = session.execute(
            select(AuditEntry.facts, AuditText.texts)
            .join_from(AuditEntry, AuditText, AuditText.entry_id == AuditEntry.id)
            .where(AuditEntry.action == "SettingChanged")
        ).all()
    assert ({"before": 4, "after": 8}, {"setting": "support.wait_hours"}) in [tuple(row) for row in kept]
    log = admin.get("/moderation/log").text
    assert "Voting questions down: off → on" in log
    assert "Letters before a ticket&#39;s number: PL → HELP" in log
    overview = admin.get("/admin").text
    assert "<strong>8 hours</strong>" in overview
    assert "<strong>after 24 hours</strong>" in overview


def test_an_entry_of_a_setting_that_is_gone_still_reads(admin, make, database, site):
    root = make.actor(make.admin())
    with database.writing() as session:
        site.bus.emit(session, SettingChanged(actor_id=root.id, setting="other.thing", before=1, after=2))

    assert "other.thing: 1 → 2" in admin.get("/moderation/log").text


def test_saving_without_a_change_does_nothing(admin, heard):
    assert "Nothing was changed." in admin.post(PATH, sent()).text
    assert heard == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("support.wait_hours", "401", "Choose a number from 0 to 400."),
        ("support.wait_hours", "-1", "Choose a number from 0 to 400."),
        ("support.wait_hours", "four", "Give a whole number."),
        ("support.wait_hours", "", "Give a whole number."),
        ("support.wait_hours", "9" * 5000, "Choose a number from 0 to 400."),
        ("support.unanswered_hours", "2.5", "Give a whole number."),
        ("support.prefix", "P-L", "Use 1 to 8 capital letters, A to Z."),
        ("support.prefix", "", "Use 1 to 8 capital letters, A to Z."),
        ("support.prefix", "Äß", "Use 1 to 8 capital letters, A to Z."),
    ],
)
def test_bad_input_is_said_beside_its_field_and_keeps_what_was_typed(admin, database, name, value, words):
    page = admin.post(PATH, sent(votes__question_down="y") | {name: value})

    assert page.status_code == 422
    assert words in page.text[page.text.index(f'id="{name}-error"') :][:600]
    assert f'aria-describedby="{name}-help {name}-error"' in page.text
    if len(value) < 100:
        control = page.text[page.text.index(f'id="{name}"') :].partition(">")[0]
        assert f'value="{value}"' in control
    checked = page.text[page.text.index('id="votes.question_down"') - 60 :][:200]
    assert "checked" in checked
    assert now(database, "votes.question_down") is None


def test_a_page_that_was_open_for_long_takes_back_nothing_that_somebody_else_changed(admin, database):
    admin.post(PATH, sent(support__wait_hours="8"))
    admin.post(PATH, sent(support__unanswered_hours="24"))

    assert (now(database, "support.wait_hours"), now(database, "support.unanswered_hours")) == (8, 24)


def test_two_who_change_the_same_are_both_logged_with_what_they_replaced(make, site, database, heard):
    """Holding the options until commit: else both would say that they replaced the default."""
    root, settings = make.actor(make.admin()), declared(site.slots)
    changed, begun = threading.Event(), threading.Event()

    def change_first():
        with database.writing() as session:
            change_settings(session, root, settings, {"support.wait_hours": 5})
            changed.set()
            begun.wait(10)
            time.sleep(0.3)

    def change_second():
        changed.wait(10)
        begun.set()
        with database.writing() as session:
            change_settings(session, root, settings, {"support.wait_hours": 6})

    threads = [threading.Thread(target=one) for one in (change_first, change_second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = (one for one in heard if isinstance(one, SettingChanged))

    assert [(one.before, one.after) for one in (first, second)] == [(4, 5), (5, 6)]
    assert now(database, "support.wait_hours") == 6


def test_an_action_holds_to_the_bounds_too(session, make, site):
    with pytest.raises(Invalid) as refusal:
        change_settings(session, make.actor(make.admin()), declared(site.slots), {"support.wait_hours": 401})

    assert refusal.value.fields == {"support.wait_hours": "Choose a number from 0 to 400."}


def test_pages_that_were_kept_go_when_a_setting_changes_what_they_show(browser, site, make, thread):
    """The page that all visitors get, and the one that all customers get."""
    path = f"/threads/{thread.id}/{thread.slug}"
    make.answer(thread)
    customer, root = make.account(), make.admin()
    for reader in (browser.sign_out, lambda: browser.sign_in(customer)):
        reader()
        browser.get(path)
        hits = site.pages.hits
        assert browser.get(path).text.count('value="-1"') == 1
        assert site.pages.hits > hits, "the page was not kept"
    browser.sign_in(root).post(PATH, sent(votes__question_down="y"))

    assert browser.sign_in(customer).get(path).text.count('value="-1"') == 2
    assert browser.sign_out().get(path).text.count('value="-1"') == 2


def test_another_process_sees_it_at_once(admin, database, make, session):
    assert not QUESTION_DOWN.of(session)
    session.commit()
    admin.post(PATH, sent(votes__question_down="y"))

    assert QUESTION_DOWN.of(session)


def test_a_wait_of_none_lets_the_asker_ask_at_once_even_where_staff_are_never_there(make, session):
    asker = make.account("ana")
    thread = make.thread(author=asker)
    set_option(session, "support.hours", {"week": [None] * 7})
    assert Reason.UNANSWERED not in permission(session, make.actor(asker), thread).reasons
    set_option(session, "support.wait_hours", 0)

    assert Reason.UNANSWERED in permission(session, make.actor(asker), thread).reasons
