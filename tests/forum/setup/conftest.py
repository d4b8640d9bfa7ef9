"""A site that somebody has just started: nobody is there, and the server printed a code."""

from __future__ import annotations

import pytest

from forum.setup.actions import begin
from forum.web import Site

PASSWORD = "four plain words here"


@pytest.fixture
def code(site: Site) -> str:
    """The code that the first start printed."""
    with site.database.writing() as session:
        printed = begin(session)
    assert printed is not None
    return printed


@pytest.fixture
def first(code: str) -> dict[str, str]:
    """What the first admin types."""
    return {
        "code": code,
        "handle": "rosa",
        "display_name": "Rosa Lind",
        "email": "rosa@example.org",
        "password": PASSWORD,
    }
