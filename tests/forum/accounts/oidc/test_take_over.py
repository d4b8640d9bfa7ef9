"""What somebody might try to get into another's account by way of the provider, and what comes of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select, update

from forum.accounts.models import Account
from forum.accounts.oidc import provider as oidc_provider
from forum.accounts.oidc import wire
from forum.accounts.oidc.models import ProviderArrival, ProviderTrip
from forum.app import build_site, create_app
from forum.clock import now
from tests.browse import Browser
from tests.forum.accounts.conftest import PASSWORD, enter, is_in
from tests.forum.accounts.oidc.conftest import accounts, go, leave, links, sign_in_there
from tests.sign_in_provider import CLIENT_SECRET, key

LINK = "/settings/security/provider"


@pytest.mark.parametrize("said", [False, None, "yes", 0])
def test_an_unverified_address_like_anothers_opens_nothing_and_tells_nothing(browser, database, provider, ana, said):
    provider.person("m-1", email=ana.email, email_verified=said, preferred_username="mallory")
    provider.person("m-2", email="nobody@example.org", email_verified=said, preferred_username="mallory")
    known, unknown = go(browser, "m-1", joining="y"), go(browser, "m-2", joining="y")
    assert known.text.replace("ana@example.org", "") == unknown.text.replace("nobody@example.org", "")
    browser.post("/login/oidc/new", {"handle": "mallory", "email": ana.email})

    with database.reading() as session:
        made = session.scalars(select(Account).where(Account.handle == "mallory")).one()
        assert (made.email, made.unconfirmed_email) == (None, "ana@example.org")
    assert [account for account, _subject in links(database)] == [made.id]


@pytest.mark.parametrize("joining", ["", "y"])
def test_a_verified_address_like_anothers_opens_nothing_by_itself(browser, database, provider, ana, joining):
    provider.person("m-1", email="ANA@example.org", email_verified=True)
    page = go(browser, "m-1", joining=joining)

    assert page.url.path == "/login/oidc/new"
    assert not is_in(browser)
    assert browser.post("/login/oidc/link").url.path == "/login"
    assert browser.post("/login/oidc/new", {"handle": "mallory"}).status_code == 409
    assert (accounts(database), links(database)) == (["ana"], [])


def test_a_way_back_that_began_in_another_browser_signs_nobody_in(browser, database, provider, eva):
    """Login CSRF: mallory lets ana's browser come back with mallory's own sign-in."""
    mallory = browser.another()
    back = sign_in_there(leave(mallory, joining="y"), eva)
    page = browser.get(back)

    assert page.status_code == 400
    assert "began in another browser" in page.text
    assert not is_in(browser)
    assert accounts(database) == []


def test_nor_does_it_where_that_browser_is_on_a_trip_of_its_own(browser, eva):
    leave(browser)
    page = browser.get(sign_in_there(leave(browser.another()), eva))

    assert page.status_code == 400
    assert not is_in(browser)


def test_linking_cannot_be_brought_to_an_end_in_anothers_browser(browser, database, make, ana, eva):
    mallory = browser.another().sign_in(make.account("mallory"))
    back = sign_in_there(leave(mallory, LINK), eva)
    enter(browser)
    page = browser.get(back)

    assert page.status_code == 400
    assert links(database) == []


def test_nothing_is_linked_when_somebody_else_is_signed_in_by_the_time(browser, database, make, ana, eva):
    browser.sign_in(make.account("mallory"))
    back = sign_in_there(leave(browser, LINK), eva)
    enter(browser)
    page = browser.get(back)

    assert page.status_code == 400
    assert "You are not signed in as you were" in page.text
    assert links(database) == []


def test_nor_when_nobody_is(browser, database, make, eva):
    browser.sign_in(make.account("mallory"))
    back = sign_in_there(leave(browser, LINK), eva)
    browser.sign_out()

    assert browser.get(back).status_code == 400
    assert links(database) == []


def test_nor_in_another_session_of_the_same_person(browser, database, ana, eva):
    enter(browser)
    back = sign_in_there(leave(browser, LINK), eva)
    enter(browser)

    assert browser.get(back).status_code == 400
    assert links(database) == []


def test_a_proof_for_one_session_is_none_for_another(browser, database, site, make, linked, provider):
    ana = make.account("ana")
    linked(ana, "a-1")
    browser.sign_in(ana)
    back = sign_in_there(leave(browser, "/settings/confirm/provider"), "a-1")
    browser.sign_in(ana)

    assert browser.get(back).status_code == 400


def test_a_trip_ends_once(browser, eva):
    back = sign_in_there(leave(browser, joining="y"), eva)
    browser.get(back)
    browser.post("/logout")
    page = browser.get(back)

    assert page.status_code == 400
    assert not is_in(browser)


def test_of_two_who_come_back_at_once_one_gets_in(browser, database, eva, provider):
    back = sign_in_there(leave(browser, joining="y"), eva)
    cookies = dict(browser.client.cookies)

    def come_back(_number):
        other = browser.another()
        other.client.cookies.update(cookies)
        return other.get(back, follow_redirects=False).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(come_back, range(2))) == [303, 400]
    assert provider.asked["token"] == 1
    assert accounts(database) == ["eva"]


def test_a_code_is_good_for_the_trip_it_was_given_for(browser, eva):
    """A stolen code, put into a trip of one's own: PKCE and the nonce do not fit."""
    stolen = dict(parse_qsl(urlsplit(sign_in_there(leave(browser.another()), eva)).query))["code"]
    mine = dict(parse_qsl(urlsplit(leave(browser)).query))
    page = browser.get(f"/login/oidc/callback?{urlencode({'code': stolen, 'state': mine['state']})}")

    assert page.status_code == 400
    assert not is_in(browser)


