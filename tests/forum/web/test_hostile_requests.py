"""Requests that nobody's browser sends: they are refused or find nothing, and neither crash nor get further."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import pytest

from forum.addresses import network_of
from forum.app import build_site, create_app
from forum.web.routing import Access, Route
from tests.browse import Browser

BEYOND = "9" * 25
ENDLESS = "9" * 5000
NUMBERS = [
    f"/threads/{BEYOND}",
    f"/threads/{ENDLESS}",
    f"/threads/{BEYOND}/slug",
    f"/posts/answer/{BEYOND}",
    f"/flags/answer/{BEYOND}",
    f"/questions/{BEYOND}",
    f"/moderation/reviews/{BEYOND}",
    f"/moderation/people/{BEYOND}",
]
KEYS = [
    f"/tickets?after=2026-01-01T00:00:00_{BEYOND}",
    "/tickets?after=9999-12-31T23:59:59-23:00_1",
    f"/desk/tickets?after=2026-01-01T00:00:00_{ENDLESS}",
    "/threads/{thread}/{slug}?after=--1:1",
    f"/threads/{{thread}}/{{slug}}?answer={ENDLESS}",
    f"/people?after={'9' * 18}-{'9' * 18}",
    f"/moderation/log?before={ENDLESS}",
]
NULS = [
    "/people/%00/questions",
    "/people/%00/reputation",
    "/tags/%00",
    "/tags/%00.atom",
    "/tickets/%00",
    "/desk/tickets/%00",
]
QUERIES = [
    "/threads?tag=%00",
    "/threads?product=%%0000",
    "/tags?q=%00",
    "/tags?after=1:%00",
    "/search?q=user:%00",
    "/desk/tickets?team=%00&assignee=%00",
]


@pytest.fixture
def everybody(browser, make):
    """Somebody whom every page is for."""
    return browser.sign_in(make.admin("root1", moderator=True, staff=True, tier=1))


@pytest.mark.parametrize("path", NUMBERS + NULS)
def test_an_address_that_nothing_can_have_is_not_found(everybody, path):
    assert everybody.get(path).status_code == 404


@pytest.mark.parametrize("path", KEYS + QUERIES)
def test_a_key_or_a_filter_that_makes_no_sense_breaks_no_page(everybody, thread, path):
    assert everybody.get(path.format(thread=thread.id, slug=thread.slug)).status_code == 200


def test_a_crash_is_answered_with_the_headers_of_every_other_reply(site):
    async def fall(_request):
        raise RuntimeError("on purpose")

    site.routes.append(Route("/fall", fall, name="fall", access=Access.EVERYONE))
    with Browser(create_app(site), site, raises=False) as browser:
        fallen, well = browser.get("/fall"), browser.get("/healthz")

    assert fallen.status_code == 500
    for name in ("content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"):
        assert fallen.headers[name] == well.headers[name]
    assert fallen.headers["x-request-id"] in fallen.text


def test_a_made_up_cookie_earns_no_higher_rate(settings):
    site = build_site(settings, durable=False, redis_prefix=f"test-{uuid4().hex}")
    statuses: Counter[int] = Counter()
    with Browser(create_app(site), site) as browser:
        for number in range(14):
            browser.client.cookies.set("session", f"made-up-{number}")
            statuses[browser.post("/reset", {"email": f"ana{number}@example.org"}).status_code] += 1
    site.database.dispose()

    assert statuses == {200: 10, 429: 4}


def test_the_addresses_of_one_subscriber_count_as_one():
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:203.0.113.7") == network_of("203.0.113.7") != network_of("203.0.113.8")
    assert network_of("testclient") == "testclient"
