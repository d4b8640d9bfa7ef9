"""The listener: whom it takes mail for, and that what it has acknowledged is kept."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from email import policy

import pytest
from sqlalchemy import func, select

from forum.jobs import Job, Workshop
from forum.mailin import receiving
from forum.mailin.models import InboundMail, MailState
from forum.threads.models import Answer
from tests.forum.mailin.postbox import DOMAIN, Postbox, mail


@pytest.fixture
def bo(make):
    return make.account("bo")


def refusal_of(postbox, to):
    with postbox.smtp() as line, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        line.sendmail("bo@example.org", [to], mail("bo@example.org", to, "Hello").as_bytes())
    return refused.value.recipients[to][0]


def kept(database):
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(InboundMail))


def test_it_is_no_open_relay(postbox, database):
    for to in (
        "ana@example.org",
        "ana@elsewhere.example",
        f"x@{DOMAIN}@elsewhere.example",
        f"x%elsewhere@sub.{DOMAIN}",
    ):
        assert refusal_of(postbox, to) in (550, 553), to
    assert kept(database) == 0


def test_an_address_that_nobody_gave_out_is_refused(postbox, database, make, thread, bo, address):
    good = address(bo, thread)
    local = good.partition("@")[0]
    other = address(make.account(), thread).partition("@")[0]
    forged = [
        "reply",
        "reply+",
        "somebody",
        local[:-1] + ("a" if local[-1] != "a" else "b"),
        local.replace(".t", ".a", 1),
        other.rpartition(".")[0] + "." + local.rpartition(".")[2],
        local.replace("+", "+1", 1),
    ]
    for name in forged:
        assert refusal_of(postbox, f"{name}@{DOMAIN}") == 550, name
    assert kept(database) == 0


def test_an_address_of_another_site_is_refused(postbox, settings, thread, bo):
    from forum.mailin.addresses import reply_address  # noqa: PLC0415
    from forum.posts import PostKind, PostRef  # noqa: PLC0415

    there = replace(settings, secret="another secret, as long as it has to be")
    foreign = reply_address(there, bo.id, PostRef(PostKind.THREAD, thread.id))

    assert refusal_of(postbox, foreign) == 550


def test_lmtp_says_what_became_of_a_mail_for_each_address(postbox, database, make, thread, bo, address):
    first, second = address(bo, thread), f"bounces@{DOMAIN}"
    with postbox.smtp(lmtp=True) as line:
        assert line.docmd("LHLO", "here")[0] == 250
        line.mail(bo.email)
        assert [line.rcpt(to)[0] for to in (first, "ana@example.org", second)] == [250, 550, 250]
        assert line.docmd("DATA")[0] == 354
        line.send(mail(bo.email, first, "By LMTP, then.").as_bytes(policy=policy.SMTP) + b".\r\n")
        assert [line.getreply()[0] for _ in range(2)] == [250, 250]
        # Were there one answer too few or too many, the next command would read a wrong one.
        assert line.docmd("NOOP")[1] == b"OK"
    assert kept(database) == 2


def test_a_mail_that_is_too_large_is_refused_at_once(site, settings, database, thread, bo, address):
    small = Postbox(replace_settings(site, replace(settings, inbound_max_mb=1)))
    to = address(bo, thread)
    try:
        with small.smtp() as line, pytest.raises(smtplib.SMTPException):
            line.sendmail(bo.email, [to], mail(bo.email, to, "word\n" * 300_000).as_bytes())
        with small.smtp() as line:  # one that does not say its size beforehand
            line.ehlo("here")
            line.mail(bo.email)
            line.rcpt(to)
            raw = mail(bo.email, to, "word\n" * 300_000).as_bytes(policy=policy.SMTP)
            assert line.data(raw)[0] == 552
    finally:
        small.close()
    assert kept(database) == 0


def replace_settings(site, settings):
    """The site with other settings, for its listener alone."""
    return replace(site, settings=settings)


def test_what_cannot_be_kept_is_not_acknowledged(postbox, database, monkeypatch, thread, bo, address):
    def fail(*_args):
        raise OSError("no room")

    monkeypatch.setattr(receiving, "keep_mail", fail)
    to = address(bo, thread)
    with postbox.smtp() as line, pytest.raises(smtplib.SMTPDataError) as refused:
        line.sendmail(bo.email, [to], mail(bo.email, to, "Hello there").as_bytes())

    assert refused.value.smtp_code == 451
    assert kept(database) == 0


def test_one_address_takes_so_many_an_hour(postbox, database, make, thread, bo, address):
    to = address(bo, thread)
    with postbox.smtp() as line:
        for number in range(60):
            line.sendmail(bo.email, [to], mail(bo.email, to, f"Number {number}").as_bytes())
    assert refusal_of(postbox, to) == 452
    assert kept(database) == 60


def test_too_many_at_once_are_sent_away_for_now(postbox, monkeypatch):
    monkeypatch.setattr(receiving, "MOST_AT_ONCE", 0)
    with socket.create_connection(("127.0.0.1", postbox.port)) as line:
        assert line.recv(100).startswith(b"421")


def test_a_hundred_copies_at_once_are_one(postbox, database, thread, bo, address):
    to = address(bo, thread)
    raw = mail(bo.email, to, "At the very same time.").as_bytes()

    def send():
        with postbox.smtp() as line:
            line.sendmail(bo.email, [to], raw)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    Workshop(database, postbox.site.jobs).drain()

    assert kept(database) == 1
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == 1


def test_two_workers_post_one_answer(postbox, database, site, thread, bo, address):
    to = address(bo, thread)
    with postbox.smtp() as line:
        line.sendmail(bo.email, [to], mail(bo.email, to, "Read by two at once.").as_bytes())
    with database.writing() as session:
        job = session.scalars(select(Job).where(Job.kind == "mailin.sort")).one()
        session.add(Job(kind=job.kind, payload=job.payload, run_at=job.run_at))
    workers = [threading.Thread(target=Workshop(database, site.jobs).drain) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == 1


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def listening(settings, port):
    """`porchlight mail-in` as a process of its own."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")},
        "PORCHLIGHT_DATABASE_URL": settings.database_url,
        "PORCHLIGHT_VAR": str(settings.var),
        "PORCHLIGHT_SECRET": settings.secret,
        "PORCHLIGHT_BASE_URL": settings.base_url,
        "PORCHLIGHT_INBOUND_DOMAIN": DOMAIN,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "forum", "mail-in", "--port", str(port)], env=env, stdout=subprocess.DEVNULL
    )
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process
        except OSError:
            assert process.poll() is None
            time.sleep(0.1)
    raise AssertionError("it does not listen")


