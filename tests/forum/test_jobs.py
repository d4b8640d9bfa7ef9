"""Work done later: once, even when the worker dies; again, when it failed; never for good, when it cannot."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError

from forum import clock
from forum.clock import now
from forum.jobs import MAX_ATTEMPTS, Job, Jobs, Worker, Workshop, enqueue
from forum.options import option, set_option

KILLED_HALFWAY = """
import sys, time
from datetime import timedelta
from forum.db import Database
from forum.jobs import Jobs, Workshop
from forum.options import option, set_option

def count(session, payload):
    set_option(session, "count", option(session, "count", 0) + 1)
    session.flush()
    print("halfway", flush=True)
    time.sleep(60)

jobs = Jobs()
jobs.does("count", count)
Workshop(Database(sys.argv[1]), jobs, lease=timedelta(seconds=1)).work_one()
"""


@pytest.fixture
def jobs() -> Jobs:
    jobs = Jobs()
    jobs.does("count", lambda session, _payload: set_option(session, "count", option(session, "count", 0) + 1))
    return jobs


@pytest.fixture
def workshop(database, jobs) -> Workshop:
    return Workshop(database, jobs, lease=timedelta(seconds=1))


def counted(database) -> int:
    with database.reading() as session:
        return option(session, "count", 0)


def queue(database, kind="count", **options) -> None:
    with database.writing() as session:
        enqueue(session, kind, {}, **options)


def test_a_job_exists_exactly_when_its_act_was_committed(database, workshop):
    def refused(session):
        enqueue(session, "count", {})
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.write(refused)
    assert workshop.drain() == 0

    queue(database)
    assert workshop.drain() == 1
    assert counted(database) == 1


def test_the_same_key_is_queued_once(database, workshop):
    queue(database, key="welcome:7")
    queue(database, key="welcome:7")
    workshop.drain()
    queue(database, key="welcome:7")

    assert workshop.drain() == 0
    assert counted(database) == 1


def test_a_killed_workers_job_runs_again_and_its_effect_is_single(database, database_url, workshop):
    queue(database)
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED_HALFWAY, database_url],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "halfway\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()

    assert counted(database) == 0
    deadline = time.monotonic() + 20
    while counted(database) == 0 and time.monotonic() < deadline:
        workshop.drain()
        time.sleep(0.05)
    assert counted(database) == 1
    assert workshop.drain() == 0


def test_two_workers_do_each_job_once(database, jobs):
    def count_own(session, payload):
        name = f"job-{payload['number']}"
        set_option(session, name, option(session, name, 0) + 1)

    jobs.does("count own", count_own)
    with database.writing() as session:
        for number in range(30):
            enqueue(session, "count own", {"number": number})
    workers = [threading.Thread(target=Workshop(database, jobs).drain) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    with database.reading() as session:
        assert [option(session, f"job-{number}", 0) for number in range(30)] == [1] * 30


def test_a_failed_job_waits_longer_each_time_and_then_is_a_dead_letter(database, jobs, workshop):
    def refuse(_session, _payload):
        raise ValueError("no such address")

    jobs.does("refuse", refuse)
    queue(database, "refuse")
    moment, pauses = now(), []
    for _ in range(MAX_ATTEMPTS):
        with clock.at(moment):
            assert workshop.work_one()
        with database.reading() as session:
            job = session.scalars(select(Job)).one()
        pauses.append(job.run_at - moment)
        moment = job.run_at + timedelta(seconds=1)

    with clock.at(moment + timedelta(days=1)):
        assert not workshop.work_one()
    assert job.dead_at is not None
    assert "no such address" in job.error
    assert pauses[0] < timedelta(seconds=10)
    assert pauses[3] > pauses[1] * 3


def test_what_a_failing_job_wrote_is_undone(database, jobs, workshop):
    def write_then_fail(session, _payload):
        set_option(session, "count", 99)
        session.flush()
        raise ValueError

    jobs.does("fail", write_then_fail)
    queue(database, "fail")
    workshop.work_one()

    assert counted(database) == 0


def test_a_worker_whose_lease_was_lost_does_not_settle_anothers_work(database, jobs):
    slow, quick = Workshop(database, jobs, lease=timedelta(seconds=-1)), Workshop(database, jobs)
    slow.name, quick.name = "slow", "quick"
    queue(database)
    with database.writing() as session:
        task = slow._lease(session)
    assert task is not None
    quick.drain()
    with database.writing() as session:
        slow._do(session, task)

    assert counted(database) == 1


def test_a_job_for_later_waits(database, workshop):
    queue(database, run_at=now() + timedelta(hours=1))

    assert workshop.drain() == 0
    with clock.at(now() + timedelta(hours=2)):
        assert workshop.drain() == 1


def test_the_clock_queues_a_turn_once_however_many_workers_there_are(database, jobs):
    jobs.every("0 * * * *", "hourly", lambda session, _payload: jobs.transactional["count"](session, {}))
    one, two = Workshop(database, jobs), Workshop(database, jobs)
    start = now().replace(minute=0, second=5, microsecond=0)
    for seconds in (0, 11, 22):
        with clock.at(start + timedelta(seconds=seconds)):
            one.beat()
            two.beat()
            one.drain()

    assert counted(database) == 1
    with clock.at(start + timedelta(hours=1)):
        one.beat()
        one.drain()
    assert counted(database) == 2


def test_a_turn_missed_while_no_worker_ran_is_caught_up_once(database, jobs):
    jobs.every("0 3 * * *", "nightly", lambda session, _payload: jobs.transactional["count"](session, {}))
    start = now().replace(hour=2, minute=0, second=0, microsecond=0)
    with clock.at(start):
        before = Workshop(database, jobs)
        before.beat()
        before.drain()
    assert counted(database) == 1
    with clock.at(start + timedelta(days=3)):
        later = Workshop(database, jobs)
        later.beat()
        later.drain()

    assert counted(database) == 2


def test_workers_say_that_they_live_and_leave_cleanly(database, jobs):
    stop = threading.Event()
    thread = threading.Thread(target=Workshop(database, jobs).run, args=(stop,))
    thread.start()
    deadline = time.monotonic() + 60
    seen = 0
    while not seen and time.monotonic() < deadline:
        with database.reading() as session:
            seen = session.scalar(select(func.count()).select_from(Worker))
    stop.set()
    thread.join(60)

    assert seen == 1
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM workers")).scalar_one() == 0


def test_what_an_outage_kept_from_being_done_does_not_count_as_a_failure(database, jobs, workshop):
    def no_room(_task):
        raise OSError(errno.ENOSPC, "No space left on device")

    jobs.sends("letter", no_room)
    queue(database, "letter")
    queue(database)
    for _ in range(MAX_ATTEMPTS + 1):
        with pytest.raises(OSError):
            workshop.work_one()
        with database.writing() as session:
            session.execute(update(Job).where(Job.kind == "letter").values(run_at=now() - timedelta(hours=1)))
    with database.reading() as session:
        letter = session.scalars(select(Job).where(Job.kind == "letter")).one()
    assert (letter.attempts, letter.dead_at, letter.leased_until) == (0, None, None)


def test_a_job_whose_lease_was_made_and_never_heard_of_is_not_left_to_wait_for_its_end(database, jobs, monkeypatch):
    monkeypatch.setattr("forum.jobs.AGAIN", 0.01)
    done, stop = [], threading.Event()

    def effect(_session, payload):
        done.append(payload)
        stop.set()

    jobs.does("effect", effect)
    queue(database, "effect")
    workshop, write, lost = Workshop(database, jobs), database.write, [True]

    def losing_a_reply(work):
        result = write(work)
        if result is not None and lost:  # the lease is committed, and its worker told nothing
            lost.clear()
            raise OperationalError("COMMIT", {}, ConnectionError("the server closed the connection"))
        return result

    monkeypatch.setattr(database, "write", losing_a_reply)
    threading.Timer(20, stop.set).start()
    workshop.run(stop)
    assert len(done) == 1


def test_a_letter_that_cannot_be_written_does_not_hold_up_other_work(database, jobs, workshop):
    def no_room(_task):
        raise OSError(errno.ENOSPC, "No space left on device")

    jobs.sends("letter", no_room)
    queue(database, "letter")
    queue(database)
    with pytest.raises(OSError):
        workshop.work_one()

    assert workshop.work_one()
    assert counted(database) == 1


def test_a_clock_set_back_does_not_silence_the_worker(database, workshop):
    workshop.beat()
    an_hour_ago = now() - timedelta(hours=1)
    with clock.at(an_hour_ago):
        workshop.beat()

    with database.reading() as session:
        assert session.scalars(select(Worker.seen_at)).one() == an_hour_ago


def test_a_clock_set_back_holds_up_no_work_and_repeats_none(database, jobs):
    jobs.every("* * * * *", "round", lambda session, _payload: None)
    workshop = Workshop(database, jobs)
    workshop.beat()
    queue(database)
    workshop.drain()
    queue(database)
    queue(database, run_at=now() + timedelta(minutes=5))
    with clock.at(now() - timedelta(hours=1)):
        other = Workshop(database, jobs)
        other.beat()
        other.drain()

    assert counted(database) == 2, "what was wanted at once is done; what was wanted later waits"
    with database.reading() as session:
        keys = session.scalars(select(Job.key).where(Job.kind == "round")).all()
    assert len(keys) == len(set(keys)) == 2


def test_a_lease_given_before_the_clock_was_set_back_ends(database, workshop):
    queue(database)
    assert workshop.database.write(workshop._lease) is not None
    with clock.at(now() - timedelta(hours=1)):
        assert Workshop(database, workshop.jobs, lease=timedelta(seconds=1)).drain() == 1

    assert counted(database) == 1
