"""An archive of one's data: what is in it, who may fetch it, and for how long."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.accounts.factors.models import Passkey, RecoveryCode, TotpSecret
from forum.accounts.models import Account, KnownDevice, Organisation, SecurityEvent, SecurityKind
from forum.accounts.oidc.models import LinkedIdentity
from forum.clock import now
from forum.errors import Conflict
from forum.events.moderation import FlagReason
from forum.exports.actions import ask_for_export, sweep
from forum.exports.models import DataExport
from forum.jobs import Job, Workshop
from forum.markup import cook
from forum.posts import PostKind, PostRef
from forum.threads.actions import edit_post
from forum.uploads import personal as uploads_personal
from forum.uploads.actions import add_file
from forum.uploads.intake import keep, look_at
from forum.uploads.limits import Limits
from forum.uploads.models import File
from forum.votes.actions import cast_vote
from moderation.flags.actions import flag_post
from support.messages.actions import open_privately
from support.messages.models import Audience, Message, Side


@pytest.fixture
def work(database, site):
    """The worker does all that is due."""
    return lambda: Workshop(database, site.jobs).drain()


@pytest.fixture
def fetched(browser, work, asker):
    """Somebody asks for their archive, and opens it when it is ready."""

    def fetch() -> zipfile.ZipFile:
        browser.sign_in(asker).post("/settings/data")
        work()
        page = browser.get("/settings/data").text
        address = next(part.split('"')[0] for part in page.split('href="') if "/archive" in part)
        reply = browser.get(address)
        assert reply.status_code == 200
        assert reply.headers["content-type"] == "application/zip"
        assert "no-store" in reply.headers["cache-control"]
        return zipfile.ZipFile(io.BytesIO(reply.content))

    return fetch


def told(archive: zipfile.ZipFile, name: str) -> list[dict]:
    return json.loads(archive.read(f"data/{name}.json"))


def test_it_holds_what_the_person_wrote_and_caused(fetched, make, asker, database, thread):
    answer = make.answer(thread, author=asker, body="Mine, too.")
    make.comment(thread, author=asker, body="A remark of mine")
    others = make.answer(thread, body="By somebody else")
    voter, actor = make.actor(make.account("voter", reputation=100)), make.actor(asker)
    with database.writing() as session:
        cast_vote(session, voter, PostRef(PostKind.ANSWER, answer.id), 1)
        cast_vote(session, actor, PostRef(PostKind.ANSWER, others.id), 1)
        edit_post(session, actor, PostRef(PostKind.THREAD, thread.id), cook("It stops at 41 % and hums."))
        flag_post(session, actor, PostRef(PostKind.ANSWER, others.id), FlagReason.OTHER, "Reads like a riddle")
        open_privately(session, actor, "An invoice twice", cook("We paid in May."))
    archive = fetched()

    assert archive.testzip() is None
    assert told(archive, "profile")[0]["email"] == asker.email
    assert [row["source"] for row in told(archive, "questions")] == ["It stops at 41 % and hums."]
    assert [row["source"] for row in told(archive, "answers")] == ["Mine, too."]
    assert [row["source"] for row in told(archive, "comments")] == ["A remark of mine"]
    assert len(told(archive, "versions")) >= 1
    assert [row["value"] for row in told(archive, "votes")] == [1]
    assert [row["note"] for row in told(archive, "flags")] == ["Reads like a riddle"]
    assert {row["rule"] for row in told(archive, "reputation")} >= {"joined", "answer_up"}
    assert [row["subject"] for row in told(archive, "tickets")] == ["An invoice twice"]
    assert "We paid in May." in [row["source"] for row in told(archive, "messages")]
    assert told(archive, "sessions")
    assert told(archive, "consents")
    index = archive.read("index.html").decode()
    for name in json.loads(archive.read("data/index.json"))["sections"]:
        assert f'href="{name}.html"' in index
        assert archive.read(f"{name}.html").startswith(b"<!doctype html>")


def test_it_tells_of_safety_and_membership_without_secrets(fetched, asker, database):
    with database.writing() as session:
        company = Organisation(name="Acme")
        session.add_all(
            [
                company,
                TotpSecret(account_id=asker.id, secret="hush-1"),
                RecoveryCode(account_id=asker.id, code_hash="hush-2"),
                Passkey(account_id=asker.id, name="Blue key", credential_id="hush-3", public_key="hush-4"),
                KnownDevice(account_id=asker.id, token_hash="hush-5"),
                LinkedIdentity(account_id=asker.id, issuer="https://id.example", subject="a-17"),
                SecurityEvent(
                    account_id=asker.id,
                    kind=SecurityKind.PASSKEY_ADDED,
                    detail="Blue key",
                    user_agent="Firefox/9 Linux",
                ),
            ]
        )
        session.flush()
        account = session.get_one(Account, asker.id)
        account.organisation_id, account.organisation_domain = company.id, "acme.example"
    archive = fetched()
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()

    assert [row["kind"] for row in told(archive, "second-factors")] == ["Code app", "Passkey", "Recovery codes"]
    assert told(archive, "second-factors")[1]["name"] == "Blue key"
    assert [row["browser"] for row in told(archive, "security-events")] == ["Firefox on Linux"]
    assert told(archive, "known-browsers")
    assert [row["subject"] for row in told(archive, "linked-identities")] == ["a-17"]
    assert told(archive, "organisation") == [{"name": "Acme", "domain": "acme.example", "manager": False}]
    assert "hush" not in everything


@pytest.fixture
def bring(site, database, make):
    def brought(account, name, data):
        kept = keep(site.storage, look_at(name, data, Limits()))
        with database.writing() as session:
            return add_file(session, make.actor(account), kept)

    return brought


def test_their_files_are_in_it_and_nobody_elses(fetched, bring, asker, make):
    mine = bring(asker, "diary:1.txt", b"Dear diary")
    bring(make.account("otto"), "secret.txt", b"Words of Otto")
    archive = fetched()

    path = f"files/{mine.id}-diary_1.txt"
    assert [name for name in archive.namelist() if name.startswith("files/")] == [path]
    assert archive.read(path) == b"Dear diary"
    assert [(row["name"], row["file"], row["left_out"]) for row in told(archive, "files")] == [
        ("diary:1.txt", path, "")
    ]
    assert f'<a href="{path}">' in archive.read("files.html").decode()


def test_what_has_no_room_or_is_not_there_any_more_is_listed(fetched, bring, asker, site, database, monkeypatch):
    monkeypatch.setattr(uploads_personal, "MOST", 25)
    _small, _large, lost, removed, _last = (
        bring(asker, f"{name}.txt", name.encode() * 2) for name in ("small", "quitelarge", "lost", "removed", "last")
    )
    site.storage.delete(lost.key)
    with database.writing() as session:
        session.get_one(File, removed.id).removed_at = now()
    archive = fetched()

    assert archive.testzip() is None
    assert {row["name"] for row in told(archive, "files") if row["file"]} == {"small.txt", "last.txt"}
    why = {row["name"]: row["left_out"] for row in told(archive, "files")}
    assert "no room" in why["quitelarge.txt"]
    assert "moderator" in why["removed.txt"]
    assert "not there" in why["lost.txt"]


def test_it_holds_nothing_that_is_staffs_or_other_peoples(fetched, make, asker, database, thread):
    flagger = make.account("flora", reputation=20)
    with database.writing() as session:
        ticket = open_privately(session, make.actor(asker), "An invoice twice", cook("We paid in May."))
        note = {"source": "A difficult customer", "html": "<p>A difficult customer</p>", "text": "A difficult customer"}
        session.add(Message(ticket_id=ticket.id, audience=Audience.INTERNAL, side=Side.STAFF, **note))
        flag_post(session, make.actor(flagger), PostRef(PostKind.THREAD, thread.id), FlagReason.SPAM, "An advert")
    other = make.account("otto")
    make.answer(thread, author=other, body="Words of Otto")
    archive = fetched()
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()

    for secret in ("A difficult customer", "An advert", "flora", "Words of Otto", "otto@example.org"):
        assert secret not in everything


def test_text_that_was_withheld_stays_so(fetched, make, asker, database, thread):
    with database.writing() as session:
        session.get_one(type(thread), thread.id).withheld = True
    archive = fetched()

    assert thread.source not in archive.read("questions.html").decode()


def test_what_was_typed_is_no_markup_in_its_pages(fetched, make, asker):
    make.thread(author=asker, title="<script>alert(1)</script>", body="<b>bold</b>")
    page = fetched().read("questions.html").decode()

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_its_owner_is_told_in_the_page_and_by_mail(fetched, browser, database, asker):
    fetched()

    assert "The archive of your data is ready" in browser.get("/notifications").text
    with database.reading() as session:
        letters = session.scalars(select(Job.payload).where(Job.kind == "mail")).all()
    assert [letter["letter"]["template"] for letter in letters] == ["export_ready"]


def test_nobody_else_fetches_it_and_nobody_who_is_signed_out(fetched, browser, make, database):
    fetched()
    with database.reading() as session:
        made = session.scalars(select(DataExport)).one()
    address = f"/settings/data/{made.id}/archive"

    assert browser.another().sign_in(make.account("otto")).get(address).status_code == 404
    assert browser.another().sign_in(make.admin("root")).get(address).status_code == 404
    assert "/login" in str(browser.another().get(address).url)
    assert (browser.site.settings.var / "exports" / made.file).stat().st_mode & 0o077 == 0


def test_after_seven_days_it_is_gone(fetched, browser, database, monkeypatch):
    fetched()
    with database.writing() as session:
        made = session.scalars(select(DataExport)).one()
        made.expires_at = now() - timedelta(seconds=1)
        file = browser.site.settings.var / "exports" / made.file

    assert browser.get(f"/settings/data/{made.id}/archive").status_code == 404
    assert file.exists()
    with database.writing() as session:
        assert sweep(session) == 1
    assert not file.exists()


def test_one_a_day_is_made(browser, asker, database):
    browser.sign_in(asker).post("/settings/data")
    again = browser.post("/settings/data")

    assert again.status_code == 409
    assert "One a day" in again.text
    with database.writing() as session:
        session.scalars(select(DataExport)).one().asked_at = now() - timedelta(days=1, seconds=1)
    assert browser.post("/settings/data").status_code == 200


def test_of_two_that_are_asked_for_at_once_one_is_made(database, make, asker):
    actor, together = make.actor(asker), threading.Barrier(2)

    def ask(_number: int) -> str:
        together.wait()
        try:
            database.write(lambda session: ask_for_export(session, actor))
        except Conflict:
            return "refused"
        return "asked"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(ask, range(2))) == ["asked", "refused"]


def test_an_admin_starts_one_for_somebody_which_only_they_can_fetch(browser, make, asker, work, database):
    page = browser.sign_in(make.admin("root")).post(f"/admin/people/{asker.handle}/data/export")
    work()

    assert "They are told" in page.text
    assert "Archive of somebody&#39;s data started" in browser.get("/moderation/log").text
    hers = browser.another().sign_in(asker)
    assert "/archive" in hers.get("/settings/data").text
    with database.reading() as session:
        made = session.scalars(select(DataExport)).one()
    assert browser.get(f"/settings/data/{made.id}/archive").status_code == 404
    assert hers.get(f"/settings/data/{made.id}/archive").status_code == 200


def test_only_admins_start_one_for_others(browser, make, asker, database):
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        browser.sign_in(make.account(**columns))
        assert browser.get(f"/admin/people/{asker.handle}/data").status_code == 403
        assert browser.post(f"/admin/people/{asker.handle}/data/export").status_code == 403
    assert browser.sign_in(make.admin("root")).post("/admin/people/nobody/data/export").status_code == 404

    with database.reading() as session:
        assert session.scalars(select(DataExport)).all() == []


def test_a_making_that_broke_off_is_made_again_once(browser, asker, database, site, work, monkeypatch):
    from forum.exports import jobs  # noqa: PLC0415

    browser.sign_in(asker).post("/settings/data")
    real = jobs.write_archive

    def breaks(session, personal, subject, file, **words):
        real(session, personal, subject, file, **words)
        raise RuntimeError("the machine stopped")

    monkeypatch.setattr(jobs, "write_archive", breaks)
    work()
    assert list((site.settings.var / "exports").iterdir()) == []
    monkeypatch.setattr(jobs, "write_archive", real)
    with database.writing() as session:
        for job in session.scalars(select(Job).where(Job.kind == "exports.make")):
            job.run_at = now()
    work()

    assert len(list((site.settings.var / "exports").iterdir())) == 1
