"""Bringing files, showing them in posts, taking them away."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, text, update
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.uploads import FileRemoved, UploadLimitsChanged
from forum.i18n import gettext as _
from forum.jobs import enqueue
from forum.uploads.holders import holders_of
from forum.uploads.limits import EXTENSION, MB, MOST, NEVER, Limits, keep_limits, limits_of, quota_of
from forum.uploads.models import File, FileUse
from forum.uploads.names import shown_in

if TYPE_CHECKING:
    from forum.uploads.intake import Kept

PURGE = "uploads.purge"
DAY = timedelta(days=1)
UNDO = timedelta(days=30)
"""How long a removed file can be given back."""
TOO_LATE = 3600.0
"""Seconds after which bytes are not committed any more: long before a sweep would take them for nobody's."""
MAX_REASON = 300
BATCH = 500


def add_file(session: Session, actor: Actor, kept: Kept) -> File:
    """Make a file whose bytes are kept the actor's own.

    Raises:
        Invalid: they have brought as much as they may for now.
        Conflict: its bytes were kept so long ago that a sweep may have them.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite's writers take turns as it is
        session.execute(text("SELECT pg_advisory_xact_lock(8413, :who)"), {"who": actor.id % 2**31})
    check_quota(session, actor, limits_of(session), size=kept.size)
    if time.monotonic() - kept.kept_at > TOO_LATE:
        raise Conflict(_("That took too long. Please send the file again."))
    file = File(
        token=kept.token,
        uploader_id=actor.id,
        kind=kept.kind,
        name=kept.name,
        media_type=kept.media_type,
        size=kept.size,
        width=kept.width,
        height=kept.height,
        digest=kept.digest,
        key=kept.key,
        thumbnail_key=kept.thumbnail_key,
        created_at=now(),
    )
    session.add(file)
    session.flush()
    return file


def check_quota(session: Session, actor: Actor, limits: Limits, *, size: int = 1) -> None:
    """
    Raises:
        Invalid: `size` bytes more would be more than the actor may bring in a day, or keep in all.
    """
    quota = quota_of(limits, actor)
    own = File.uploader_id == actor.id
    today = select(func.count(), func.coalesce(func.sum(File.size), 0)).where(own, File.created_at > now() - DAY)
    count, brought = session.execute(today).one()
    if count >= quota.files or brought + size > quota.mb * MB:
        words = _("You can add {files} files with {mb} megabytes in all within a day. Try again later.")
        raise Invalid({"files": words.format(files=quota.files, mb=quota.mb)})
    kept = session.scalar(select(func.coalesce(func.sum(File.size), 0)).where(own)) or 0
    if kept + size > quota.total_mb * MB:
        words = _("Your files here have {mb} megabytes, which is the most. Ask staff for more room.")
        raise Invalid({"files": words.format(mb=quota.total_mb)})


def attach(session: Session, actor_id: int | None, kind: str, holder_id: int, html: str) -> None:
    """Let the actor's own files that a new text shows belong to what holds it.

    Files of others stay where they are: whoever quotes one shows it to nobody who could not see it already.

    Raises:
        Invalid: it shows more files than a post may hold.
    """
    tokens = _tokens(session, html)
    if tokens and actor_id is not None:
        own = session.scalars(
            select(File).where(File.token.in_(tokens), File.uploader_id == actor_id).with_for_update(key_share=True)
        )
        _use(session, own.all(), kind, holder_id)


def attach_anew(session: Session, actor_id: int, kind: str, holder_id: int, html: str) -> None:
    """The same after an edit. What the text no longer shows stays for its earlier revisions, which can come back.

    Raises: as `attach`.
    """
    here = (FileUse.holder_kind == kind, FileUse.holder_id == holder_id)
    uses = {use.file_id: use for use in session.scalars(select(FileUse).where(*here))}
    tokens = _tokens(session, html)
    if not tokens and not uses:
        return
    mine = or_(File.uploader_id == actor_id, File.id.in_(uses))
    shown = session.scalars(select(File).where(File.token.in_(tokens), mine).with_for_update(key_share=True)).all()
    ids = {file.id for file in shown}
    for file_id, use in uses.items():
        use.current = file_id in ids
    _use(session, [file for file in shown if file.id not in uses], kind, holder_id)


def share(session: Session, of: tuple[str, int], to: tuple[str, int]) -> None:
    """Let what one text holds belong to another as well, which says the same to others."""
    held = select(File).join(FileUse, FileUse.file_id == File.id)
    there = select(FileUse.file_id).where(FileUse.holder_kind == to[0], FileUse.holder_id == to[1])
    files = session.scalars(
        held.where(FileUse.holder_kind == of[0], FileUse.holder_id == of[1], FileUse.current, File.id.not_in(there))
    )
    _use(session, files.all(), *to)


def set_removed(session: Session, actor: Actor, file_id: int, *, removed: bool, reason: str = "") -> File:
    """Take one file from everybody's eyes, or give it back within 30 days.

    Raises:
        NotFound: there is none, or none in what the actor may see.
        Forbidden: the actor does not look after what it is attached to.
        Invalid: the reason is too long.
    """
    file = session.scalars(select(File).where(File.id == file_id, in_care_of(session, actor)).with_for_update()).first()
    if file is None:
        raise NotFound(_("There is no such file."))
    if len(reason) > MAX_REASON:
        raise Invalid({"reason": _("Please keep the reason under {most} characters.").format(most=MAX_REASON)})
    if (file.removed_at is not None) is removed:
        return file
    file.removed_at, file.removed_by_id = (now(), actor.id) if removed else (None, None)
    session.flush()
    emit(
        session,
        FileRemoved(actor_id=actor.id, file_id=file.id, account_id=file.uploader_id, removed=removed, reason=reason),
    )
    return file


def in_care_of(session: Session, actor: Actor | None) -> ColumnElement[bool]:
    """The files in what this person both sees and looks after, removed ones among them."""
    cared = [
        File.held_by(holder, actor) for holder in holders_of(session) if actor is not None and actor.can(holder.care)
    ]
    return or_(*cared) if cared else File.id.is_(None)


def may_care(session: Session, actor: Actor | None) -> None:
    """
    Raises:
        Forbidden: the actor looks after nothing that files could be in.
    """
    if actor is None or not any(actor.can(holder.care) for holder in holders_of(session)):
        raise Forbidden(_("This page is not for you."))


def change_limits(session: Session, actor: Actor, given: Limits) -> None:
    """
    Raises:
        Forbidden: the actor is no admin.
        Invalid: a number is out of its range, or an extension is none, or one that a browser would run.
    """
    require(actor, Privilege.ADMINISTER)
    wrong = {}
    for name, most in MOST.items():
        if not 1 <= getattr(given, name) <= most:
            wrong[name] = _("From 1 to {most}.").format(most=most)
    odd = [one for one in given.extensions if not EXTENSION.fullmatch(one)]
    run = [one for one in given.extensions if one in NEVER]
    if odd or len(given.extensions) > 100:
        wrong["extensions"] = _("Up to 100 endings of letters and digits, with spaces between them.")
    elif run:
        words = _("A browser runs files of this kind, so they are never taken: {endings}.")
        wrong["extensions"] = words.format(endings=", ".join(run))
    if wrong:
        raise Invalid(wrong)
    if given != limits_of(session):
        keep_limits(session, given)
        emit(session, UploadLimitsChanged(actor_id=actor.id))


def forget(session: Session, which: ColumnElement[bool]) -> int:
    """Let go of files for good, with their bytes as soon as this is committed; how many there were, a batch at most."""
    query = select(File.id, File.key, File.thumbnail_key).where(which).limit(BATCH)
    # One that a post is about to show stays: `attach` holds it.
    found = session.execute(query.with_for_update(skip_locked=True)).all()
    ids = [row.id for row in found]
    if ids:
        session.execute(delete(FileUse).where(FileUse.file_id.in_(ids)))
        session.execute(delete(File).where(File.id.in_(ids)))
        enqueue(session, PURGE, {"keys": [key for row in found for key in (row.key, row.thumbnail_key) if key]})
    return len(ids)


def forget_holders(session: Session, kind: str, ids: Iterable[int]) -> None:
    """After posts or messages were erased: what was attached to them alone goes with them."""
    gone = list(ids)
    here = (FileUse.holder_kind == kind, FileUse.holder_id.in_(gone))
    files = list(session.scalars(select(FileUse.file_id).where(*here).distinct()))
    session.execute(delete(FileUse).where(*here))
    for start in range(0, len(files), BATCH):
        some = files[start : start + BATCH]
        forget(session, File.id.in_(some) & ~exists().where(FileUse.file_id == File.id))


def _tokens(session: Session, html: str) -> list[str]:
    tokens = shown_in(html)
    if tokens and len(tokens) > (most := limits_of(session).per_post):
        words = _("This shows {count} files; {most} is the most in one post.")
        raise Invalid({"body": words.format(count=len(tokens), most=most)})
    return tokens


def _use(session: Session, files: Sequence[File], kind: str, holder_id: int) -> None:
    if not files:
        return
    session.add_all(FileUse(file_id=file.id, holder_kind=kind, holder_id=holder_id) for file in files)
    session.flush()
    new = File.id.in_([file.id for file in files])
    session.execute(update(File).where(new, File.attached_at.is_(None)).values(attached_at=now()))
