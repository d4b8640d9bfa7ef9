"""A site that mail comes in to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from forum.mailin.addresses import reply_address
from forum.posts import PostKind, PostRef
from forum.settings import Settings
from forum.web import Site
from tests.forum.mailin.postbox import DOMAIN, Postbox


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, inbound_domain=DOMAIN, mail_from="Porchlight <community@example.org>")


@pytest.fixture
def postbox(site: Site) -> Iterator[Postbox]:
    postbox = Postbox(site)
    yield postbox
    postbox.close()


@pytest.fixture
def address(settings):
    """The address in a letter to somebody that told of a thread, an answer or a comment."""

    def of(account, post):
        kind = PostKind(type(post).__name__.lower())
        return reply_address(settings, account.id, PostRef(kind, post.id))

    return of