def test_a_code_that_was_used_opens_nothing(browser, eva, linked, make):
    linked(make.account("ana"), "a-1")
    used = dict(parse_qsl(urlsplit(sign_in_there(leave(browser), "a-1")).query))
    browser.get(f"/login/oidc/callback?{urlencode(used)}")
    browser.post("/logout")
    fresh = dict(parse_qsl(urlsplit(leave(browser)).query))
    page = browser.get(f"/login/oidc/callback?{urlencode({**used, 'state': fresh['state']})}")

    assert page.status_code == 400
    assert not is_in(browser)


def test_a_trip_ends_by_itself(browser, database, eva):
    back = sign_in_there(leave(browser), eva)
    with database.writing() as session:
        session.execute(update(ProviderTrip).values(expires_at=now() - timedelta(seconds=1)))

    assert browser.get(back).status_code == 400


@pytest.mark.parametrize(
    "query",
    ["", "?state=x", "?code=x", "?error=access_denied", "?state=%00&code=%00", "?code=x&state=" + "x" * 5000],
)
def test_a_way_back_that_nobody_began_leads_nowhere(browser, query):
    page = browser.get(f"/login/oidc/callback{query}")

    assert page.status_code == 400
    assert "Nothing was changed here." in page.text


def plain(part):
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def none_alg(claims):
    return ".".join([*(plain(json.dumps(part).encode()) for part in ({"alg": "none"}, claims)), ""])


def garbage(_claims):
    return "a.b.c"


def nothing(_claims):
    return ""


def by_secret(claims):
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET))


def by_public_key(claims):
    """The old confusion: the public key, which everybody has, as if it were a shared secret."""
    public = key("first").as_pem(private=False)
    parts = [plain(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "first"}, claims)]
    mac = hmac.new(public, ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, plain(mac)])


def by_somebody_else(claims):
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, key("thief"))


@pytest.mark.parametrize("sign", [none_alg, by_secret, by_public_key, by_somebody_else, garbage, nothing])
def test_a_token_that_the_provider_did_not_sign_proves_nobody(browser, provider, make, linked, sign):
    linked(make.account("ana"), "a-1")
    provider.sign = sign
    page = go(browser, "a-1")

    assert page.status_code == 400
    assert "could not be proven" in page.text
    assert not is_in(browser)


@pytest.mark.parametrize(
    "bent",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": ["porchlight", "another"], "azp": "another"},
        {"aud": ["porchlight", "another"]},
        {"azp": "another"},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"at_hash": "wrong"},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "a\0-1"},
    ],
)
def test_a_token_that_is_not_for_this_proves_nobody(browser, provider, make, linked, bent):
    linked(make.account("ana"), "a-1")
    provider.bend = lambda claims: {name: value for name, value in (claims | bent).items() if value is not None}
    page = go(browser, "a-1")

    assert page.status_code == 400
    assert not is_in(browser)
    provider.bend = lambda claims: claims
    go(browser, "a-1")
    assert is_in(browser)


def test_what_is_told_of_somebody_else_proves_nobody(browser, provider, make, linked, database):
    provider.person("v-1", email="victim@example.net", email_verified=True)
    linked(make.account("ana"), "a-1")
    provider.in_userinfo = True
    original = provider.redeem

    def crossed(given):
        answer = original(given)
        provider.tokens[answer["access_token"]] = "v-1"
        return answer

    provider.redeem = crossed
    page = go(browser, "a-1")

    assert page.status_code == 400
    assert not is_in(browser)


def test_an_answer_of_another_issuer_is_not_taken(browser, eva):
    back = sign_in_there(leave(browser), eva)
    query = dict(parse_qsl(urlsplit(back).query)) | {"iss": "https://evil.example"}

    assert browser.get(f"/login/oidc/callback?{urlencode(query)}").status_code == 400


def test_an_arrival_is_of_one_browser(browser, database, provider, ana, eva):
    """Whose cookie it is decides: ana, signed in elsewhere, is not asked to link what mallory brought."""
    go(browser.another(), eva)
    enter(browser)
    page = browser.post("/login/oidc/link")

    assert links(database) == []
    assert "too long" in page.text


