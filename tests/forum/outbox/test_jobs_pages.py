"""The pages of jobs: what waits, what failed and why in plain words, and trying again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from forum.clock import now
from forum.jobs import MAX_ATTEMPTS, Job, Worker, Workshop, enqueue
from forum.outbox.actions import retry_job, retry_kind
from forum.outbox.words import fault_words, payload_words, technical
from forum.retention.actions import APPLY


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def fail(database):
    """A dead job; its number."""

    def fail(kind="mail", error="SMTPRecipientsRefused({'ana@example.org': (550, b'no')})", payload=None, **columns):
        with database.writing() as session:
            job = Job(
                kind=kind,
                payload=payload or {"to": "ana@example.org", "letter": {"template": "reset", "path": "/reset/secret"}},
                run_at=now(),
                attempts=MAX_ATTEMPTS,
                dead_at=now(),
                error=error,
                **columns,
            )
            session.add(job)
            session.flush()
            return job.id

    return fail


@pytest.fixture
def job(database):
    def job(number):
        with database.reading() as session:
            return session.get(Job, number)

    return job


def test_a_failure_is_told_in_plain_words_and_nothing_private_with_it(browser, admin, fail):
    fail()
    page = browser.sign_in(admin).get("/admin/jobs/failed").text

    assert "Send a letter" in page
    assert "The mail server did not take the letter for this address." in page
    for private in ("ana@example.org", "/reset/secret"):
        assert private not in page
    assert "left out" in page
    assert "Send a letter" in browser.get("/admin/jobs").text


def test_words_leave_out_what_may_be_private():
    assert technical("ValueError('porch_0123456789abcdefghijklmnopqrstuvwxyz of ana.b+c@example.org')") == (
        "ValueError('… of …@…')"
    )
    assert len(technical("x y " * 500)) == 300
    assert payload_words({"tag_id": 5, "name": "Ana", "kind": "answer", "ids": [1, 2], "deep": {"a": 1}}) == [
        ("tag_id", "5"),
        ("name", "left out"),
        ("kind", "answer"),
        ("ids", "2 numbers"),
        ("deep", "left out"),
    ]
    assert "does not know" in fault_words("gone", "KeyError('gone')", frozenset({"mail"}))
    assert "Nobody answered" in fault_words("mail", "ConnectionRefusedError(111, 'x')", frozenset({"mail"}))
    assert "The program failed" in fault_words("mail", None, frozenset({"mail"}))


def test_a_dead_job_is_tried_again_and_done(browser, admin, fail, job, site, heard):
    number = fail("changes.forget", "ZeroDivisionError()", {})
    page = browser.sign_in(admin).post(f"/admin/jobs/{number}/retry")

    assert "The job is tried again." in page.text
    assert job(number).dead_at is None
    Workshop(site.database, site.jobs).drain()
    assert job(number).done_at is not None
    assert "no longer among those that failed" in browser.post(f"/admin/jobs/{number}/retry").text
    assert browser.post("/admin/jobs/99999/retry").status_code == 404


def test_all_of_a_kind_are_tried_again_and_no_others(browser, admin, fail, job, database):
    mails, other = [fail() for _ in range(3)], fail("search.tag")
    aside = fail(discarded_at=now())
    page = browser.sign_in(admin).post("/admin/jobs/retry", {"kind": "mail"})

    assert "3 jobs are tried again." in page.text
    assert all(job(number).dead_at is None for number in mails)
    assert job(other).dead_at
    assert job(aside).dead_at
    assert browser.post("/admin/jobs/retry", {"kind": ""}).status_code == 422
    with database.reading() as session:
        assert session.scalars(text("SELECT action FROM audit_entries")).all() == ["JobsRetried"]
    assert "Failed jobs tried again" in browser.get("/moderation/log").text


def test_a_discarded_job_can_be_tried_again_for_thirty_days(browser, admin, fail, job, site, database):
    number = fail()
    page = browser.sign_in(admin).post(f"/admin/jobs/{number}/discard")
    assert "put aside" in page.text
    assert "Nothing failed" in browser.get("/admin/jobs/failed").text
    listed = browser.get("/admin/jobs/failed?state=discarded").text
    assert f'action="/admin/jobs/{number}/retry"' in listed
    assert "1 job that was put aside" in browser.get("/admin/jobs").text
    browser.post(f"/admin/jobs/{number}/retry")
    assert (job(number).dead_at, job(number).discarded_at) == (None, None)

    young, old = fail(discarded_at=now() - timedelta(days=29)), fail(discarded_at=now() - timedelta(days=31))
    with database.writing() as session:
        enqueue(session, APPLY, {})
    Workshop(site.database, site.jobs).drain()
    assert job(young) is not None
    assert job(old) is None


def test_pressed_by_two_at_once_a_job_is_tried_again_once(database, make, admin, fail):
    number, second, together = fail(), make.admin("second"), threading.Barrier(2)

    def press(actor):
        together.wait()
        with database.writing() as session:
            return retry_job(session, actor, number)

    with ThreadPoolExecutor(2) as threads:
        ends = list(threads.map(press, (make.actor(admin), make.actor(second))))

    assert sorted(ends) == [False, True]
    with database.writing() as session:
        assert retry_kind(session, make.actor(admin), "mail") == 0
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(text("audit_entries"))) == 1


def test_what_waits_runs_and_was_done_is_listed(browser, admin, site, database):
    with database.writing() as session:
        enqueue(session, "notifications.followers", {"thread_id": 1})
        enqueue(session, "search.tag", {"tag_id": 1})
        enqueue(session, "changes.forget", {})
        session.flush()
        leased = {"leased_by": "host:1", "leased_until": now() + timedelta(minutes=5)}
        session.execute(update(Job).where(Job.kind == "search.tag").values(leased))
        session.execute(update(Job).where(Job.kind == "changes.forget").values(done_at=now()))
    page = browser.sign_in(admin).get("/admin/jobs").text

    assert "Tell followers" in page
    assert "running" in page
    assert "host:1" in page
    assert "Done lately" in page
    assert "No worker runs" in page
    Workshop(site.database, site.jobs).beat()
    page = browser.get("/admin/jobs").text
    assert "A worker is at it." in page
    assert "Forget what moved long ago" in page
    with database.writing() as session:
        session.execute(update(Worker).values(seen_at=now() - timedelta(minutes=5)))
    assert "No worker has said that it lives since" in browser.get("/admin/jobs").text


def test_only_admins_know_these_pages(browser, make, fail, job):
    number = fail()
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        browser.sign_in(make.account(**columns))
        assert browser.get("/admin/jobs").status_code == browser.get("/admin/jobs/failed").status_code == 403
        for act in (f"{number}/retry", f"{number}/discard", "retry"):
            assert browser.post(f"/admin/jobs/{act}", {"kind": "mail"}).status_code == 403

    assert job(number).dead_at is not None


def test_more_jobs_cost_no_more_queries_and_long_lists_are_paged(browser, admin, fail, queries):
    browser.sign_in(admin)
    fail()
    counts = []
    for _ in range(2):
        for path in ("/admin/jobs", "/admin/jobs/failed"):
            browser.get(path)
            with queries() as asked:
                browser.get(path)
            counts.append(len(asked))
        for _ in range(31):
            fail()

    assert counts[:2] == counts[2:]
    assert "before=" in browser.get("/admin/jobs/failed").text
