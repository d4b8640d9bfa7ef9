"""Asking for an archive of somebody's data, and finding it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.accounts.models import Account
from forum.clock import now
from forum.errors import Conflict, NotFound
from forum.events import emit
from forum.events.accounts import DataExportStarted
from forum.exports.models import DataExport
from forum.i18n import gettext as _
from forum.jobs import enqueue
from forum.settings import Settings

MAKE = "exports.make"
KEPT = timedelta(days=7)
EVERY = timedelta(days=1)
SHOWN = 10
FOLDER = "exports"


def ask_for_export(session: Session, actor: Actor) -> DataExport:
    """Have an archive made of one's own data.

    Raises:
        Conflict: one was asked for within the last day.
    """
    return _ask(session, actor, actor.id)


def start_export(session: Session, actor: Actor, handle: str) -> DataExport:
    """Have an archive made for somebody who asked otherwise; only they can fetch it.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: nobody has this handle.
        Conflict: one was asked for within the last day.
    """
    require(actor, Privilege.ADMINISTER)
    found = select(Account.id).where(Account.handle == handle.lower(), Account.anonymised_at.is_(None))
    account_id = session.scalar(found)
    if account_id is None:
        raise NotFound(_("There is nobody by that name here."))
    made = _ask(session, actor, account_id)
    emit(session, DataExportStarted(actor_id=actor.id, account_id=account_id))
    return made


def _ask(session: Session, actor: Actor, account_id: int) -> DataExport:
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update())  # of two at once, one waits
    last = select(DataExport.asked_at).where(DataExport.account_id == account_id).order_by(DataExport.id.desc())
    asked_at = session.scalar(last.limit(1))
    if asked_at is not None and asked_at > now() - EVERY:
        raise Conflict(_("An archive was asked for within the last day. One a day is made for each person."))
    made = DataExport(account_id=account_id, asked_by_id=actor.id)
    session.add(made)
    session.flush()
    enqueue(session, MAKE, {"export_id": made.id, "account_id": account_id})
    return made


def exports_of(session: Session, account_id: int) -> list[DataExport]:
    """The latest archives of somebody, the newest first."""
    query = select(DataExport).where(DataExport.account_id == account_id).order_by(DataExport.id.desc())
    return list(session.scalars(query.limit(SHOWN)))


def export_file(session: Session, actor: Actor, export_id: int) -> Path:
    """Where one's own archive lies.

    Raises:
        NotFound: there is none of that number, it is somebody else's, or it is not kept any more.
    """
    made = session.scalars(select(DataExport).filter_by(id=export_id, account_id=actor.id)).one_or_none()
    file = folder(session) / made.file if made is not None and made.fetchable and made.file else None
    if file is None or not file.is_file():
        raise NotFound(_("There is no such archive any more. Ask for a new one."))
    return file


def folder(session: Session) -> Path:
    settings: Settings = session.info["settings"]
    return settings.var / FOLDER


def sweep(session: Session, limit: int = 200) -> int:
    """Remove archives that can no longer be fetched, and what a broken-off making left behind."""
    over = select(DataExport).where(DataExport.file.is_not(None), DataExport.expires_at < now())
    swept = session.scalars(over.order_by(DataExport.id).limit(limit)).all()
    for made in swept:
        remove(session, made)
    return len(swept)


def remove(session: Session, made: DataExport) -> None:
    if made.file is not None:
        (folder(session) / made.file).unlink(missing_ok=True)
    made.file = None
