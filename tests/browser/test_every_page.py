"""Every page, as everybody: axe finds nothing, nothing sticks out of a narrow window, and each page has its frame."""

from __future__ import annotations

import pytest

from tests.browser.axe import every_complaint, wider
from tests.browser.conftest import Visit
from tests.browser.pages import Role, addresses, person

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("role", list(Role))
def test_nothing_is_wrong_with_any_page(demo, visit: Visit, role):
    visitor = visit(demo)
    if account := person(demo, role):
        visitor.be(account)
    wrong, opened = [], set()
    for name, address in addresses(demo, role):
        with visitor.expecting(403, 404):
            status = visitor.open(address).status
        if visitor.path.startswith("/login") and name != "accounts.login":
            continue
        if status == 200:
            opened.add(name)
        wrong += [f"{address}: {complaint}" for complaint in every_complaint(visitor.page)]

    assert not wrong, "\n".join(wrong)
    missed = {name for name, _address in addresses(demo, role)} - opened
    assert not missed, f"none of these opened for {role}: {missed}"


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.MODERATOR, Role.STAFF, Role.ADMIN])
def test_every_page_has_room_for_german(demo, visit: Visit, role):
    visitor = visit(demo)
    if account := person(demo, role):
        visitor.be(account)
    visitor.context.add_cookies([{"name": "locale", "value": "de", "url": demo.address}])
    wrong = []
    for _name, address in addresses(demo, role):
        with visitor.expecting(403, 404):
            visitor.open(address)
        assert visitor.page.locator("html").get_attribute("lang") == "de"
        wrong += [f"{address}: {complaint}" for complaint in wider(visitor.page)]

    assert not wrong, "\n".join(wrong)
