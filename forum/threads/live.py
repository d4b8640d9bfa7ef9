"""What an open page of a thread is told: how many answers and comments there are now, and how the thread stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.i18n import gettext as _
from forum.i18n import ngettext, plurals
from forum.live import Kind, Kinds, Shown
from forum.posts import Visibility
from forum.threads.models import Resolution, StaffState, Thread, ThreadKind
from forum.threads.queries import ThreadPage
from forum.threads.queries.rows import is_locked, public_resolution, public_staff_state

COLUMNS = (
    Thread.id,
    Thread.kind,
    Thread.visibility,
    Thread.answer_count,
    Thread.comment_count,
    Thread.duplicate_of_id,
    Thread.accepted_answer_id,
    Thread.needs_info_at,
    Thread.locked_at,
    Thread.locked_until,
    Thread.staff_state,
)


def install(kinds: Kinds) -> None:
    kinds.add(Kind("thread", read, public=True))


def read(session: Session, actor: Actor | None, keys: Sequence[str]) -> Mapping[str, Shown]:
    """By the counts that everybody may see: who sees a hidden answer as well hears nothing more of it."""
    rows = session.execute(select(*COLUMNS).where(Thread.id.in_([int(key) for key in keys]), Thread.visible_to(actor)))
    facts = {
        str(row.id): _facts(
            row.answer_count,
            row.comment_count,
            row.visibility,
            public_resolution(row),
            row.accepted_answer_id,
            public_staff_state(row),
            locked=is_locked(row),
        )
        for row in rows
    }
    return {key: Shown(facts.get(key), frozenset({("threads", int(key))})) for key in keys}


def facts_of(page: ThreadPage) -> dict[str, Any]:
    """What a page shows already, which is the same for whoever may see the thread."""
    thread, standing = page.thread, page.standing
    return _facts(
        thread.answer_count,
        standing.comment_count,
        thread.visibility,
        thread.resolution,
        standing.accepted_answer_id,
        thread.with_staff,
        locked=thread.locked,
    )


def _facts(
    answers: int,
    comments: int,
    visibility: Visibility,
    resolution: Resolution,
    accepted: int | None,
    staff: StaffState | None,
    *,
    locked: bool,
) -> dict[str, Any]:
    state = [visibility, resolution, accepted or "", staff or "", "locked" if locked else ""]
    return {"answers": answers, "comments": comments, "state": " ".join(map(str, state))}


def words(kind: ThreadKind) -> dict[str, Any]:
    """What the page says when it hears of something, in the reader's language."""
    if kind is ThreadKind.QUESTION:
        answers = plurals(lambda count: ngettext("{count} new answer", "{count} new answers", count))
    else:
        answers = plurals(lambda count: ngettext("{count} new reply", "{count} new replies", count))
    return {
        "answers": answers,
        "comments": plurals(lambda count: ngettext("{count} new comment", "{count} new comments", count)),
        "solved": _("This was solved meanwhile"),
        "changed": _("This thread has moved on"),
        "first": _("Go to the first new one"),
    }
