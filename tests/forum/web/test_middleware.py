"""What every request passes, whatever page it asks for."""

import json

import pytest
import structlog
from starlette.testclient import TestClient

from forum import logs
from forum.app import create_app
from forum.web import Access, Route
from tests.browse import Browser


def send(site, method="POST", path="/theme", **headers):
    client = TestClient(create_app(site), base_url="http://testserver")
    return client.request(method, path, data={"theme": "dark"}, headers=headers, follow_redirects=False)


def test_a_write_from_this_sites_own_pages_is_taken(site):
    assert send(site, **{"Sec-Fetch-Site": "same-origin"}).status_code == 303


@pytest.mark.parametrize("from_where", ["cross-site", "same-site", "none", "", "SAME-ORIGIN, cross-site"])
def test_a_write_that_another_site_made_the_browser_send_is_refused(site, from_where):
    reply = send(site, **{"Sec-Fetch-Site": from_where, "Origin": "http://testserver"})

    assert reply.status_code == 403
    assert "set-cookie" not in reply.headers


def test_without_fetch_metadata_the_origin_must_be_this_host(site):
    assert send(site, Origin="http://testserver").status_code == 303
    assert send(site, Origin="http://evil.example").status_code == 403
    assert send(site, Origin="http://testserver.evil.example").status_code == 403
    assert send(site, Origin="null").status_code == 403


def test_a_write_that_says_nothing_of_where_it_came_from_is_refused(site):
    assert send(site).status_code == 403


def test_every_method_that_may_write_is_checked(site):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert send(site, method).status_code == 403


def test_a_host_that_is_not_this_sites_gets_nothing(site):
    assert send(site, "GET", "/healthz", Host="evil.example").status_code == 400


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/readyz"])
def test_every_reply_carries_the_protective_headers(browser, path):
    headers = browser.get(path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert len(headers["x-request-id"]) == 12


def test_a_refused_write_carries_the_protective_headers_too(site):
    assert send(site).headers["x-content-type-options"] == "nosniff"


@pytest.fixture
def json_logs():
    logs.configure("json")
    yield
    logs.configure("console")


def test_one_line_is_logged_a_request_with_the_id_of_the_reply(json_logs, browser, capsys):
    reply = browser.get("/no%22where%0A/x")

    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines() if '"event": "request"' in line]
    assert line["request_id"] == reply.headers["x-request-id"]
    assert (line["method"], line["path"], line["status"]) == ("GET", '/no"where\n/x', 404)
    assert {"ms", "level", "timestamp"} < set(line)


def test_a_line_on_a_terminal_is_one_line_whatever_was_asked_for(browser, capsys):
    reply = browser.get("/no where%0A2026 [error] made up")

    (line,) = [line for line in capsys.readouterr().err.splitlines() if "[info     ] request" in line]
    assert f"request_id={reply.headers['x-request-id']} status=404" in line


def test_a_crash_is_logged_with_the_id_of_its_request(site):
    async def crash(_request):
        raise RuntimeError("a crash for the log")

    site.routes.append(Route("/crash", crash, name="crash", access=Access.EVERYONE))
    with Browser(create_app(site), site, raises=False) as browser, structlog.testing.capture_logs() as lines:
        reply = browser.get("/crash")

    (line,) = [line for line in lines if line["event"] == "request failed"]
    assert line["request_id"] == reply.headers["x-request-id"]


def test_a_theme_is_kept_in_a_cookie_and_leads_back(browser):
    reply = browser.post("/theme", {"theme": "dark", "next": "/healthz"}, follow_redirects=False)

    assert reply.headers["location"] == "/healthz"
    assert browser.client.cookies["theme"] == "dark"


@pytest.mark.parametrize(
    "away", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nb"]
)
def test_a_preference_never_leads_away_from_the_site(browser, away):
    assert browser.post("/theme", {"theme": "dark", "next": away}, follow_redirects=False).headers["location"] == "/"


def test_an_unknown_theme_is_not_kept(browser):
    browser.post("/theme", {"theme": "<script>"}, follow_redirects=False)

    assert "theme" not in browser.client.cookies


def test_readiness_names_each_part(browser, site):
    reply = browser.get("/readyz")

    assert reply.status_code == 503
    assert json.loads(reply.text)["database"] == "ok"
    assert json.loads(reply.text)["worker"] == "silent"


def test_the_rule_lets_reads_through(site):
    assert send(site, "GET", "/healthz", **{"Sec-Fetch-Site": "cross-site"}).status_code == 200
