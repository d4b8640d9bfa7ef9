"""Programs that use the API as somebody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from forum.access import Scope, usable_scopes
from forum.accounts.api_tokens import make_token
from forum.accounts.models import Account
from forum.db import Database
from tests.browse import Browser

PATH = "/api/v1"


class Program:
    """Calls the API with one token; `json` is what is sent, and no cookie or header of a browser goes with it."""

    def __init__(self, browser: Browser, token: str | None) -> None:
        self.browser = browser
        self.token = token

    def __call__(self, method: str, path: str, json: Any = None, **options: Any) -> Any:
        headers = options.pop("headers", {})
        if self.token is not None:
            headers = {"Authorization": f"Bearer {self.token}"} | headers
        if json is not None:
            options["json"] = json
        return self.browser.client.request(method, f"{PATH}{path}", headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        return self("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        return self("POST", path, json, **options)

    def put(self, path: str, json: Any = None, **options: Any) -> Any:
        return self("PUT", path, json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> Any:
        return self("PATCH", path, json, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self("DELETE", path, **options)


@pytest.fixture
def token(database: Database) -> Callable[..., str]:
    """A token for an account: with these scopes, or with all that it could use."""

    def issue(account: Account, *scopes: Scope) -> str:
        chosen = scopes or usable_scopes(account.roles)
        return database.write(lambda session: make_token(session, account.id, "Tests", chosen)[1])

    return issue


@pytest.fixture
def api(browser: Browser, token: Callable[..., str]) -> Callable[..., Program]:
    """A program with a token of its own; without an account it has none."""
    del browser.client.headers["Sec-Fetch-Site"]

    def program(account: Account | None = None, *scopes: Scope) -> Program:
        return Program(browser, token(account, *scopes) if account is not None else None)

    return program


@pytest.fixture
def agent(make) -> Account:
    return make.staff("sam", display_name="Sam Okafor")


@pytest.fixture
def moderator(make) -> Account:
    return make.moderator("mo")


@pytest.fixture
def helper(make) -> Account:
    return make.account("ben", reputation=500)
