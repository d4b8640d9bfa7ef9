"""What tests of accounts need: passwords at a low cost, and the letters that were sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from forum.accounts.passwords import hash_password
from forum.jobs import Workshop
from forum.web import Site

PASSWORD = "four plain words here"
Letters = Callable[[], list[EmailMessage]]


@pytest.fixture
def letters(site: Site) -> Letters:
    """Work off the jobs, and read all mail so far, oldest first."""

    def read() -> list[EmailMessage]:
        Workshop(site.database, site.jobs).drain()
        files = sorted((site.settings.var / "mail").glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]  # type: ignore[misc]

    return read


@pytest.fixture
def ana(make: Any) -> Any:
    """Somebody with a password and a confirmed address."""
    return make.account("ana", display_name="Ana Lopes", password_hash=hash_password(PASSWORD))


def link_in(letter: EmailMessage) -> str:
    """The path of a letter's one link."""
    text = letter.get_body(("plain",)).get_content()
    return re.search(r"http://testserver(/\S+)", text).group(1)
