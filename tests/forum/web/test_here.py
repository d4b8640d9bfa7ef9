"""A demonstration answers the machine it runs on."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from forum.app import build_site, create_app


@pytest.fixture
def from_(settings):
    """The status that somebody at an address gets."""

    def from_(address, *, demo=True, host="testserver"):
        site = build_site(replace(settings, demo=demo), rate_limits=False, durable=False)
        with TestClient(create_app(site), client=(address, 5000), base_url=f"http://{host}") as client:
            status = client.get("/login").status_code
        site.database.dispose()
        return status

    return from_


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_answered(from_, address):
    assert from_(address) == 200


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.7"])
def test_others_are_not_unless_it_is_a_site_of_one_s_own(from_, address):
    assert from_(address) == 403
    assert from_(address, demo=False) == 200


def test_nor_is_a_name_that_leads_here_from_elsewhere(from_):
    assert from_("127.0.0.1", host="rebound.example") == 400
