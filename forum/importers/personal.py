"""Who somebody was at another site: after an erasure, a keyed digest by which no import brings them back."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from forum.i18n import gettext as _
from forum.importers.models import ImportedId
from forum.personal import Fate, Finding, Part, Subject
from forum.settings import Settings

USER, USERNAME, CLAIM = "user", "username", "claim"
MARK = "erased:"


def erased_id(session: Session, source_id: int, external_id: str) -> str:
    """What is kept in place of a person's number, or name, at another site."""
    settings: Settings = session.info["settings"]
    said = f"import:{source_id}:{external_id}"
    return MARK + hmac.new(settings.secret.encode(), said.encode(), hashlib.sha256).hexdigest()


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    found = session.scalar(select(func.count()).select_from(ImportedId).where(*_theirs(subject))) or 0
    yield Finding(_("links to accounts at sites that were imported"), found, Fate.ERASED)


def forget_identities(session: Session, subject: Subject, _cursor: int) -> int | None:
    for row in session.scalars(select(ImportedId).where(*_theirs(subject))).all():
        if row.kind != USER:
            session.delete(row)
            continue
        kept = {"source_id": row.source_id, "kind": USER, "local_id": row.local_id, "digest": "", "revision": 0}
        external_id = erased_id(session, row.source_id, row.external_id)
        session.execute(
            delete(ImportedId).where(
                ImportedId.source_id == row.source_id,
                ImportedId.kind == USER,
                ImportedId.external_id == row.external_id,
            )
        )
        session.add(ImportedId(external_id=external_id, **kept))
    session.flush()
    return None


def _theirs(subject: Subject) -> tuple[ColumnElement[bool], ...]:
    return (
        ImportedId.kind.in_((USER, USERNAME, CLAIM)),
        ImportedId.local_id == subject.account_id,
        ~ImportedId.external_id.startswith(MARK),
    )


PART = Part(
    name="imports",
    tables=frozenset({"imported_ids"}),
    findings=findings,
    steps=(forget_identities,),
)
