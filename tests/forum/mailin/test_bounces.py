"""Letters that come back: counted once, by the same way as all mail, and never taken for a reply."""

from __future__ import annotations

import json
import tarfile
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from forum.bounces import BouncedAddress
from forum.mail import message_id
from forum.mailin.automatic import BOUNCE, why_automatic
from forum.mailin.models import InboundMail, MailedReply, MailState
from forum.mailin.reading import parse
from forum.threads.models import Answer, Comment
from tests.forum.mailin.postbox import DOMAIN, mail
from tests.forum.test_bounces import DSN
from tests.mailing import mail_of
from tests.shared_data import shared


def dsn(settings, *, status="5.2.2", name="job-7"):
    return DSN.format(action="failed", status=status, message_id=message_id(settings, name)).encode()


def failures(database):
    with database.reading() as session:
        return session.scalars(select(BouncedAddress.failures)).all()


def states(database):
    with database.reading() as session:
        return session.scalars(select(InboundMail.state).order_by(InboundMail.id)).all()


def test_a_letter_that_came_back_twice_counts_once(postbox, settings, database):
    for number in range(2):
        raw = f"Received: by mx{number}.example.org\r\nX-Spam-Score: {number}\r\n".encode() + dsn(settings)
        postbox.take("", f"bounces@{DOMAIN}", raw)

    assert failures(database) == [1]
    assert states(database) == [MailState.DONE]


def test_two_letters_that_came_back_count_as_two(postbox, settings, database):
    for name in ("job-7", "job-8"):
        postbox.take("", f"bounces@{DOMAIN}", dsn(settings, name=name))

    assert failures(database) == [2]


def test_what_comes_back_to_an_address_for_replies_counts_too(postbox, settings, database, make, thread, address):
    bo = make.account("bo")
    postbox.take("", address(bo, thread), dsn(settings))

    assert failures(database) == [1]
    assert mail_of(postbox.site) == []


def test_a_forged_one_counts_for_nothing(postbox, settings, database):
    raw = DSN.format(action="failed", status="5.1.1", message_id="<job-7.0123456789ab@testserver>").encode()
    postbox.take("", f"bounces@{DOMAIN}", raw)

    assert failures(database) == []
    assert states(database) == [MailState.IGNORED]


def test_what_a_person_writes_there_is_read_by_nobody(postbox, database):
    postbox.take(
        "bo@example.org", f"bounces@{DOMAIN}", mail("bo@example.org", f"bounces@{DOMAIN}", "Is anybody there?")
    )

    assert states(database) == [MailState.IGNORED]
    assert mail_of(postbox.site) == []


NO_BOUNCES = {"groupwise_03.txt": "a person's own mail, put among the samples because it is no bounce"}
"""Of the samples those that are not told from a person's mail by their form, each with the reason."""


def samples():
    with tarfile.open(shared("email-bounces.tar.xz")) as files:
        names = {name.removeprefix("./"): name for name in files.getnames()}
        expected = json.load(files.extractfile(names["expected.json"]))
        return [(one, files.extractfile(names[one["file"]]).read()) for one in expected]


def test_no_real_bounce_is_taken_for_a_reply(settings):
    """Were it sent with a sender on the envelope, which the standard forbids and old servers do."""
    found = samples()
    assert len(found) >= 116
    taken = {}
    for one, raw in found:
        message, written_from = parse(raw)
        if why_automatic(settings, message, "somebody@example.org", written_from) is None:
            taken[one["file"].rpartition("/")[2]] = (written_from, message["Subject"])

    assert set(taken) == set(NO_BOUNCES), taken


def test_all_real_bounces_change_nothing_by_mail(postbox, database, settings, make, thread, address):
    bo = make.account("bo")
    for _one, raw in samples()[::6]:
        postbox.take("", address(bo, thread), raw)
        postbox.take("", f"bounces@{DOMAIN}", raw)

    with database.reading() as session:
        for model in (Answer, Comment, MailedReply, BouncedAddress):
            assert session.scalars(select(model)).all() == []
    assert set(states(database)) == {MailState.IGNORED}
    assert mail_of(postbox.site) == []


@pytest.mark.parametrize("sender", ["", "MAILER-DAEMON@mx.example.org"])
def test_the_envelope_alone_tells_a_bounce(settings, sender):
    message = message_from_bytes(b"From: bo@example.org\nSubject: Hm\n\nHm", policy=policy.compat32)

    assert why_automatic(settings, message, sender, "bo@example.org") == BOUNCE
