"""Chromium, houses to visit, and visitors; whatever a visitor's browser complained about fails the test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.house import House, running_house
from tests.browser.visitor import Visitor
from tests.browser.worst import make_the_worst

PICTURES = Path(__file__).resolve().parents[2] / "test-results"
OUTCOME = pytest.StashKey[bool]()
Visit = Callable[..., Visitor]

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all tests that make their own people and threads."""
    with running_house(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The demonstration site, with what is hardest to lay out added to it; tests only look at it."""
    with running_house(tmp_path_factory.mktemp("demo"), demo=True) as house:
        make_the_worst(house.make, house.site.database, house.site.storage)
        yield house


@pytest.fixture
def visit(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Opens a browser on a house, `visit(house, scripts=False, **how Playwright names the rest)`."""
    visitors: list[Visitor] = []

    def opened(house: House, *, scripts: bool = True, **options: Any) -> Visitor:
        context = chromium.new_context(java_script_enabled=scripts, reduced_motion="reduce", **options)
        context.set_default_timeout(10_000)
        visitors.append(Visitor(house, context, scripts=scripts))
        return visitors[-1]

    yield opened
    failed = request.node.stash.get(OUTCOME, False)
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    for number, visitor in enumerate(visitors):
        visitor.leave(PICTURES / f"{name}-{number}.png" if failed else None)
    problems = [problem for visitor in visitors for problem in visitor.problems]
    assert not problems, "\n".join(problems)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call":
        item.stash[OUTCOME] = report.failed
    return report
