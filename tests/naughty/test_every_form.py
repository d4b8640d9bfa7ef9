"""Whatever is typed into any form: no crash, nothing that runs, and it is kept as typed or refused beside its field."""

from __future__ import annotations

import json
from functools import cache
from zlib import crc32

import pytest

from tests.browser.pages import Role
from tests.naughty.filling import as_kept, holds, may_be_kept_as
from tests.naughty.reading import Reading
from tests.shared_data import shared

pytestmark = pytest.mark.xdist_group("naughty")
ROLES = (Role.CUSTOMER, Role.MODERATOR, Role.STAFF, Role.ADMIN)
FIELDS = {Role.CUSTOMER: 20, Role.MODERATOR: 8, Role.STAFF: 8, Role.ADMIN: 40}
EACH = 3
"""So many strings go into a short field, others into each; a long one takes many at once."""


@cache
def strings() -> list[str]:
    found: list[str] = [one for one in json.loads(shared("blns.json").read_text(encoding="utf-8")) if one.strip()]
    return found


def chosen(form, control):
    """Strings for a field: always the same ones, and others than for the next."""
    start = crc32(f"{form.action}{control.name}".encode())
    room = control.longest or 4000
    if control.kind == "textarea":
        many = strings()[start % 400 :] + strings()[: start % 400]
        return ["\n".join(many)[: min(room, 4000)].strip()]
    fitting = [one for one in strings() if len(one) <= room]
    return [fitting[(start + number * 173) % len(fitting)] for number in range(EACH)]


@pytest.fixture(scope="package")
def seen():
    return set()


@pytest.mark.parametrize("role", ROLES)
def test_nothing_that_is_typed_breaks_a_form_or_is_lost(filler, seen, role):
    somebody = filler(role)
    wrong = []
    count = 0
    for address, form in somebody.forms(seen):
        for control in form.typed():
            if control.kind == "password":
                continue
            count += 1
            for text in chosen(form, control):
                reply = somebody.send(address, form, {control.name: text})
                found = complaints(somebody, reply, address, form, control, text)
                wrong += [f"{address} {form.action} {control.name}={text[:60]!r}: {one}" for one in found]
    assert count >= FIELDS[role], "fields that were there before are not found any more"
    assert not wrong, "\n".join(wrong)


def complaints(somebody, reply, address, form, control, text):
    if reply.status_code >= 500:
        yield f"a crash, {reply.status_code}"
        return
    if "text/html" not in reply.headers.get("content-type", ""):
        return
    page = Reading(reply.text)
    if page.active:
        yield f"could run: {page.active}"
    if not page.is_whole:
        yield f"the page lost its shape: {page.shape}"
    if reply.status_code in {409, 413, 422}:
        if not (page.alerts or any(page.errors.values())):
            yield "refused without a word"
        if not holds(page, text):
            yield f"refused ({reply.status_code}), and what was typed is gone"
        return
    if reply.status_code != 200 or form.method == "get" or not control.value:
        return
    somebody.enter()
    if f"{control.name}=" in address:  # the address says what stands there
        return
    forms = Reading(somebody.browser.get(address).text).forms
    again = next((one for one in forms if one.names == form.names and one.action == form.action), None)
    if again and (field := again.control(control.name)) and as_kept(field.value) not in may_be_kept_as(text):
        yield f"came back as {field.value[:60]!r}, was {control.value[:60]!r}"
