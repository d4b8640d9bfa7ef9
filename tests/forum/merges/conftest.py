"""Two accounts of one person, and the admin who makes them one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from forum import clock
from forum.accounts.models import Account, AccountMerge
from forum.clock import now
from forum.jobs import Workshop
from forum.merges.actions import merge_accounts


@pytest.fixture
def admin(make) -> Account:
    return make.admin("root")


@pytest.fixture
def gone(make) -> Account:
    return make.account("ana-old", display_name="Ana", reputation=300)


@pytest.fixture
def stays(make) -> Account:
    return make.account("ana", display_name="Ana Lopes", reputation=300)


@pytest.fixture
def asker(stays) -> Account:
    return stays


@pytest.fixture
def begin(database, site, make, admin) -> Callable[[Account, Account], AccountMerge]:
    def begin(gone: Account, stays: Account) -> AccountMerge:
        with database.writing() as session:
            actor = make.actor(admin)
            words = {"typed": gone.handle, "reason": "She wrote from both addresses"}
            return merge_accounts(session, actor, site.merging, gone.handle, stays.handle, **words)

    return begin


@pytest.fixture
def finish(database, site) -> Callable[[], None]:
    def finish() -> None:
        for seconds in (0, 30):
            with clock.at(now() + timedelta(seconds=seconds)):
                Workshop(database, site.jobs).drain()

    return finish


@pytest.fixture
def merged(begin, finish, gone, stays) -> Callable[[], None]:
    """Makes the two one, all the way."""

    def merged() -> None:
        begin(gone, stays)
        finish()

    return merged