def test_who_chooses_a_handle_cannot_choose_an_address(browser, database, provider, ana, eva):
    go(browser, eva)
    browser.post("/login/oidc/new", {"handle": "eva", "email": "other@example.org"})

    with database.reading() as session:
        assert session.scalars(select(Account.email).where(Account.handle == "eva")).one() == "eva@example.net"


def test_somebody_who_confirmed_the_address_meanwhile_keeps_it(browser, database, make, eva):
    go(browser, eva)
    make.account("owner", email="eva@example.net")
    page = browser.post("/login/oidc/new", {"handle": "eva"})

    assert page.status_code == 409
    assert accounts(database) == ["owner"]
    assert "You have an account here" in browser.get("/login/oidc/new").text


def test_an_arrival_makes_one_account(browser, database, eva):
    go(browser, eva)
    other = browser.another()
    other.client.cookies.update(dict(browser.client.cookies))
    browser.post("/login/oidc/new", {"handle": "eva"})
    other.post("/login/oidc/new", {"handle": "evil"})

    assert accounts(database) == ["eva"]
    with database.reading() as session:
        assert session.scalars(select(ProviderArrival)).all() == []


def test_two_arrivals_of_one_person_make_one_account(browser, database, eva):
    other = browser.another()
    go(browser, eva)
    go(other, eva)
    browser.post("/login/oidc/new", {"handle": "eva"})
    page = other.post("/login/oidc/new", {"handle": "eve"})

    assert page.status_code == 409
    assert accounts(database) == ["eva"]


def test_another_site_cannot_send_somebody_on_a_trip(browser):
    browser.client.headers["Sec-Fetch-Site"] = "cross-site"

    assert browser.post("/login/oidc").status_code == 403


def test_who_says_no_over_there_is_told_that_nothing_happened(browser, provider):
    query = dict(parse_qsl(urlsplit(leave(browser, next="/tags")).query))
    page = browser.get(f"/login/oidc/callback?{urlencode({'error': 'access_denied', 'state': query['state']})}")

    assert "You did not go on at Example." in page.text
    assert 'href="/login?next=%2Ftags"' in page.text


@pytest.mark.parametrize("broken", [500, 404, 302])
def test_a_provider_that_is_away_costs_nothing_but_the_button(browser, provider, ana, broken):
    provider.broken = broken
    page = browser.post("/login/oidc", {"next": "/tags"})
    assert page.status_code == 503
    assert "Example does not answer" in page.text
    assert 'href="/login?next=%2Ftags"' in page.text
    enter(browser, password=PASSWORD)

    assert is_in(browser)


def test_a_provider_that_breaks_down_half_way_says_so(browser, provider, database, eva):
    back = sign_in_there(leave(browser, joining="y"), eva)
    provider.broken = 502
    page = browser.get(back)

    assert page.status_code == 503
    assert accounts(database) == []
    provider.broken = 0
    go(browser, eva, joining="y")
    assert accounts(database) == ["eva"]


def test_a_provider_that_hangs_costs_a_bounded_time_and_holds_nobody_else_up(browser, provider, monkeypatch):
    monkeypatch.setattr(oidc_provider, "PATIENCE", 1.0)
    provider.hang = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        began = time.monotonic()
        waits = threads.submit(browser.post, "/login/oidc")
        time.sleep(0.2)
        assert browser.get("/login").status_code == 200
        assert time.monotonic() - began < 0.9
        assert waits.result().status_code == 503
        assert time.monotonic() - began < 5


def test_an_endless_answer_is_not_read_to_its_end(browser, provider, monkeypatch):
    monkeypatch.setattr(wire, "LARGEST", 100)

    assert browser.post("/login/oidc").status_code == 503


@pytest.mark.parametrize(
    "bent",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": None},
        {"jwks_uri": 7},
        {"jwks_uri": "http://[evil"},
        {"userinfo_endpoint": "ftp://evil.example"},
    ],
)
def test_a_document_of_somebody_else_or_with_open_ways_is_not_taken(browser, provider, bent):
    provider.bend_document = lambda document: document | bent

    assert browser.post("/login/oidc").status_code == 503


def test_its_keys_are_read_once_and_anew_when_one_is_unknown(browser, provider, make, linked):
    linked(make.account("ana"), "a-1")
    for _number in range(3):
        go(browser, "a-1")
    assert (provider.asked["keys"], provider.asked["openid-configuration"]) == (1, 1)
    provider.keys = ["second"]
    browser.post("/logout")
    go(browser, "a-1")

    assert is_in(browser)
    assert provider.asked["keys"] == 2


def test_without_a_provider_there_is_nothing(settings):
    site = build_site(replace(settings, oidc_issuer=None), rate_limits=False, durable=False)
    with Browser(create_app(site), site) as browser:
        assert browser.post("/login/oidc").status_code == 404
        for path in ("/login/oidc/callback", "/login/oidc/new"):
            assert browser.get(path).status_code == 404
        assert "Example" not in browser.get("/login").text + browser.get("/register").text
    site.database.dispose()
