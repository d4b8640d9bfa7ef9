"""Sanctions: what they stop, what they leave, who may impose and lift them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forum.access import WRITING, Privilege
from forum.accounts.models import Account
from forum.clock import at, now
from forum.errors import Conflict, Forbidden, Invalid
from forum.events.moderation import AccountSanctioned, SanctionKind, SanctionLifted
from moderation.sanctions.actions import impose, lift


@pytest.fixture
def person(bench):
    return bench.member(reputation=5000)


@pytest.fixture
def sanction(bench):
    def imposing(by, person, kind=SanctionKind.SILENCE, days=7, message="Calm down"):
        actor = bench.actor(by)
        until = now() + timedelta(days=days) if days is not None else None
        return bench.database.write(
            lambda session: impose(session, actor, person.id, kind, message=message, until=until)
        )

    return imposing


def lifting(bench, by, row):
    actor = bench.actor(by)
    bench.database.write(lambda session: lift(session, actor, row.id))


OPINIONS = {Privilege.VOTE_UP, Privilege.VOTE_DOWN, Privilege.FLAG}


@pytest.mark.parametrize(("kind", "left"), [(SanctionKind.SILENCE, OPINIONS), (SanctionKind.SUSPEND, set())])
def test_it_stops_public_writing_until_its_end_and_nothing_else(bench, person, moderator, sanction, kind, left):
    before = bench.actor(person).privileges
    assert before >= WRITING
    sanction(moderator, person, kind)

    assert bench.actor(person).privileges == before - (WRITING - left)
    assert bench.actor(person).can(Privilege.FLAG_PRIVATE)
    with at(now() + timedelta(days=8)):
        assert bench.actor(person).privileges == before


def test_a_suspension_stands_out_on_the_profile_for_moderators_only(bench, browser, person, moderator, sanction):
    sanction(moderator, person, SanctionKind.SUSPEND, days=None)
    path = f"/people/{person.handle}"
    assert "Suspended until it is lifted." in browser.sign_in(moderator).get(path).text
    assert "Suspended until" not in browser.sign_in(bench.member()).get(path).text


def test_the_form_says_what_tells_them_apart(browser, person, moderator):
    text = browser.sign_in(moderator).get(f"/moderation/people/{person.id}").text
    assert "no asking, answering, commenting or editing" in text
    assert "no voting and flagging either" in text


def test_a_warning_stops_nothing(bench, person, moderator, sanction):
    sanction(moderator, person, SanctionKind.WARN)
    assert bench.actor(person).privileges >= WRITING


def test_without_an_end_it_lasts_until_it_is_lifted(bench, person, moderator, sanction, heard):
    row = sanction(moderator, person, days=None)
    with at(now() + timedelta(days=4000)):
        assert not bench.actor(person).can(Privilege.ASK)
    lifting(bench, moderator, row)
    assert bench.actor(person).can(Privilege.ASK)
    acts = [type(event) for event in heard if isinstance(event, (AccountSanctioned, SanctionLifted))]
    assert acts == [AccountSanctioned, SanctionLifted]


def test_lifting_one_leaves_a_longer_one_standing(bench, database, person, moderator, sanction):
    short, long = sanction(moderator, person, days=1), sanction(moderator, person, days=30)
    lifting(bench, moderator, long)
    with database.reading() as session:
        assert session.get_one(Account, person.id).silenced_until == short.until


def test_it_is_lifted_once(bench, person, moderator, sanction):
    row = sanction(moderator, person)
    lifting(bench, moderator, row)
    with pytest.raises(Conflict):
        lifting(bench, moderator, row)


def test_nobody_sanctions_themselves_or_without_the_right(bench, person, moderator, sanction):
    with pytest.raises(Forbidden):
        sanction(moderator, moderator)
    with pytest.raises(Forbidden):
        sanction(person, moderator)


def test_only_an_admin_sanctions_staff_and_nobody_an_admin(make, moderator, sanction):
    staff, admin = make.staff(), make.admin()
    with pytest.raises(Forbidden):
        sanction(moderator, staff)
    with pytest.raises(Forbidden):
        sanction(make.admin(), admin)
    sanction(admin, staff)


@pytest.mark.parametrize(("days", "message", "field"), [(7, " ", "message"), (-1, "Why", "days")])
def test_what_it_lacks_is_said_beside_its_field(person, moderator, sanction, days, message, field):
    with pytest.raises(Invalid) as refusal:
        sanction(moderator, person, days=days, message=message)
    assert list(refusal.value.fields) == [field]
