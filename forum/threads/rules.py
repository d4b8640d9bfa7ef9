"""Who may do what to a post, asked by the pages that offer it; the acts check again, under a lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forum.access import Actor, Privilege
from forum.posts import SHOWN, Visibility


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a reader is offered at one post."""

    edit: bool = False
    delete: bool = False
    restore: bool = False
    history: bool = False


def abilities(actor: Actor | None, post: Any, *, locked: bool, kept: bool = False) -> Abilities:
    """For any row with a post's columns; `kept` says that its author can no longer delete it."""
    if actor is None:
        return Abilities(history=post.revision > 1 and post.visibility in SHOWN)
    own, deleted = actor.id == post.author_id, post.visibility is Visibility.DELETED
    bench = actor.can(Privilege.MODERATE) or actor.can(Privilege.DELETE_ANY)
    writes = actor.can(Privilege.EDIT_ANY) or (own and actor.can(Privilege.COMMENT_OWN))
    for_staff = getattr(post, "from_staff", False) and not actor.can(Privilege.CLOSE)
    return Abilities(
        edit=writes
        and not for_staff
        and not post.withheld
        and not deleted
        and (not locked or actor.can(Privilege.CLOSE)),
        delete=not deleted and (bench or (own and not kept)),
        restore=deleted and (bench or (own and post.visibility_by_id == actor.id)),
        history=post.revision > 1,
    )
