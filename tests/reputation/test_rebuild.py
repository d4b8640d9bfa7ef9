"""Proving the ledger, repairing the figure beside it, and what the database itself refuses."""

from __future__ import annotations

import pytest
import structlog
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from typer.testing import CliRunner

from forum.accounts.models import Account
from forum.cli import main
from forum.votes.actions import cast_vote
from forum.votes.models import Vote
from reputation.ledger import rebuild
from reputation.ledger.models import LedgerEntry, Rule
from tests.conftest import SECRET


@pytest.fixture
def porchlight(settings, monkeypatch):
    """The command, on the test's own database; its logger is forgotten with its output."""
    monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PORCHLIGHT_VAR", str(settings.var))
    monkeypatch.setenv("PORCHLIGHT_SECRET", SECRET)
    yield lambda *arguments: CliRunner().invoke(main, list(arguments))
    structlog.reset_defaults()


@pytest.fixture
def voted(session, voter, on_answer):
    cast_vote(session, voter, on_answer, 1)
    session.commit()


@pytest.mark.usefixtures("voted")
def test_the_command_says_that_all_is_well(porchlight):
    result = porchlight("rebuild-reputation", "--check")

    assert result.exit_code == 0
    assert "agrees" in result.output


@pytest.mark.usefixtures("voted")
def test_a_wrong_figure_is_found_and_repaired(porchlight, database, asker):
    with database.writing() as session:
        session.get_one(Account, asker.id).reputation = 77

    checked = porchlight("rebuild-reputation", "--check")
    assert checked.exit_code == 1
    assert "@ana: shows 77, the ledger says 1" in checked.output

    assert porchlight("rebuild-reputation").exit_code == 0
    assert porchlight("rebuild-reputation", "--check").exit_code == 0
    with database.reading() as session:
        assert session.get_one(Account, asker.id).reputation == 1


@pytest.mark.usefixtures("voted")
def test_a_vote_that_was_never_paid_is_found(porchlight, make, database, on_answer):
    stranger = make.account()
    with database.writing() as session:
        session.add(Vote(account_id=stranger.id, post_kind=on_answer.kind, post_id=on_answer.id, value=1))

    checked = porchlight("rebuild-reputation", "--check")

    assert checked.exit_code == 1
    assert "is due, and not in the ledger" in checked.output


@pytest.mark.usefixtures("voted")
def test_pay_for_a_vote_that_is_gone_is_found(porchlight, database):
    with database.writing() as session:
        session.execute(delete(Vote))

    checked = porchlight("rebuild-reputation", "--check")

    assert checked.exit_code == 1
    assert "is in the ledger, and not due" in checked.output


@pytest.mark.usefixtures("voted")
def test_taking_back_more_than_was_applied_is_found(session):
    paid = session.scalars(select(LedgerEntry).filter_by(rule=Rule.ANSWER_UP)).one()
    session.add(_copy(paid, reverses_id=paid.id, points=-12))
    session.flush()

    assert any("10 had been applied" in one.found for one in rebuild.check(session))


@pytest.mark.usefixtures("voted")
@pytest.mark.parametrize("act", [update(LedgerEntry).values(points=5), delete(LedgerEntry)])
def test_the_database_refuses_to_change_or_delete_an_entry(session, act):
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(act)


@pytest.mark.usefixtures("voted")
def test_the_database_refuses_to_pay_one_award_twice(session):
    paid = session.scalars(select(LedgerEntry).filter_by(rule=Rule.ANSWER_UP)).one()
    session.add(_copy(paid))

    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.usefixtures("voted")
def test_the_database_refuses_to_take_one_award_back_twice(session):
    paid = session.scalars(select(LedgerEntry).filter_by(rule=Rule.ANSWER_UP)).one()
    session.add_all([_copy(paid, reverses_id=paid.id, points=-10), _copy(paid, reverses_id=paid.id, points=-10)])

    with pytest.raises(IntegrityError):
        session.flush()


def test_the_triggers_are_there_at_the_head_of_the_history(session):
    if session.get_bind().dialect.name == "sqlite":
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        names = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"

    assert [name for name in session.scalars(text(names)) if name.startswith("ledger_entries")]


def _copy(entry: LedgerEntry, **changed: object) -> LedgerEntry:
    columns = {column.name: getattr(entry, column.name) for column in LedgerEntry.__table__.columns}
    return LedgerEntry(**(columns | {"id": None} | changed))
