"""The demonstration, played once, and somebody who fills in its forms as each role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from forum.app import build_site, create_app
from forum.clock import now
from forum.demo import play
from forum.settings import Settings
from tests.browse import Browser
from tests.browser.house import House
from tests.browser.pages import Role, addresses, person
from tests.browser.worst import make_the_worst
from tests.conftest import SECRET, fresh_database
from tests.factories import Make
from tests.naughty.filling import Filler


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A site full of everything, in a database of its own on the engine under test."""
    folder: Path = tmp_path_factory.mktemp("naughty")
    with fresh_database(folder) as url:
        settings = Settings(
            database_url=url, var=folder, secret=SECRET, base_url="http://testserver", allowed_hosts=("testserver",)
        )
        site = build_site(replace(settings, demo=True), rate_limits=False, durable=False)
        play.fill(site, play.running_order(now()), lambda _count: None)
        make = Make(site.database)
        make_the_worst(make, site.database, site.storage)
        yield House("", site, make, folder)
        site.database.dispose()


@pytest.fixture
def filler(house: House) -> Iterator[Callable[[Role], Filler]]:
    """Somebody of a role, with the addresses of the pages to look for forms on: two of each kind."""
    with Browser(create_app(house.site), house.site, raises=False) as browser:

        def made(role: Role) -> Filler:
            kinds: dict[str, list[str]] = {}
            for name, address in addresses(house, role):
                kinds.setdefault(name, []).append(address)
            found = [address for group in kinds.values() for address in group[:3]]
            return Filler(browser, person(house, role), found, house.site)

        yield made
