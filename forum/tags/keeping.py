"""What admins do with single tags: say what one is for, call it something else, let other names stand for it."""

from __future__ import annotations

import re

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.errors import Conflict, Invalid, NotFound
from forum.events import emit
from forum.events.tags import SynonymAdded, SynonymRemoved, TagBroughtBack, TagChanged
from forum.i18n import gettext as _
from forum.markup import one_line
from forum.tags.models import RemovedTag, Tag

LONGEST_DESCRIPTION = 500
MOST_SYNONYMS = 50
NAME = re.compile(r"(?=.*[^\W_])[\w.+#][\w.+#-]{0,34}")


def tidy_name(name: str) -> str:
    """A tag's name as it is kept: lower case, hyphens for spaces."""
    return one_line(name).lower().replace(" ", "-")


def change_tag(session: Session, actor: Actor, tag_id: int, *, name: str, description: str) -> Tag:
    """Say what a tag is for, and what it is called; a name it had becomes a synonym, so that no link is lost.

    Raises:
        NotFound: there is no such tag.
        Forbidden: the actor is no admin.
        Invalid: the description is too long, or the name cannot be a tag's or is taken.
    """
    tag = hold_tags(session, actor, tag_id)[0]
    description, name = one_line(description), _checked(name, "name")
    if len(description) > LONGEST_DESCRIPTION:
        raise Invalid({"description": _("Use at most {most} characters.").format(most=LONGEST_DESCRIPTION)})
    previous = tag.name
    if (name, description) == (previous, tag.description):
        return tag
    tag.description = description
    if name != previous:
        _free(session, tag, name)
        tag.name = name
        _flush(session, "name")
        session.add(Tag(name=previous, main_id=tag.id, created_by_id=actor.id, created_at=now()))
        _flush(session, "name")
    renamed_from = previous if name != previous else ""
    emit(session, TagChanged(actor_id=actor.id, tag_id=tag.id, name=name, previous=renamed_from))
    return tag


def add_synonym(session: Session, actor: Actor, tag_id: int, synonym: str) -> Tag:
    """Let a name stand for a tag wherever people write it.

    Raises:
        NotFound: there is no such tag.
        Forbidden: the actor is no admin.
        Invalid: the name cannot be a tag's, is taken, or the tag has too many synonyms.
    """
    tag = hold_tags(session, actor, tag_id)[0]
    name = _checked(synonym, "synonym")
    if session.scalar(select(func.count()).where(Tag.main_id == tag.id)) >= MOST_SYNONYMS:  # type: ignore[operator]
        words = _("A tag has at most {most} synonyms.").format(most=MOST_SYNONYMS)
        raise Invalid({"synonym": words})
    session.add(Tag(name=name, main_id=tag.id, created_by_id=actor.id, created_at=now()))
    _flush(session, "synonym")
    emit(session, SynonymAdded(actor_id=actor.id, tag_id=tag.id, name=tag.name, synonym=name))
    return tag


def remove_synonym(session: Session, actor: Actor, tag_id: int, synonym_id: int) -> tuple[Tag, str]:
    """Let a name stand for nothing again; the tag, and what the name was.

    Raises:
        NotFound: there is no such synonym of this tag.
        Forbidden: the actor is no admin.
        Conflict: it is a tag that was merged, which only undoing the merge brings back.
    """
    tag = hold_tags(session, actor, tag_id)[0]
    synonym = session.scalar(select(Tag).where(Tag.id == synonym_id, Tag.main_id == tag.id))
    if synonym is None:
        raise NotFound(_("There is no such synonym."))
    name = synonym.name
    try:
        with session.begin_nested():
            session.delete(synonym)
    except IntegrityError as error:
        raise Conflict(
            _("{name} is a tag that was merged into this one. Undo the merge instead.").format(name=name)
        ) from error
    emit(session, SynonymRemoved(actor_id=actor.id, tag_id=tag.id, name=tag.name, synonym=name))
    return tag, name


def bring_back(session: Session, actor: Actor, removed_id: int) -> Tag:
    """Undo the removal of a tag, with those of its synonyms whose names are still free.

    Raises:
        NotFound: nothing was removed under this number, or it is back already.
        Forbidden: the actor is no admin.
        Conflict: another tag has its name by now.
    """
    require(actor, Privilege.ADMINISTER)
    removed = session.scalar(select(RemovedTag).where(RemovedTag.id == removed_id).with_for_update())
    if removed is None:
        raise NotFound(_("There is no such removed tag; perhaps it is back already."))
    name = removed.name
    tag = Tag(
        name=name,
        description=removed.description,
        created_by_id=removed.created_by_id,
        created_at=removed.created_at,
    )
    session.add(tag)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(_("There is a tag or synonym {name} again.").format(name=name)) from error
    taken = set(session.scalars(select(Tag.name).where(Tag.name.in_(removed.synonyms))))
    free = [name for name in removed.synonyms if name not in taken]
    session.add_all(Tag(name=name, main_id=tag.id, created_by_id=actor.id, created_at=now()) for name in free)
    session.execute(delete(RemovedTag).where(RemovedTag.id == removed_id))
    session.flush()
    emit(session, TagBroughtBack(actor_id=actor.id, tag_id=tag.id, name=tag.name))
    return tag


def hold_tags(session: Session, actor: Actor, *tag_ids: int) -> list[Tag]:
    """These tags, locked in ascending order until commit, in the order asked for.

    Raises:
        NotFound: one is no tag, or stands for another by now.
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    query = select(Tag).where(Tag.id.in_(tag_ids)).order_by(Tag.id).with_for_update()
    found = {tag.id: tag for tag in session.scalars(query.execution_options(populate_existing=True))}
    if any(tag_id not in found or found[tag_id].main_id is not None for tag_id in tag_ids):
        raise NotFound(_("There is no such tag; perhaps it was merged or removed meanwhile."))
    return [found[tag_id] for tag_id in tag_ids]


def _checked(name: str, field: str) -> str:
    name = tidy_name(name)
    if not NAME.fullmatch(name):
        words = _("“{name}” cannot be a tag: use at most 35 letters, digits, hyphens and . + #")
        raise Invalid({field: words.format(name=name[:40])})
    return name


def _free(session: Session, tag: Tag, name: str) -> None:
    """Take a name from this tag's own synonyms: it may be called again what it was called before."""
    own = session.scalar(select(Tag).where(Tag.name == name, Tag.main_id == tag.id))
    if own is None:
        return
    try:
        with session.begin_nested():
            session.delete(own)
    except IntegrityError as error:
        words = _("{name} is a tag that was merged into this one. Undo the merge first.")
        raise Invalid({"name": words.format(name=name)}) from error


def _flush(session: Session, field: str) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        words = _("There is a tag or synonym of this name already. Merge the two if they mean the same.")
        raise Invalid({field: words}) from error
