"""How often: one account whatever its tokens, one address whoever is there, and what every reply says of it."""

from __future__ import annotations

import pytest

from forum.app import build_site, create_app
from forum.web.api import rates
from tests.api.conftest import Program
from tests.browse import Browser


@pytest.fixture
def limited(settings, monkeypatch):
    """A site whose rates count, with few of each."""
    monkeypatch.setattr(rates, "ACCOUNT", "3/minute")
    monkeypatch.setattr(rates, "ADDRESS", "12/minute")
    monkeypatch.setattr(rates, "WRONG_TOKENS", "2/minute")
    site = build_site(settings, durable=False, redis_prefix=f"test-{settings.var}")
    with Browser(create_app(site), site) as browser:
        yield browser
    site.database.dispose()


def test_every_reply_says_what_is_left(limited, token, asker):
    reply = Program(limited, token(asker)).get("/me")

    assert reply.headers["RateLimit-Policy"] == '"address";q=12;w=60, "account";q=3;w=60'
    address, account = reply.headers["RateLimit"].split(", ")
    assert address.startswith('"address";r=11;t=')
    assert account.startswith('"account";r=2;t=')


def test_refusals_and_unknown_paths_say_it_too(limited):
    for path in ("/me", "/nothing", "/openapi.json"):
        assert "RateLimit" in Program(limited, None).get(path).headers, path


def test_one_account_has_one_share_however_many_tokens(limited, token, asker, make):
    first, second = Program(limited, token(asker)), Program(limited, token(asker))
    for program in (first, second, first):
        assert program.get("/me").status_code == 200

    refused = second.get("/me")

    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert '"account";r=0' in refused.headers["RateLimit"]
    assert Program(limited, token(make.account("otto"))).get("/me").status_code == 200


def test_an_address_has_a_share_too_whoever_it_is(limited):
    statuses = [Program(limited, None).get("/nothing").status_code for _ in range(13)]

    assert statuses == [404] * 12 + [429]


def test_tokens_that_open_nothing_are_counted_by_address_and_good_ones_go_on(limited, token, asker):
    wrong = Program(limited, "porch_wrong")
    assert [wrong.get("/me").status_code for _ in range(4)] == [401, 401, 429, 429]
    assert "Retry-After" in wrong.get("/me").headers

    assert Program(limited, token(asker)).get("/me").status_code == 200


def test_what_a_page_allows_an_hour_a_program_does_not_get_on_top(limited, token, asker, monkeypatch):
    monkeypatch.setattr(rates, "ACCOUNT", "100/minute")
    monkeypatch.setattr(rates, "ADDRESS", "100/minute")
    program = Program(limited, token(asker))
    limited.sign_in(asker)
    question = {"subject": "An invoice twice", "body": "We paid."}
    for _ in range(6):
        limited.post("/tickets/new", question)
    made = [program.post("/tickets", question) for _ in range(5)]

    assert [one.status_code for one in made] == [201] * 4 + [429]
    assert '"tickets.create";q=10;w=3600' in made[0].headers["RateLimit-Policy"]
    assert '"tickets.create";r=3' in made[0].headers["RateLimit"]


def test_a_refused_input_counts_once(limited, token, asker):
    refused = Program(limited, token(asker)).post("/tickets", {"bogus": 1})

    assert (refused.status_code, '"account";r=2' in refused.headers["RateLimit"]) == (422, True)