def test_a_killed_listener_loses_nothing_that_it_accepted(settings, database, make, thread, bo, address):
    to, port = address(bo, thread), free_port()
    accepted, lock = [], threading.Lock()
    stop = threading.Event()

    def send(sender):
        number = 0
        while not stop.is_set():
            name = f"{sender}-{number}"
            try:
                with smtplib.SMTP("127.0.0.1", port, timeout=5) as line:
                    raw = mail(bo.email, f"bounces@{DOMAIN}", f"Number {name}", X_Name=name).as_bytes()
                    line.sendmail(bo.email, [f"bounces@{DOMAIN}"], raw)
                    with lock:
                        accepted.append(name)
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)
            number += 1

    assert to
    process = listening(settings, port)
    senders = [threading.Thread(target=send, args=(number,)) for number in range(3)]
    for one in senders:
        one.start()
    try:
        for _ in range(3):
            time.sleep(0.7)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            process = listening(settings, port)
        time.sleep(0.3)
    finally:
        stop.set()
        for one in senders:
            one.join()
        process.terminate()
        assert process.wait(10) == 0
    with database.reading() as session:
        raws = session.scalars(select(InboundMail.raw)).all()
    there = {name for raw in raws for name in accepted if f"X-Name: {name}\n".encode() in raw.replace(b"\r\n", b"\n")}

    assert len(accepted) > 10
    assert there == set(accepted)


def test_without_its_setting_it_says_what_is_missing(settings):
    env = {**os.environ, "PORCHLIGHT_VAR": str(settings.var)}
    done = subprocess.run(
        [sys.executable, "-m", "forum", "mail-in"], env=env, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "PORCHLIGHT_INBOUND_DOMAIN" in done.stderr


def test_mail_that_fails_is_tried_again_and_then_stands_among_the_dead(
    postbox, database, site, monkeypatch, thread, bo, address
):
    to = address(bo, thread)

    def fail(*_args):
        raise ValueError("a fault of the program")

    monkeypatch.setattr("forum.mailin.replies.reading.read", fail)
    postbox.take(bo.email, to, mail(bo.email, to, "Hello there, once more."))
    with database.reading() as session:
        job = session.scalars(select(Job).where(Job.kind == "mailin.sort")).one()
        assert (job.attempts, job.done_at) == (1, None)
        assert session.scalars(select(InboundMail.state)).one() is MailState.WAITING
