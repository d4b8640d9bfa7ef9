"""What moderation adds to other people's pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.i18n import gettext as _
from forum.posts import PostRef
from forum.slots import NavEntry, Slots
from moderation.flags.queries import menu_entries, notices, stake
from moderation.reviews.queries import moderated, waiting_count
from moderation.sanctions.views import home_notice, profile_sections

QUEUE = "/moderation/queue"


def register(slots: Slots) -> None:
    slots.stake(stake)
    slots.register("post.menu", "moderation/flags/_menu.html", menu_entries)
    slots.register("post.menu", "moderation/reviews/_menu.html", moderated, order=60)
    slots.register("post.notice", "moderation/flags/_notice.html", notices, order=10)
    slots.register("post.notice", "moderation/flags/_place.html", menu_entries, order=90)
    slots.register("profile.sections", "moderation/sanctions/_profile.html", profile_sections, order=80)
    slots.register("home.notices", "moderation/sanctions/_home.html", home_notice)
    slots.register("api.review", "", review_ids)
    slots.register("nav", "moderation/_nav.html", nav)


def review_ids(session: Session, actor: Actor | None, refs: Sequence[PostRef]) -> Mapping[PostRef, int]:
    """The review of each post whose notice the reader would see on its page."""
    return {ref: notice.review_id for ref, notice in notices(session, actor, refs).items()}


def nav(session: Session, actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, NavEntry]:
    """The queue, for those who work it, with how much waits."""
    if actor is None or not actor.can(Privilege.MODERATE):
        return {}
    return dict.fromkeys(keys, NavEntry(_("Review queue"), QUEUE, waiting_count(session, actor)))
