"""The kinds of notification, and the matters by which people choose how they hear of them.

A sentence may name `{actor}` and `{title}`. It is put together where it is read, in the
reader's language, so a name that changed or a title that was hidden is never shown as it was.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.following.rules import News
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.notifications.models import ByMail


class Group(enum.StrEnum):
    """Under which heading a matter stands in the settings."""

    __hash__ = str.__hash__

    MINE = "mine"
    FOLLOWED = "followed"
    TICKETS = "tickets"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Matter:
    """What several kinds are about, in the words of the settings; `by_mail` is how it comes until somebody chooses.

    `at_once` says that its letters are never gathered with others. `privilege` is what somebody needs to be told of it.
    """

    name: str
    words: str
    group: Group
    by_mail: ByMail = ByMail.AT_ONCE
    at_once: bool = False
    privilege: Privilege | None = None


Readable = Callable[[Session, Actor, Collection[str]], set[str]]
"""Those of the paths that somebody may read."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`news` is what it is to those who follow; `announces` says that it tells of the post itself, which is quoted.

    `own` marks what was done to a post of whoever is told: they hear of it though they may not see it any more.
    `readable` says which of the pages that notifications lead to may be read, for a kind that is about no post: a
    letter tells of no other.
    """

    sentence: str
    icon: str
    matter: str
    news: News | None = None
    announces: bool = False
    own: bool = False
    readable: Readable | None = None


OTHER = "other"
_matters: dict[str, Matter] = {}
_kinds: dict[str, Kind] = {}


def add_matter(
    name: str,
    words: str,
    group: Group = Group.MINE,
    *,
    at_once: bool = False,
    privilege: Privilege | None = None,
) -> str:
    """Let people choose how they hear of something; `words` are marked with `lazy`."""
    _matters[name] = Matter(name, words, group, at_once=at_once, privilege=privilege)
    return name


def add_kind(
    name: str,
    sentence: str,
    icon: str = "bell",
    *,
    matter: str = OTHER,
    news: News | None = None,
    announces: bool = False,
    own: bool = False,
    readable: Readable | None = None,
) -> None:
    """Say how a kind reads; `sentence` is marked with `lazy`, `icon` one of static/icons.txt."""
    _kinds[name] = Kind(sentence, icon, matter, news, announces, own, readable)


def matters(actor: Actor) -> list[Matter]:
    """All that this person may be told of, in the order of the settings."""
    mine = [one for one in _matters.values() if one.privilege is None or actor.can(one.privilege)]
    return sorted(mine, key=lambda one: list(Group).index(one.group))


def all_matters() -> list[Matter]:
    return list(_matters.values())


def matter(name: str) -> Matter:
    return _matters.get(name, _matters[OTHER])


def kind(name: str) -> Kind:
    return _kinds.get(name, _PLAIN)


def matter_of(kind_name: str) -> Matter:
    return matter(kind(kind_name).matter)


def kinds_of(matter_name: str) -> list[str]:
    return [name for name, one in _kinds.items() if one.matter == matter_name]


def sentence(kind_name: str, *, actor: str | None, title: str | None) -> str:
    """What happened, in words; "" for a kind whose whole story is its text."""
    words = str(kind(kind_name).sentence)
    return words.format(actor=actor or _("Somebody"), title=title or _("a post that is no longer shown"))


def icon(kind_name: str) -> str:
    return kind(kind_name).icon


_PLAIN = Kind("", "bell", OTHER)
MENTIONS = add_matter("mentions", lazy("Somebody mentions me"))
ANSWERS = add_matter("answers", lazy("Somebody answers my question"))
COMMENTS = add_matter("comments", lazy("Somebody comments on what I wrote"))
ACCEPTED = add_matter("accepted", lazy("My answer is accepted"))
EDITS = add_matter("edits", lazy("Somebody edits what I wrote, or needs to know more"))
DECISIONS = add_matter("decisions", lazy("Moderators decide about what I wrote"))
add_matter(OTHER, lazy("Anything else that concerns me"))
THREADS = add_matter("threads", lazy("A new thread in what I follow or watch"), Group.FOLLOWED)
REPLIES = add_matter("replies", lazy("A new answer or comment in what I follow or watch"), Group.FOLLOWED)
SOLVED = add_matter("solved", lazy("A thread that I follow or watch is solved"), Group.FOLLOWED)

add_kind("mention", lazy("{actor} mentioned you in “{title}”"), "message-circle", matter=MENTIONS, announces=True)
add_kind("answer", lazy("{actor} answered your question “{title}”"), "message-square", matter=ANSWERS, announces=True)
add_kind("staff_answer", lazy("Staff answered your question “{title}”"), "headset", matter=ANSWERS, announces=True)
add_kind(
    "followed_thread",
    lazy("{actor} asked “{title}”"),
    "message-square",
    matter=THREADS,
    news=News.THREAD,
    announces=True,
)
add_kind(
    "followed_answer",
    lazy("{actor} answered “{title}”"),
    "message-square",
    matter=REPLIES,
    news=News.ANSWER,
    announces=True,
)
add_kind(
    "followed_comment",
    lazy("{actor} commented in “{title}”"),
    "message-circle",
    matter=REPLIES,
    news=News.COMMENT,
    announces=True,
)
add_kind(
    "comment", lazy("{actor} commented on your post in “{title}”"), "message-circle", matter=COMMENTS, announces=True
)
add_kind("accepted", lazy("{actor} accepted your answer to “{title}”"), "circle-check", matter=ACCEPTED)
add_kind("solved", lazy("“{title}” is solved"), "circle-check", matter=SOLVED, news=News.SOLVED)
add_kind("edited", lazy("{actor} edited your post in “{title}”"), "pencil", matter=EDITS)
add_kind("needs_info", lazy("{actor} needs to know more to answer “{title}”"), "circle-help", matter=EDITS)
add_kind("token_revoked", lazy("{actor} ended one of your API tokens"), "key")
add_kind("organisation_offer", lazy("You can join your organisation here"), "users")


def _decision(name: str, sentence: str, icon: str, *, own: bool = True) -> None:
    add_kind(name, sentence, icon, matter=DECISIONS, own=own)


_decision("approved", lazy("Your post in “{title}” was approved and is shown"), "eye")
_decision("restored", lazy("Your post in “{title}” is shown again"), "eye")
_decision("unlisted", lazy("“{title}” was taken out of the lists"), "eye-off")
_decision("hidden", lazy("Your post in “{title}” was hidden by a moderator"), "eye-off")
_decision(
    "hidden_by_flags", lazy("Your post in “{title}” was flagged and is hidden until a moderator looks"), "eye-off"
)
_decision("rejected", lazy("Your post in “{title}” was not approved"), "ban")
_decision("removed", lazy("Your post in “{title}” was removed by a moderator"), "trash-2")
_decision("held", lazy("Your post in “{title}” waits for a moderator's approval"), "hourglass")
_decision("withheld", lazy("The text of your post in “{title}” was removed to protect private information"), "lock")
_decision("locked", lazy("Your question “{title}” was locked"), "lock")
_decision("duplicate", lazy("Your question “{title}” was marked as asked before"), "merge", own=False)
