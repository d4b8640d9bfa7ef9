"""Merging one tag into another, exactly undoing that, and removing a tag that stands on nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.errors import Conflict, Invalid, NotFound
from forum.events import emit
from forum.events.tags import TagMergeUndone, TagRemoved, TagsMerged
from forum.i18n import gettext as _
from forum.posts import Visibility
from forum.tags.keeping import hold_tags, tidy_name
from forum.tags.models import RemovedTag, Space, SpaceAudience, Tag
from forum.threads.actions.tagging import MAX_TAGS
from forum.threads.models import TagMerge, TagMergeThread, Thread, ThreadTag

_QUIETLY = {"synchronize_session": False}


def merge_tags(session: Session, actor: Actor, tag_id: int, into: str) -> TagMerge:
    """Give another tag all threads of this one, whose name then stands for the other.

    Which threads had which is kept, so that `undo_merge` is exact. Of two merges that cross, the second is refused.

    Raises:
        NotFound: there is no such tag, or it stands for another by now.
        Forbidden: the actor is no admin.
        Invalid: `into` is the name of no other tag.
    """
    require(actor, Privilege.ADMINISTER)
    other = session.execute(select(Tag.id, Tag.main_id).where(Tag.name == tidy_name(into))).one_or_none()
    if other is None:
        raise Invalid({"into": _("There is no such tag.")})
    into_id = other.main_id or other.id
    if into_id == tag_id:
        raise Invalid({"into": _("That is this tag itself. Choose another one.")})
    tag, main = hold_tags(session, actor, tag_id, into_id)
    synonyms = list(session.scalars(select(Tag.id).where(Tag.main_id == tag.id).order_by(Tag.id)))
    merge = TagMerge(
        tag_id=tag.id, into_id=main.id, synonym_ids=synonyms, thread_count=0, merged_by_id=actor.id, merged_at=now()
    )
    session.add(merge)
    session.flush()
    merge.thread_count = _remember(session, merge)
    _go_over(session, merge)
    tag.main_id = main.id
    session.execute(update(Tag).where(Tag.id.in_(synonyms)).values(main_id=main.id), execution_options=_QUIETLY)
    _count_again(session, tag, main)
    event = TagsMerged(
        actor_id=actor.id,
        tag_id=tag.id,
        into_id=main.id,
        threads=merge.thread_count,
        name=tag.name,
        into=main.name,
    )
    emit(session, event)
    return merge


def undo_merge(session: Session, actor: Actor, merge_id: int) -> Tag:
    """Give a merged tag back its threads, its synonyms and its name.

    A thread from which somebody has meanwhile taken the other tag was sorted anew, and stays as it is; so does one
    that has five other tags by now.

    Raises:
        NotFound: there is no such merge, or it was undone already.
        Forbidden: the actor is no admin.
        Conflict: the tag it went into was itself merged since.
    """
    require(actor, Privilege.ADMINISTER)
    pair = session.execute(select(TagMerge.tag_id, TagMerge.into_id).where(TagMerge.id == merge_id)).one_or_none()
    held = select(Tag).where(Tag.id.in_(pair or ())).order_by(Tag.id).with_for_update()
    tags = {tag.id: tag for tag in session.scalars(held.execution_options(populate_existing=True))}
    merge = session.get(TagMerge, merge_id, populate_existing=True)
    if merge is None:
        raise NotFound(_("There is no such merge; perhaps it was undone already."))
    tag, main = tags[merge.tag_id], tags[merge.into_id]
    if tag.main_id != main.id:
        raise Conflict(_("{name} was merged into another tag since. Undo that first.").format(name=main.name))
    _pass_on(session, merge)
    _go_back(session, merge)
    tag.main_id = None
    came_along = (Tag.id.in_(merge.synonym_ids), Tag.main_id == main.id)
    session.execute(update(Tag).where(*came_along).values(main_id=tag.id), execution_options=_QUIETLY)
    session.execute(delete(TagMergeThread).where(TagMergeThread.merge_id == merge.id), execution_options=_QUIETLY)
    session.delete(merge)
    _count_again(session, tag, main)
    event = TagMergeUndone(actor_id=actor.id, tag_id=tag.id, into_id=main.id, name=tag.name, into=main.name)
    emit(session, event)
    return tag


def remove_tag(session: Session, actor: Actor, tag_id: int) -> RemovedTag:
    """Take a tag away that no thread has; what it was is kept, for `bring_back`.

    Raises:
        NotFound: there is no such tag.
        Forbidden: the actor is no admin.
        Conflict: a thread has it, shown or not, or another tag was merged into it.
    """
    tag = hold_tags(session, actor, tag_id)[0]
    if session.scalar(select(exists().where(ThreadTag.tag_id == tag.id))):
        raise Conflict(_("A thread has this tag, so it cannot be removed. Merge it into another instead."))
    if session.scalar(select(exists().where(TagMerge.into_id == tag.id))):
        raise Conflict(_("Another tag was merged into this one. Undo that first."))
    names = list(session.scalars(select(Tag.name).where(Tag.main_id == tag.id).order_by(Tag.name)))
    removed = RemovedTag(
        name=tag.name,
        description=tag.description,
        synonyms=names,
        created_by_id=tag.created_by_id,
        created_at=tag.created_at,
        removed_by_id=actor.id,
        removed_at=now(),
    )
    session.add(removed)
    session.execute(delete(Tag).where(Tag.main_id == tag.id), execution_options=_QUIETLY)
    session.delete(tag)
    session.flush()
    emit(session, TagRemoved(actor_id=actor.id, tag_id=tag_id, name=removed.name))
    return removed


def _remember(session: Session, merge: TagMerge) -> int:
    """Write down which threads have the tag, and whether they have the other one too; how many there are."""
    both = aliased(ThreadTag)
    had_both = exists().where(both.thread_id == ThreadTag.thread_id, both.tag_id == merge.into_id)
    rows = select(literal(merge.id), ThreadTag.thread_id, had_both).where(ThreadTag.tag_id == merge.tag_id)
    session.execute(insert(TagMergeThread).from_select(["merge_id", "thread_id", "had_both"], rows))
    return session.scalar(select(func.count()).where(TagMergeThread.merge_id == merge.id)) or 0


def _go_over(session: Session, merge: TagMerge) -> None:
    with_both = _threads(merge, had_both=True)
    gone = delete(ThreadTag).where(ThreadTag.tag_id == merge.tag_id, ThreadTag.thread_id.in_(with_both))
    session.execute(gone, execution_options=_QUIETLY)
    rest = update(ThreadTag).where(ThreadTag.tag_id == merge.tag_id).values(tag_id=merge.into_id)
    session.execute(rest, execution_options=_QUIETLY)


def _pass_on(session: Session, merge: TagMerge) -> None:
    """Where a thread has the other tag because of this merge and of a later one: from now on because of the later."""
    later, other = aliased(TagMergeThread), aliased(TagMerge)
    first = (
        select(later.thread_id, func.min(later.merge_id).label("merge_id"))
        .join(other, other.id == later.merge_id)
        .where(other.into_id == merge.into_id, other.id != merge.id)
        .where(later.thread_id.in_(_threads(merge, had_both=False)))
        .group_by(later.thread_id)
    )
    for thread_id, merge_id in session.execute(first).all():
        for which, both in ((merge_id, False), (merge.id, True)):
            row = update(TagMergeThread).where(TagMergeThread.merge_id == which, TagMergeThread.thread_id == thread_id)
            session.execute(row.values(had_both=both), execution_options=_QUIETLY)


def _go_back(session: Session, merge: TagMerge) -> None:
    theirs = (ThreadTag.tag_id == merge.into_id, ThreadTag.thread_id.in_(_threads(merge, had_both=False)))
    session.execute(update(ThreadTag).where(*theirs).values(tag_id=merge.tag_id), execution_options=_QUIETLY)
    every = aliased(ThreadTag)
    count = select(func.count()).where(every.thread_id == ThreadTag.thread_id).scalar_subquery()
    last = select(func.max(every.position)).where(every.thread_id == ThreadTag.thread_id).scalar_subquery()
    rows = select(ThreadTag.thread_id, literal(merge.tag_id), last + 1, ThreadTag.created_at).where(
        ThreadTag.tag_id == merge.into_id,
        ThreadTag.thread_id.in_(_threads(merge, had_both=True)),
        count < MAX_TAGS,
    )
    session.execute(insert(ThreadTag).from_select(["thread_id", "tag_id", "position", "created_at"], rows))


def _threads(merge: TagMerge, *, had_both: bool) -> Select[int]:
    of_this = (TagMergeThread.merge_id == merge.id, TagMergeThread.had_both.is_(had_both))
    return select(TagMergeThread.thread_id).where(*of_this)


def _count_again(session: Session, *tags: Tag) -> None:
    """What everybody sees of each tag, counted from its threads."""
    session.flush()
    public = select(Space.id).where(Space.audience == SpaceAudience.EVERYONE)
    for tag in sorted(tags, key=lambda tag: tag.id):
        shown: Any = (
            select(func.count())
            .select_from(ThreadTag)
            .join(Thread, Thread.id == ThreadTag.thread_id)
            .where(ThreadTag.tag_id == tag.id, Thread.visibility == Visibility.PUBLISHED)
            .where(or_(Thread.space_id.is_(None), Thread.space_id.in_(public)))
        )
        tag.thread_count = session.scalar(shown) or 0
    session.flush()
