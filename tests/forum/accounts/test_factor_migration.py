"""The tables of second factors come and go beside people who are signed in."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import create_engine, text

from forum import schema
from forum.accounts.factors import recovery
from forum.accounts.models import AccountSession, SecurityKind, TokenPurpose
from forum.accounts.security import record
from forum.accounts.tokens import issue
from forum.clock import now
from tests.factories import Make

BEFORE = "0015"


def test_people_keep_their_sessions_down_and_up(site, database_url):
    make = Make(site.database)
    ana = make.account("ana")
    with site.database.writing() as session:
        session.add(AccountSession(account_id=ana.id, token_hash="0" * 64, expires_at=now() + timedelta(days=1)))
        recovery.renew(session, ana.id)
        record(session, ana, SecurityKind.APP_ADDED)
        for purpose in (TokenPurpose.RESET_PASSWORD, TokenPurpose.UNDO_EMAIL):
            issue(session, ana.id, purpose, "ana@example.org")
    site.database.dispose()
    schema.downgrade(database_url, BEFORE)
    schema.upgrade(database_url)

    engine = create_engine(database_url)
    with engine.connect() as connection:
        opened, confirmed, remembered = connection.execute(
            text("SELECT created_at, confirmed_at, remembered FROM account_sessions")
        ).one()
        assert opened == confirmed
        assert remembered
        assert connection.scalar(text("SELECT sign_in_alerts FROM accounts"))
        assert connection.scalars(text("SELECT purpose FROM account_tokens")).all() == ["reset_password"]
        assert connection.scalar(text("SELECT count(*) FROM recovery_codes")) == 0
    engine.dispose()
