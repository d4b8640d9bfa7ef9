"""What templates print for everybody: times in the reader's own zone, the frame in the reader's colours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from jinja2 import ChoiceLoader, DictLoader

from forum.app import create_app
from forum.web import Access, Route, page
from forum.web.rendering import render
from tests.browse import Browser

TEMPLATE = (
    '{% extends "base.html" %}{% from "_macros/conversation.html" import happening %}'
    '{% block title %}Times{% endblock %}{% block content %}{{ happening("Taken", at) }}{% endblock %}'
)


@page
def show(request, _session):
    return render(request, "test.html", at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))


@pytest.fixture
def browser(site):
    site.templates.loader = ChoiceLoader([DictLoader({"test.html": TEMPLATE}), site.templates.loader])
    site.routes.append(Route("/test/times", show, name="test.times", access=Access.EVERYONE))
    with Browser(create_app(site), site) as browser:
        yield browser


def test_a_macro_prints_times_in_the_readers_zone(browser, make):
    browser.sign_in(make.account("hoa", time_zone="Asia/Ho_Chi_Minh"))
    assert "Mar 2, 2026, 6:30" in browser.get("/test/times").text

    browser.sign_out()
    assert "Mar 1, 2026, 11:30" in browser.get("/test/times").text


def test_chosen_colours_are_there_before_any_script(browser):
    browser.post("/theme", {"theme": "dark", "next": "/test/times"})
    page = browser.get("/test/times").text

    assert 'data-theme="dark"' in page
    assert '<button name="theme" value="dark" aria-pressed="true"' in page
