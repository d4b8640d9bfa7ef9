"""What reputation has not granted yet is refused in words that say how many points it takes."""

from __future__ import annotations

import pytest

from forum.errors import Forbidden, Invalid
from forum.events.moderation import FlagReason
from forum.markup import cook
from forum.options import set_option
from forum.posts import PostKind, PostRef
from forum.threads.actions import ask, edit_post, post_comment
from moderation.flags.actions import flag_post

BODY = cook("It stops at 40 % and nothing more happens.")
LINKS = cook("Look: https://a.example https://b.example https://c.example")
TITLE = "Sync stops after a quarter of an hour"


@pytest.fixture(autouse=True)
def an_old_site(database):
    with database.writing() as setting:
        set_option(setting, "privileges.preset", "established")


@pytest.fixture
def newcomer(make):
    return make.actor(make.account(reputation=3))


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda session, actor, ref: post_comment(session, actor, ref.id, BODY), "You need 50 points"),
        (lambda session, actor, ref: edit_post(session, actor, ref, BODY), "You need 2000 points"),
        (lambda session, actor, ref: flag_post(session, actor, ref, FlagReason.SPAM), "You need 15 points"),
    ],
    ids=["comment", "edit", "flag"],
)
def test_a_refusal_says_how_many_points_it_takes(newcomer, thread, session, attempt, words):
    with pytest.raises(Forbidden) as refusal:
        attempt(session, newcomer, PostRef(PostKind.THREAD, thread.id))

    assert words in refusal.value.message
    assert "you have 3" in refusal.value.message


@pytest.mark.parametrize(
    ("cooked", "tag", "field", "words"),
    [(LINKS, "sync", "body", "You need 10 points"), (BODY, "brand-new", "tags", "You need 750 points")],
    ids=["links", "tag"],
)
def test_so_does_the_error_beside_a_field(make, newcomer, session, cooked, tag, field, words):
    for name in ("sync", "one", "two", "three", "four"):
        make.tag(name)
    with pytest.raises(Invalid) as refusal:
        ask(session, newcomer, title=TITLE, cooked=cooked, tags=[tag])

    assert words in refusal.value.fields[field]


def test_who_may_not_write_at_all_is_not_told_of_points(newcomer, thread, session):
    silent = type(newcomer)(id=newcomer.id, reputation=3)
    with pytest.raises(Forbidden) as refusal:
        post_comment(session, silent, thread.id, BODY)

    assert refusal.value.message == "You cannot comment at the moment."
