"""Whose request it is: one hop, several, networks, IPv6, unix sockets, and what a client makes up."""

from __future__ import annotations

import pytest

from forum.web.proxies import TrustedProxies

CLIENT = "198.51.100.1"


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        ("", "203.0.113.9", [CLIENT], "203.0.113.9"),
        ("10.0.0.0/8", "203.0.113.9", [CLIENT], "203.0.113.9"),
        ("10.0.0.0/8", "10.0.0.1", [CLIENT], CLIENT),
        ("10.0.0.0/8", "10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", [" , "], "10.0.0.1"),
        ("10.0.0.0/8 192.0.2.7", "10.0.0.1", [f"6.6.6.6, {CLIENT}, 192.0.2.7, 10.0.0.2"], CLIENT),
        ("10.0.0.0/8", "10.0.0.1", ["10.0.0.9, 10.0.0.2"], "10.0.0.9"),
        ("2001:db8:1::/48", "2001:db8:1::5", ["2001:db8:9::1, 2001:db8:1::6"], "2001:db8:9::1"),
        ("10.0.0.0/8", "::ffff:10.0.0.1", [CLIENT], CLIENT),
        ("10.0.0.0/8", "::ffff:203.0.113.9", [CLIENT], "203.0.113.9"),
        ("unix", "", [CLIENT], CLIENT),
        ("unix", "/run/porchlight.sock", [CLIENT], CLIENT),
        ("unix 10.0.0.0/8", "", [f"{CLIENT}, 10.0.0.2"], CLIENT),
        ("10.0.0.0/8", "", [CLIENT], ""),
        ("unix", "203.0.113.9", [CLIENT], "203.0.113.9"),
        ("unix", "testclient", [CLIENT], "testclient"),
    ],
)
def test_the_client_is_the_last_hop_that_no_trusted_proxy_added(trusted, peer, forwarded, client):
    assert TrustedProxies(trusted.split()).client(peer, forwarded) == client


def test_a_line_that_a_client_wrote_itself_above_the_proxys_is_not_believed():
    assert TrustedProxies(["10.0.0.0/8"]).client("10.0.0.1", ["6.6.6.6", CLIENT]) == CLIENT


@pytest.mark.parametrize(
    ("hop", "client"),
    [
        (f"{CLIENT}:4711", CLIENT),
        (f'"{CLIENT}"', CLIENT),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("::ffff:198.51.100.1", CLIENT),
    ],
)
def test_a_hop_may_come_in_brackets_in_quotes_or_with_a_port(hop, client):
    assert TrustedProxies(["10.0.0.0/8"]).client("10.0.0.1", [hop]) == client


@pytest.mark.parametrize("hop", ["unknown", "_hidden", "1.2.3", "256.1.1.1", "<script>", "[", ":", "é", "10.0.0.0/8"])
def test_a_hop_that_is_no_address_ends_the_search_at_who_wrote_it(hop):
    assert TrustedProxies(["10.0.0.0/8"]).client("10.0.0.1", [f"{CLIENT}, {hop}"]) == "10.0.0.1"
    assert TrustedProxies(["10.0.0.0/8"]).client("10.0.0.1", [f"{CLIENT}, {hop}, 10.0.0.2"]) == "10.0.0.2"


def test_a_header_of_thousands_of_hops_is_not_followed_to_its_beginning():
    forwarded = ["6.6.6.6," + "10.0.0.2," * 5000]

    assert TrustedProxies(["10.0.0.0/8"]).client("10.0.0.1", forwarded) == "10.0.0.2"
