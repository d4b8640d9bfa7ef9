"""Levels go along with the tags they were chosen for."""

from __future__ import annotations

from sqlalchemy import and_, delete, exists, insert, literal, select
from sqlalchemy.orm import Session, aliased

from forum.events import Bus
from forum.events.tags import TagMergeUndone, TagRemoved, TagsMerged
from forum.following.models import Follow, Subject


def subscribe(bus: Bus) -> None:
    bus.on(TagsMerged, on_merged)
    bus.on(TagMergeUndone, on_merge_undone)
    bus.on(TagRemoved, on_removed)


def on_merged(session: Session, event: TagsMerged) -> None:
    """Whoever has no level for the main tag gets the one they had; their own row waits for the merge to be undone."""
    other = aliased(Follow)
    has_one = exists().where(
        other.account_id == Follow.account_id, other.subject == Subject.TAG, other.subject_id == event.into_id
    )
    theirs = select(Follow.account_id, Follow.subject, literal(event.into_id), Follow.level, Follow.created_at).where(
        Follow.subject == Subject.TAG, Follow.subject_id == event.tag_id, ~has_one
    )
    names = ["account_id", "subject", "subject_id", "level", "created_at"]
    session.execute(insert(Follow).from_select(names, theirs))


def on_merge_undone(session: Session, event: TagMergeUndone) -> None:
    """A copy is known by being like its original to the microsecond; what was chosen since is kept."""
    original = aliased(Follow)
    copied = exists().where(
        and_(original.subject == Subject.TAG, original.subject_id == event.tag_id),
        original.account_id == Follow.account_id,
        original.level == Follow.level,
        original.created_at == Follow.created_at,
    )
    session.execute(
        delete(Follow)
        .where(Follow.subject == Subject.TAG, Follow.subject_id == event.into_id, copied)
        .execution_options(synchronize_session=False)
    )


def on_removed(session: Session, event: TagRemoved) -> None:
    session.execute(delete(Follow).where(Follow.subject == Subject.TAG, Follow.subject_id == event.tag_id))
