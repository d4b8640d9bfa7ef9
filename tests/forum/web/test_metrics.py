"""What monitoring reads, and who may."""

import dataclasses
import re

import pytest

from forum.app import build_site, create_app
from forum.jobs import enqueue
from tests.browse import Browser

TOKEN = "let-monitoring-read"


@pytest.fixture
def monitored(settings):
    site = build_site(dataclasses.replace(settings, metrics_token=TOKEN), rate_limits=False, durable=False)
    with Browser(create_app(site), site) as browser:
        yield browser
    site.database.dispose()


def value(text, name):
    return float(re.search(rf"^porchlight_{re.escape(name)} (\S+)$", text, re.MULTILINE)[1])


def test_it_shows_what_the_page_cache_did(monitored, thread):
    for _ in range(3):
        monitored.get("/threads")
    text = monitored.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text

    assert value(text, "page_cache_hits_total") == 2
    assert value(text, "page_cache_misses_total") == 1
    assert value(text, "page_cache_evictions_total") == 0
    assert value(text, "page_cache_pages") == 1
    assert value(text, "page_cache_bytes") > 1000
    assert value(text, 'requests_total{status="2xx"}') == 3


def test_it_shows_jobs_that_wait(monitored, database):
    with database.writing() as session:
        enqueue(session, "nobody.does.this", {})
    text = monitored.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text

    assert value(text, "jobs_waiting") == 1
    assert value(text, "jobs_dead") == 0


def test_an_admin_may_look_without_the_token(monitored, make):
    assert monitored.sign_in(make.admin()).get("/metrics").status_code == 200


@pytest.mark.parametrize("given", [None, "Bearer wrong", TOKEN, "Bearer ", "Bearer ä"])
def test_for_others_there_is_nothing(monitored, make, given):
    headers = {"Authorization": given.encode("utf-8")} if given else {}
    assert monitored.get("/metrics", headers=headers).status_code == 404
    monitored.sign_in(make.moderator())
    assert monitored.get("/metrics", headers=headers).status_code == 404


def test_without_a_token_set_none_opens_it(browser):
    for given in ("Bearer ", "Bearer None", "Bearer"):
        assert browser.get("/metrics", headers={"Authorization": given}).status_code == 404
