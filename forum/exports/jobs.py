"""Making archives, outside any transaction: a reader holds up nobody."""

from __future__ import annotations

import os
import secrets

import structlog
from sqlalchemy.orm import Session

from forum import i18n
from forum.accounts.models import Account
from forum.accounts.personal import subject_of
from forum.clock import now
from forum.db import Database
from forum.exports.actions import FOLDER, KEPT, MAKE
from forum.exports.archive import write_archive
from forum.exports.models import DataExport
from forum.i18n import lazy
from forum.jobs import Jobs, Task
from forum.letters import send_letter
from forum.notifications.actions import notify
from forum.notifications.kinds import add_kind
from forum.personal import Personal
from forum.settings import Settings

log = structlog.get_logger()
READY = "export_ready"
PAGE = "/settings/data"

add_kind(READY, lazy("The archive of your data is ready to be fetched"), "download")


class Maker:
    """Writes one archive, then says so in one transaction; made twice, only the second file is kept."""

    def __init__(self, database: Database, settings: Settings, personal: Personal) -> None:
        self.database = database
        self.settings = settings
        self.personal = personal

    def make(self, task: Task) -> None:
        export_id = task.payload["export_id"]
        folder = self.settings.var / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{export_id}-{secrets.token_hex(16)}.zip"
        unfinished = folder / f".{name}.part"
        for left in folder.glob(f".{export_id}-*.part"):
            left.unlink(missing_ok=True)
        try:
            with self.database.reading() as session:
                made = session.get(DataExport, export_id)
                account = session.get(Account, made.account_id) if made else None
                if made is None or account is None or made.ready_at is not None or account.anonymised_at is not None:
                    return
                os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                with i18n.use_locale(account.locale):
                    write_archive(
                        session,
                        self.personal,
                        subject_of(account),
                        unfinished,
                        site_name=self.settings.site_name,
                        time_zone=account.time_zone,
                    )
            unfinished.replace(folder / name)
            if not self.database.write(lambda session: _tell(session, export_id, name, (folder / name).stat().st_size)):
                (folder / name).unlink(missing_ok=True)
        finally:
            unfinished.unlink(missing_ok=True)


def install(jobs: Jobs, maker: Maker) -> None:
    jobs.sends(MAKE, maker.make)


def _tell(session: Session, export_id: int, name: str, size: int) -> bool:
    """Note that an archive is there, and tell its owner; False when another worker, or an erasure, was quicker."""
    made = session.get_one(DataExport, export_id, with_for_update=True)
    account = session.get_one(Account, made.account_id)
    if made.ready_at is not None or account.anonymised_at is not None:
        return False
    made.file, made.size, made.ready_at, made.expires_at = name, size, now(), now() + KEPT
    session.flush()
    key = f"export:{export_id}"
    notify(session, account.id, READY, url=PAGE, key=key, mail=False)
    if account.email is not None:
        send_letter(session, "export_ready", account.email, account, path=PAGE, key=key, days=KEPT.days)
    return True
