"""An admin at work: each page's one act, by keyboard alone and with or without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from forum.access import Scope
from forum.accounts.api_tokens import make_token
from forum.clock import now
from forum.importers.models import ImportRun
from forum.importers.run import source
from forum.jobs import Job
from forum.tags.models import Tag
from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def admin(house: House, visit: Visit, request: pytest.FixtureRequest) -> Visitor:
    return visit(house, scripts=request.param).be(house.make.admin())


def typed(visitor: Visitor, label: str, words: str) -> None:
    """Write into a field and send its form, all by keyboard."""
    field = visitor.main.get_by_label(label, exact=True)
    field.focus()
    visitor.page.keyboard.press("ControlOrMeta+a")
    visitor.page.keyboard.type(words)
    if field.evaluate("field => field.matches('textarea')"):
        visitor.page.keyboard.press("Tab")
        visitor.page.keyboard.press("Enter")
    else:
        visitor.page.keyboard.press("Escape")  # a list of suggestions takes the first Enter
        visitor.page.keyboard.press("Enter")


def test_a_tag_is_renamed_merged_and_given_back(house, admin):
    name, other = f"left-{now().timestamp():.0f}", f"right-{now().timestamp():.0f}"
    thread = house.make.thread(title="Which of two names is it?", tags=(name,))
    house.make.tag(other)
    admin.open(f"/admin/tags?q={name}")
    admin.follow(f"Change {name}")
    typed(admin, "Name", f"{name}-anew")
    admin.reads(f"{name}-anew is saved.")
    typed(admin, "Merge into", other)
    admin.reads("1 thread went over.")
    admin.open(f"/threads/{thread.id}")
    expect(admin.main.get_by_role("link", name=other, exact=True)).to_be_visible()
    with house.site.database.reading() as session:
        other_id = session.scalars(select(Tag.id).where(Tag.name == other)).one()
    admin.open(f"/admin/tags/{other_id}")
    admin.press(f"Undo the merge of {name}-anew")
    admin.reads("is a tag of its own again")


def test_rules_are_looked_at_and_saved(admin):
    admin.open("/admin/rules")
    typed(admin, "Most that up votes earn in a day", "190")
    admin.reads("What this would change")
    save = admin.main.get_by_role("button", name="Save these rules")
    save.focus()
    admin.page.keyboard.press("Enter")
    admin.reads("The rules are saved")
    expect(admin.main.get_by_label("Most that up votes earn in a day")).to_have_value("190")


def test_a_setting_is_found_in_the_overview_and_changed(admin):
    admin.open("/admin")
    admin.follow("Hours before a question can be handed to staff")
    label = "Hours before a question can be handed to staff"
    admin.page.evaluate("document.querySelectorAll('form').forEach((form) => (form.noValidate = true))")
    with admin.expecting(422):
        typed(admin, label, "4000")
        admin.reads("Choose a number from 0 to 400.")
    expect(admin.main.get_by_label(label)).to_have_value("4000")
    typed(admin, label, "5")
    admin.reads("The settings are saved, and in force.")
    admin.open("/admin")
    expect(admin.main.get_by_role("row").filter(has_text=label).locator("strong")).to_have_text("5 hours")
    admin.open("/admin/settings")
    typed(admin, label, "4")
    admin.reads("The settings are saved, and in force.")


def test_words_are_chosen_and_go_back(admin):
    admin.open("/admin/words")
    admin.follow("Change The foot of every page")
    typed(admin, "What it says (optional)", "Kept by a few friends")
    admin.reads("The text is saved.")
    expect(admin.page.locator("footer")).to_contain_text("Kept by a few friends")
    admin.follow("Change The foot of every page")
    admin.press("Back to the default")
    expect(admin.page.locator("footer")).not_to_contain_text("Kept by a few friends")


def test_a_dead_job_is_put_aside_and_tried_again(house, admin):
    with house.site.database.writing() as session:
        dead = {"payload": {}, "run_at": now(), "attempts": 8, "dead_at": now(), "error": "ZeroDivisionError()"}
        job = Job(kind=f"nothing.{now().timestamp():.0f}", **dead)
        session.add(job)
        session.flush()
        number = job.id
    admin.open("/admin/jobs/failed")
    row = admin.page.locator(f"#job-{number}")
    admin.fold_out("Put aside", row)
    row.get_by_role("button", name="Put aside").press("Enter")
    admin.reads("The job is put aside.")
    admin.open("/admin/jobs/failed?state=discarded")
    admin.page.locator(f"#job-{number}").get_by_role("button", name="Try again").press("Enter")
    admin.reads("The job is tried again.")


def test_the_log_is_verified_and_a_token_ended(house, admin):
    admin.open("/admin/log")
    admin.press("Verify the chain")
    admin.reads("verified")
    owner = house.make.account()
    with house.site.database.writing() as session:
        make_token(session, owner.id, "Old machine", [Scope.READ])
    admin.open(f"/admin/tokens?q={owner.handle}")
    admin.fold_out("Revoke")
    admin.press("Revoke this token")
    admin.reads("opens nothing any more")


def test_an_open_page_shows_how_far_an_import_is(house, visit):
    with house.site.database.writing() as session:
        run = ImportRun(source_id=source(session, "cooking").id, format="x", phase="Importing people", report={})
        run.total, run.done, run.started_at, run.seen_at = 100, 10, now(), now()
        session.add(run)
        session.flush()
        number = run.id
    visitor = visit(house).be(house.make.admin())
    visitor.open("/admin/imports")
    row = visitor.page.locator(f"#import-{number}")
    expect(row).to_contain_text("10 %")
    with house.site.database.writing() as session:
        session.get_one(ImportRun, number).done = 60
    expect(row).to_contain_text("60 %")
    with house.site.database.writing() as session:
        session.get_one(ImportRun, number).ended_at = now()
    visitor.reads("An import has come further", visitor.page.locator("#live-bar"))
    visitor.press("Show", visitor.page.locator("#live-bar"))
    expect(row).to_contain_text("Done")
