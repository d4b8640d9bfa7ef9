"""Every field at its limit, one past it and far beyond: taken, or refused beside it and kept; never a crash."""

from __future__ import annotations

from zlib import crc32

import pytest

from tests.browser.pages import Role
from tests.naughty.filling import holds
from tests.naughty.reading import Reading

pytestmark = pytest.mark.xdist_group("naughty")
ROLES = (Role.CUSTOMER, Role.MODERATOR, Role.STAFF, Role.ADMIN)
ODD = (
    "a\0b",
    "lone \ud800 and \udfff",
    "one\r\nBcc: two@example.com\r\n\r\nthree",
    "\u202egnp.exe\u202c \u2066",
    "9" * 40,
    "-9223372036854775809",
    "1e999",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "2026-02-30",
    "24:00",
)
FAR = 200_000
BEYOND = "\U00010437"  # a letter outside the first plane, which counts as one


@pytest.fixture(scope="package")
def seen_at_limits():
    return set()


@pytest.mark.parametrize("role", ROLES)
def test_a_limit_is_where_the_page_says_and_what_is_past_it_is_kept(filler, seen_at_limits, role):
    somebody = filler(role)
    wrong = []
    for address, form in somebody.forms(seen_at_limits):
        for control in form.typed():
            if control.kind == "password":
                continue
            found = list(complaints(somebody, address, form, control))
            wrong += [f"{address} {form.action} {control.name}: {one}" for one in found]
    assert not wrong, "\n".join(wrong)


def complaints(somebody, address, form, control):
    start = crc32(f"{form.action}{control.name}".encode())
    for text in [*ODD[:3], *(ODD[3 + (start + 4 * number) % 9] for number in range(2))]:
        reply = somebody.send(address, form, {control.name: text})
        if reply.status_code >= 500:
            yield f"a crash, {reply.status_code}, at {text!r}"
    if control.longest:
        yield from at_its_limit(somebody, address, form, control)
        return
    far = FAR if form.method == "post" else 30_000  # a server takes no longer address
    reply = somebody.send(address, form, {control.name: "a" * far})
    if reply.status_code >= 500 or (form.method == "post" and reply.status_code < 400):
        yield f"{reply.status_code} for {far} letters"
    elif form.method == "post" and not holds(Reading(reply.text), "a" * FAR):
        yield f"{reply.status_code}: what was typed is gone"


def at_its_limit(somebody, address, form, control):
    """What is refused at the limit for its length would be refused for the same reason past it."""
    past = somebody.send(address, form, {control.name: "a" * (control.longest + 1)})
    if past.status_code >= 500 or (form.method == "post" and past.status_code < 400):
        yield f"{past.status_code} for {control.longest + 1} letters"
        return
    if form.method == "get":
        return
    page = Reading(past.text)
    if past.status_code == 422 and not (page.alerts or any(page.errors.values())):
        yield "refused past its limit without a word"
    if past.status_code in {409, 413, 422} and not holds(page, "a" * (control.longest + 1)):
        yield f"{past.status_code}: what was typed past its limit is gone"
    for letter in ("a", BEYOND):
        reply = somebody.send(address, form, {control.name: letter * control.longest})
        if reply.status_code >= 500:
            yield f"a crash, {reply.status_code}, for {control.longest} of {letter}"
        elif reply.status_code == 422 and is_of_length(said := words(reply, control)) and said == words(past, control):
            yield f"refused at its limit: {said}"


def words(reply, control):
    page = Reading(reply.text)
    field = next((one for form in page.forms for one in form.controls if one.name == control.name and one.wrong), None)
    if field is None:
        return ""
    return " ".join(page.errors.get(one, "") for one in field.described.split()).strip()


def is_of_length(text):
    return any(word in text.lower() for word in ("character", "longer", "at most", "keep it under"))
