"""A browser without scripts: it follows redirects, keeps cookies and says where it came from."""

from __future__ import annotations

import secrets
import time
from datetime import timedelta
from typing import Any, Self

from starlette.applications import Starlette
from starlette.testclient import TestClient

from forum.accounts.models import Account, AccountSession
from forum.accounts.queries import token_hash
from forum.clock import now
from forum.web import Site


class Browser:
    """`raises` lets a crash in a handler reach the test, rather than the 500 page."""

    def __init__(self, app: Starlette, site: Site, *, raises: bool = True) -> None:
        self.app = app
        self.site = site
        self.raises = raises
        self.client = self._client()

    def __enter__(self) -> Self:
        self.client.__enter__()
        for _ in range(500):  # until it knows what moves, a process keeps no page
            if self.site.watch._open:
                break
            time.sleep(0.01)
        return self

    def __exit__(self, *_error: object) -> None:
        self.client.__exit__()

    def another(self) -> Browser:
        """A second browser on the same site, with cookies of its own."""
        return Browser(self.app, self.site)

    def sign_in(self, account: Account) -> Self:
        """Be somebody from now on, by a session row as signing in makes it."""
        token = secrets.token_urlsafe(32)
        with self.site.database.writing() as session:
            session.add(
                AccountSession(
                    account_id=account.id, token_hash=token_hash(token), expires_at=now() + timedelta(days=1)
                )
            )
        self.client.cookies.set("session", token)
        return self

    def sign_out(self) -> Self:
        self.client.cookies.delete("session")
        return self

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
        return self.client.post(path, data=data, **options)

    def fragment(self, method: str, path: str, data: dict[str, Any] | None = None) -> Any:
        """What a script on the page asks for: a part, with no redirect followed."""
        headers = {"HX-Request": "true"}
        return self.client.request(method, path, data=data, headers=headers, follow_redirects=False)

    def _client(self) -> TestClient:
        client = TestClient(self.app, base_url=self.site.settings.base_url, raise_server_exceptions=self.raises)
        client.headers["Sec-Fetch-Site"] = "same-origin"
        return client
