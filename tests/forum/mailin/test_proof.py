"""Whether a mail server of ours says that a mail is from whom it names."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_string

import pytest

from forum.mailin.proof import OTHER_ADDRESS, UNPROVEN, why_not_proven

BO = "bo@example.org"


def why(settings, *fields, host="mx.example.org", written_from=BO):
    head = "".join(f"Authentication-Results: {field}\n" for field in fields)
    message = message_from_string(f"{head}From: {written_from}\n\nHello")
    return why_not_proven(replace(settings, inbound_auth_host=host), message, written_from, BO)


@pytest.mark.parametrize(
    "field",
    [
        "mx.example.org; dmarc=pass (p=none) header.from=example.org",
        "mx.example.org 1; spf=fail smtp.mailfrom=x@list.example; dkim=pass header.d=example.org",
        "mx.example.org; dkim=pass header.i=@mail.example.org header.s=one",
        "mx.example.org;\n spf=pass smtp.mailfrom=bo@example.org",
        "mx.example.org; dmarc=none; spf=pass smtp.mailfrom=example.org",
    ],
)
def test_what_the_server_confirms_is_proven(settings, field):
    assert why(settings, field) is None


@pytest.mark.parametrize(
    "fields",
    [
        (),
        ("mx.example.org; none",),
        ("mx.example.org; dmarc=fail; dkim=pass header.d=example.org",),
        ("mx.example.org; spf=pass smtp.mailfrom=eve@elsewhere.example",),
        ("mx.example.org; dkim=pass header.d=badexample.org",),
        ("mx.example.org; dkim=fail (dkim=pass header.d=example.org)",),
        ("elsewhere.example; dmarc=pass header.from=example.org",),
        ("mx.example.org; dmarc=fail", "mx.example.org; dmarc=pass"),
    ],
)
def test_what_it_does_not_confirm_is_held(settings, fields):
    assert why(settings, *fields) == UNPROVEN


def test_where_no_server_is_named_the_address_alone_counts(settings):
    assert why(settings, host=None) is None
    assert why(settings, host=None, written_from="eve@example.org") == OTHER_ADDRESS


def test_case_makes_no_other_address(settings):
    assert why(settings, host=None, written_from="Bo@Example.org") is None


@pytest.mark.parametrize("written_from", ["", "bo@example.org.evil.example", "bo+1@example.org", "b\u043e@example.org"])
def test_what_only_looks_alike_is_another_address(settings, written_from):
    message = message_from_string("From: x\n\nHello")

    assert why_not_proven(settings, message, written_from, BO) == OTHER_ADDRESS
