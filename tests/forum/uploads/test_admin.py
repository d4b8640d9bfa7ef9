"""The admins' page: what is kept where, by whom, and what may come in."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from sqlalchemy import select

from forum.uploads.limits import Limits, limits_of
from forum.uploads.models import FileSweep
from moderation.audit.models import AuditEntry

GIVEN = {name: str(value) for name, value in asdict(Limits()).items() if name != "extensions"}


def posted(**changed):
    return GIVEN | {"extensions": "txt log"} | changed


@pytest.fixture
def admin(make):
    return make.admin("ada")


def test_it_says_what_is_kept_by_whom_and_what_was_swept(browser, admin, asker, bring, database, site):
    bring(asker, "a.log", b"x" * 3000)
    bring(asker)
    with database.writing() as session:
        session.add(FileSweep(looked_at=77, orphans=3, orphan_bytes=2048, unused=5))
    page = browser.sign_in(admin).get("/admin/storage").text

    assert str(site.storage.where) in page
    assert "Ana Lopes" in page
    assert "2 files, " in page
    assert "3 objects, 2 kB" in page


def test_an_empty_site_says_so(browser, admin):
    page = browser.sign_in(admin).get("/admin/storage").text

    assert "No files yet" in page
    assert "No sweep yet" in page


def test_what_is_set_counts_at_once_and_the_log_knows(browser, admin, asker, send, database):
    page = browser.sign_in(admin).post("/admin/storage", posted(file_mb="1", extensions=".LOG, txt log"))
    assert "The limits are saved." in page.text
    with database.reading() as session:
        limits = limits_of(session)
        assert session.scalars(select(AuditEntry.action)).all() == ["UploadLimitsChanged"]
    assert (limits.file_mb, limits.extensions) == (1, ("log", "txt"))

    browser.sign_in(asker)
    assert send("a.log", b"x" * 1_100_000).status_code == 413
    assert send("a.pdf", b"%PDF").status_code == 422


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("file_mb", "33", "From 1 to 32."),
        ("megapixels", "0", "From 1 to 40."),
        ("per_post", "many", "Not a valid integer value."),
        ("frames", "", "Give a number."),
        ("extensions", "txt svg", "A browser runs files of this kind, so they are never taken: svg."),
        ("extensions", "t/x", "Up to 100 endings"),
    ],
)
def test_what_cannot_be_is_said_beside_it_and_nothing_is_saved(browser, admin, database, field, value, words):
    again = browser.sign_in(admin).post("/admin/storage", posted(**{field: value}))

    assert again.status_code == 422
    assert words in again.text
    with database.reading() as session:
        assert limits_of(session) == Limits()


def test_only_admins_may(browser, make):
    for account in (make.account(), make.moderator(), make.staff()):
        browser.sign_in(account)
        assert browser.get("/admin/storage").status_code == 403
        assert browser.post("/admin/storage", posted()).status_code == 403
