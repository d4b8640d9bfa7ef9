"""All API tokens of the site, which admins see and end."""

import pytest
from sqlalchemy import select, text

from forum.access import Scope
from forum.accounts.api_tokens import make_token
from forum.notifications.models import Notification


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def token(database):
    """A new token of somebody's: its number, and the word."""

    def token(account, name="Nightly report", days=None):
        with database.writing() as session:
            made, word = make_token(session, account.id, name, [Scope.READ], days=days)
            return made.id, word

    return token


@pytest.fixture
def opens(browser):
    def opens(word):
        return browser.get("/api/v1/me", headers={"Authorization": f"Bearer {word}"}).status_code == 200

    return opens


@pytest.fixture
def told(database):
    def told(account):
        with database.reading() as session:
            query = select(Notification.kind, Notification.text).where(Notification.account_id == account.id)
            return [tuple(row) for row in session.execute(query)]

    return told


def test_an_admin_sees_them_all_and_no_word(browser, admin, make, token):
    _number, word = token(make.account("ana", display_name="Ana Lopes"), days=30)
    page = browser.sign_in(admin).get("/admin/tokens").text

    for shown in ("Nightly report", "Ana Lopes", "@ana", "read", "never used", "ends"):
        assert shown in page
    assert word not in page
    assert "Nightly report" in browser.get("/admin/tokens?q=ANA").text
    assert "Nightly report" not in browser.get("/admin/tokens?q=%25").text


def test_one_is_ended_at_once_and_its_owner_is_told(browser, admin, make, token, opens, told, database):
    ana = make.account("ana")
    number, word = token(ana)
    assert opens(word)
    page = browser.sign_in(admin).post(f"/admin/tokens/{number}/revoke")

    assert "opens nothing any more" in page.text
    assert not opens(word)
    assert told(ana) == [("token_revoked", "Nightly report")]
    browser.post(f"/admin/tokens/{number}/revoke")
    assert len(told(ana)) == 1
    with database.reading() as session:
        assert session.scalars(text("SELECT action FROM audit_entries")).all() == ["TokenRevokedByAdmin"]
    assert browser.post("/admin/tokens/9999/revoke").status_code == 404
    assert "ended one of your API tokens" in browser.sign_in(ana).get("/notifications").text


def test_only_admins_know_the_page(browser, make, token, opens):
    number, word = token(make.account("ana"))
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        browser.sign_in(make.account(**columns))
        assert browser.get("/admin/tokens").status_code == 403
        assert browser.post(f"/admin/tokens/{number}/revoke").status_code == 403
    browser.sign_out()

    assert opens(word)


def test_more_tokens_cost_no_more_queries_and_are_paged(browser, admin, make, token, queries):
    browser.sign_in(admin)
    counts = []
    for _ in range(2):
        token(make.account())
        browser.get("/admin/tokens")
        with queries() as asked:
            page = browser.get("/admin/tokens").text
        counts.append(len(asked))
        for _ in range(26):
            owner = make.account()
            token(owner)
            token(owner)

    assert counts[0] == counts[1]
    assert "before=" in page
