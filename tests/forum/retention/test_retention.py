"""How long what is kept: each rule lets go of what is older, and of nothing else."""

from __future__ import annotations

import os
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from forum.accounts.factors.models import Ceremony, PasskeyChallenge, SignInStep
from forum.accounts.models import (
    AccountSession,
    AccountToken,
    ApiToken,
    KnownDevice,
    ParkedPost,
    SecurityEvent,
    SecurityKind,
    TokenPurpose,
)
from forum.accounts.oidc.models import ProviderArrival, ProviderTrip, Purpose
from forum.bounces import BouncedAddress
from forum.clock import now
from forum.erasures.models import ErasureRequest
from forum.exports.models import DataExport
from forum.importers.models import ImportRun, ImportSource
from forum.jobs import Job, Workshop, enqueue
from forum.notifications.models import Digest, Notification
from forum.retention import rules as rules_module
from forum.retention.actions import APPLY
from forum.retention.models import RetentionRun
from forum.retention.rules import RULES
from forum.uploads.models import FileSweep
from forum.web.api.replays import KeptReply
from moderation.audit import keeping as audit_keeping
from moderation.audit.models import AuditCheck


@pytest.fixture
def apply(database, site):
    def run() -> None:
        with database.writing() as session:
            enqueue(session, APPLY, {})
        Workshop(database, site.jobs).drain()

    return run


