"""A site on the air, and people who listen to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from forum.accounts.models import Account
from forum.app import create_app
from forum.db import Database
from forum.web import Site
from tests.browse import Browser
from tests.forum.live.listening import Air, Listener, on_air, sign_in

Listen = Callable[..., Listener]


@pytest.fixture
def air(site: Site) -> Iterator[Air]:
    with on_air(create_app(site)) as air:
        yield air


@pytest.fixture
def listen(air: Air, database: Database) -> Listen:
    """Open a stream as somebody, or as a visitor."""

    def listen(query: str, account: Account | None = None, **options: str) -> Listener:
        return air.listen(query, sign_in(database, account) if account else None, **options)

    return listen


@pytest.fixture
def pages(site: Site, air: Air) -> Callable[..., Browser]:
    """Somebody's browser, on the application that is on the air."""

    def pages(account: Account | None = None) -> Browser:
        browser = Browser(air.app, site)
        return browser.sign_in(account) if account else browser

    return pages
