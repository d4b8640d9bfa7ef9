"""What admins do with the log: narrow it, take it out as a file, have it verified."""

import csv
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from forum.clock import now
from forum.jobs import Workshop
from forum.threads.actions import lock_thread
from moderation.audit import actions
from moderation.audit.checking import ask_for_check, check_block
from moderation.audit.export import harmless
from moderation.audit.models import AuditCheck


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def entries(database, make, admin):
    """Threads that somebody locked for these reasons, the admin if nobody else."""

    def entries(*reasons, by=admin):
        for reason in reasons:
            actor, thread = make.actor(by), make.thread()
            with database.writing() as session:
                lock_thread(session, actor, thread.id, reason=reason)

    return entries


@pytest.fixture
def rows(browser):
    def rows(**wanted):
        reply = browser.post("/admin/log/export", wanted)
        assert reply.status_code == 200
        return list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))

    return rows


def test_the_log_is_narrowed_to_admins_and_to_days(browser, admin, make, entries):
    entries("By an admin.")
    entries("By a moderator.", by=make.moderator("mo"))
    browser.sign_in(admin)
    whole, narrow = browser.get("/moderation/log").text, browser.get("/moderation/log?by=admins").text

    assert "By a moderator." in whole
    assert "By an admin." in narrow
    assert "By a moderator." not in narrow
    today, tomorrow = f"{now():%Y-%m-%d}", f"{now() + timedelta(days=1):%Y-%m-%d}"
    assert "By an admin." in browser.get(f"/moderation/log?since={today}&until={today}").text
    assert "By an admin." not in browser.get(f"/moderation/log?since={tomorrow}").text
    assert "By an admin." in browser.get("/moderation/log?since=never&until=99999-01-01").text


def test_it_leaves_as_a_file_that_no_spreadsheet_takes_for_formulas(browser, admin, entries, rows):
    entries('=HYPERLINK("http://example.org")', "Plain, with a comma\nand a line.")
    browser.sign_in(admin)
    found = rows()

    assert [row["act"] for row in found[:3]] == ["Log exported", "Thread locked", "Thread locked"]
    assert found[0]["who"] == "root"
    assert "comma" in found[1]["words"]
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for row in found for cell in row.values())
    assert len(rows(action="ThreadLocked")) == 2
    assert rows(who="nobody") == []
    assert "Log exported" in browser.get("/moderation/log").text


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "\n=1"])
def test_a_cell_that_would_be_a_formula_is_a_text(cell):
    assert harmless(cell) == f"'{cell}"
    assert harmless(f"a{cell}") == f"a{cell}"
    assert harmless(5) == "5"


def test_only_admins_take_it_out_or_have_it_verified(browser, make, entries):
    entries("One.")
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        browser.sign_in(make.account(**columns))
        assert browser.get("/admin/log").status_code == 403
        assert browser.post("/admin/log/verify").status_code == browser.post("/admin/log/export").status_code == 403
    browser.sign_in(make.moderator("mo"))
    assert "Save as CSV" not in browser.get("/moderation/log").text


def test_the_chain_is_verified_a_block_at_a_time(browser, admin, entries, site, database, monkeypatch):
    monkeypatch.setattr(actions, "BLOCK", 2)
    entries("One.", "Two.", "Three.", "Four.", "Five.")
    page = browser.sign_in(admin).post("/admin/log/verify")
    assert "The log is being verified." in page.text
    assert "being verified already" in browser.post("/admin/log/verify").text
    with database.writing() as session:
        check_block(session, {"check_id": session.scalars(select(AuditCheck.id)).one()})
    assert "Under way: 2 of 5 entries stand." in browser.get("/admin/log").text
    entries("Six, while it goes on.")
    Workshop(site.database, site.jobs).drain()

    assert "The log is whole: 6 entries." in browser.get("/admin/log").text
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditCheck)) == 1


def test_what_was_changed_is_found_and_said(browser, admin, entries, site, database):
    entries("One.", "Two.", "Three.")
    with database.writing() as session:
        other = {"texts": '{"reason": "No."}'}
        session.execute(text("UPDATE audit_texts SET texts = :texts WHERE entry_id = 2"), other)
    browser.sign_in(admin).post("/admin/log/verify")
    Workshop(site.database, site.jobs).drain()
    page = browser.get("/admin/log").text

    assert "Entry 2 does not fit. The 1 before it stand." in page
    assert "has a text that was changed" in page


def test_two_who_press_at_once_have_it_verified_once(database, make, admin):
    second, together = make.admin("second"), threading.Barrier(2)

    def press(actor):
        together.wait()
        with database.writing() as session:
            return ask_for_check(session, actor)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(press, (make.actor(admin), make.actor(second)))) == [False, True]


def test_a_file_holds_at_most_so_many(browser, admin, entries, rows, monkeypatch):
    monkeypatch.setattr("moderation.audit.export.MOST", 2)
    entries("One.", "Two.", "Three.")
    browser.sign_in(admin)

    assert len(rows()) == 2