def rows(account_id: int, age: timedelta) -> dict[str, object]:
    """One row for each rule, as old as is said since what its rule counts from."""
    then = now() - age
    tag = str(int(age.total_seconds()))
    later = now() + timedelta(days=9)
    return {
        "addresses": AccountSession(
            account_id=account_id, token_hash=f"a{tag}", address="192.0.2.1", created_at=then, expires_at=later
        ),
        "sign_in_steps": SignInStep(account_id=account_id, token_hash=f"i{tag}", remembered=False, expires_at=then),
        "passkey_challenges": PasskeyChallenge(
            ceremony=Ceremony.SIGN_IN, token_hash=f"c{tag}", challenge="x", expires_at=then
        ),
        "provider_trips": ProviderTrip(
            purpose=Purpose.SIGN_IN, browser_hash="b", state_hash=f"r{tag}", nonce="n", verifier="v", expires_at=then
        ),
        "provider_arrivals": ProviderArrival(
            token_hash=f"v{tag}",
            issuer="https://id.example",
            subject="s",
            email="",
            verified=False,
            handle="h",
            display_name="d",
            next="/",
            remembered=True,
            expires_at=then,
        ),
        "known_devices": KnownDevice(account_id=account_id, token_hash=f"d{tag}", last_seen_at=then),
        "security_events": SecurityEvent(account_id=account_id, kind=SecurityKind.CODE_USED, created_at=then),
        "file_sweeps": FileSweep(at=then),
        "discarded_jobs": Job(kind="x", payload={}, run_at=then, dead_at=then, discarded_at=then),
        "audit_checks": AuditCheck(asked_by_id=account_id, asked_at=then, previous_hash="x"),
        "sessions": AccountSession(account_id=account_id, token_hash=f"s{tag}", expires_at=then),
        "tokens": AccountToken(
            account_id=account_id,
            purpose=TokenPurpose.VERIFY_EMAIL,
            token_hash=f"t{tag}",
            email="a@b.example",
            expires_at=then,
        ),
        "api_tokens": ApiToken(account_id=account_id, name="x", token_hash=f"p{tag}", scopes=[], revoked_at=then),
        "parked_posts": ParkedPost(
            account_id=account_id, token_hash=f"k{tag}", path="/ask", fields={}, created_at=then, expires_at=later
        ),
        "notifications": Notification(account_id=account_id, kind="mention", read_at=then),
        "letters": Job(
            kind="mail", payload={"to": "a@b.example"}, run_at=then, done_at=then, leased_by="here", key=f"l{tag}"
        ),
        "digests": Digest(account_id=account_id, day=date.fromordinal(int(tag) // 60), since=then, until=then),
        "refused_mail": BouncedAddress(address=f"{tag}@b.example", failures=1, last_at=then, stopped_at=then),
        "dead_jobs": Job(kind="x", payload={}, run_at=then, dead_at=then),
        "replies": KeptReply(account_id=account_id, key=f"r{tag}", digest="d", created_at=then),
        "archive_records": DataExport(account_id=account_id, asked_by_id=account_id, asked_at=then),
        "erasures": ErasureRequest(account_id=account_id, asked_by_id=account_id, due_at=then, withdrawn_at=then),
    }


GONE = {
    "addresses": lambda row: row.address == "",
    "letters": lambda row: row.payload == {} and row.key is not None,
}


EVERY = (*RULES, audit_keeping.RULE)
ELSEWHERE = {"letter_files", "archives", "import_runs"}


@pytest.mark.parametrize("rule", [rule.name for rule in EVERY if rule.name not in ELSEWHERE])
def test_what_is_older_goes_and_what_is_younger_stays(rule, make, database, apply):
    days = next(one.days for one in EVERY if one.name == rule)
    account = make.account("ana")
    old = rows(account.id, timedelta(days=days, minutes=1))[rule]
    young = rows(account.id, timedelta(days=days, minutes=-1))[rule]
    with database.writing() as session:
        session.add_all([old, young])
    apply()

    with database.reading() as session:
        left = [session.get(type(one), _key(one)) for one in (old, young)]
        run = session.get_one(RetentionRun, rule)
    gone = GONE.get(rule, lambda row: row is None)
    assert gone(left[0])
    assert left[1] is not None
    assert not gone(left[1])
    assert run.count == 1


def _key(row):
    return tuple(getattr(row, column.name) for column in type(row).__table__.primary_key.columns)


def test_the_address_of_what_happened_to_an_account_goes_before_it_does(make, database, apply):
    account = make.account("ana")
    event = {"account_id": account.id, "kind": SecurityKind.CODE_USED, "address": "192.0.2.1"}
    with database.writing() as session:
        session.add_all(SecurityEvent(**event, created_at=now() - timedelta(days=days)) for days in (29, 31))
    apply()

    with database.reading() as session:
        assert session.scalars(select(SecurityEvent.address).order_by(SecurityEvent.id)).all() == ["192.0.2.1", ""]


def test_of_failed_letters_the_words_stay_while_they_can_be_tried_again(database, apply):
    failed = {"kind": "mail", "payload": {"to": "a@b.example"}, "run_at": now(), "leased_by": "here"}
    with database.writing() as session:
        session.add(Job(**failed, dead_at=now() - timedelta(days=59)))
        session.add(Job(**failed, dead_at=now() - timedelta(days=61)))
    apply()

    with database.reading() as session:
        assert session.scalars(select(Job.payload).where(Job.kind == "mail")).all() == [{"to": "a@b.example"}]


def test_the_last_import_of_each_site_stays(database, apply):
    with database.writing() as session:
        old, other = ImportSource(name="old.example"), ImportSource(name="other.example")
        session.add_all([old, other])
        session.flush()
        for source, days in ((old, 500), (old, 400), (other, 600)):
            then = now() - timedelta(days=days)
            times = {"started_at": then, "seen_at": then, "ended_at": then}
            session.add(ImportRun(source_id=source.id, format="stackexchange", report={}, **times))
            session.flush()
        first, *last = session.scalars(select(ImportRun.id).order_by(ImportRun.id)).all()
    apply()

    with database.reading() as session:
        assert session.scalars(select(ImportRun.id).order_by(ImportRun.id)).all() == last
        assert session.get(ImportRun, first) is None


def test_letters_in_a_folder_go_by_their_age(site, apply):
    folder = site.settings.var / "mail"
    folder.mkdir()
    old, young = folder / "1.eml", folder / "2.eml"
    for file, days in ((old, 31), (young, 29)):
        file.write_text("Subject: Hello")
        moment = (now() - timedelta(days=days)).timestamp()
        os.utime(file, (moment, moment))
    apply()

    assert [file.name for file in folder.iterdir()] == ["2.eml"]


def test_more_than_a_batch_goes_all_the_same(make, database, apply, monkeypatch):
    from forum.retention import actions  # noqa: PLC0415

    monkeypatch.setattr(rules_module, "AT_ONCE", 2)
    monkeypatch.setattr(actions, "AT_ONCE", 2)
    account = make.account("ana")
    with database.writing() as session:
        session.add_all(
            [Notification(account_id=account.id, kind="mention", read_at=now() - timedelta(days=400)) for _ in range(5)]
        )
    apply()

    with database.reading() as session:
        assert session.scalars(select(Notification)).all() == []
        assert session.get_one(RetentionRun, "notifications").count == 5


def test_an_admin_changes_how_long_within_bounds_and_it_stands_in_the_log(browser, make, database, apply):
    account = make.account("ana")
    with database.writing() as session:
        session.add(Notification(account_id=account.id, kind="mention", read_at=now() - timedelta(days=100)))
    browser.sign_in(make.admin("root"))
    page = browser.get("/admin/retention").text
    assert "Notifications that were read" in page
    assert "Not applied yet" in page
    assert "changed" in browser.post("/admin/retention/notifications", {"days": "90"}).text
    apply()

    with database.reading() as session:
        assert session.scalars(select(Notification)).all() == []
    assert "Last applied" in browser.get("/admin/retention").text
    assert "How long something is kept changed" in browser.get("/moderation/log").text


@pytest.mark.parametrize("typed", ["29", "1096", "soon", "", "-1"])
def test_what_is_out_of_bounds_is_refused_beside_the_field(browser, make, typed):
    page = browser.sign_in(make.admin("root")).post("/admin/retention/notifications", {"days": typed})

    assert page.status_code == 422
    assert 'id="days-notifications-error"' in page.text
    assert f'value="{typed}"' in page.text


def test_only_admins_see_and_change_it(browser, make):
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        browser.sign_in(make.account(**columns))
        assert browser.get("/admin/retention").status_code == 403
        assert browser.post("/admin/retention/notifications", {"days": "90"}).status_code == 403
    assert browser.sign_in(make.admin("root")).post("/admin/retention/nothing", {"days": "90"}).status_code == 404


def test_each_rule_has_a_default_within_its_bounds_and_says_why():
    for rule in EVERY:
        assert rule.least <= rule.days <= rule.most
        assert str(rule.why)
    assert len({one.name for one in EVERY}) == len(EVERY)
