"""What proves who somebody is, and what happened to the safety of their account: told without secrets, erased whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from forum.accounts.browsers import browser_name
from forum.accounts.factors.models import TABLES, Passkey, RecoveryCode, TotpSecret
from forum.accounts.models import KnownDevice, SecurityEvent
from forum.accounts.security import WORDS
from forum.i18n import gettext as _
from forum.personal import Fate, Finding, Part, Section, Subject, Whose, count, forgets, in_batches, scrubs


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    for what, model in (
        (_("code apps"), TotpSecret),
        (_("passkeys"), Passkey),
        (_("recovery codes"), RecoveryCode),
        (_("browsers that were used before"), KnownDevice),
        (_("what happened to the safety of the account"), SecurityEvent),
    ):
        yield Finding(what, count(session, model, _of(model)(subject)), Fate.ERASED)


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    words = {
        "kind": _("Kind"),
        "name": _("Name"),
        "left": _("Not used yet"),
        "created_at": _("Added"),
        "last_used_at": _("Last used"),
    }
    yield Section("second-factors", _("Second factors"), words, _factors(session, subject))
    words = {"last_seen_at": _("Last used")}
    query = select(KnownDevice.id, KnownDevice.last_seen_at).where(_of(KnownDevice)(subject))
    seen = ({"last_seen_at": row.last_seen_at} for row in in_batches(session, query, KnownDevice.id))
    yield Section("known-browsers", _("Browsers that are known by a cookie"), words, seen)
    words = {
        "what": _("What"),
        "detail": _("Which"),
        "browser": _("Browser"),
        "address": _("Address"),
        "created_at": _("When"),
    }
    columns = [getattr(SecurityEvent, name) for name in ("id", "kind", "detail", "user_agent", "address", "created_at")]
    events = in_batches(session, select(*columns).where(_of(SecurityEvent)(subject)), SecurityEvent.id)
    told = (
        {
            "what": str(WORDS[row.kind]),
            "detail": row.detail,
            "browser": browser_name(row.user_agent) if row.user_agent else "",
            "address": row.address,
            "created_at": row.created_at,
        }
        for row in events
    )
    yield Section("security-events", _("What happened to the safety of your account"), words, told)


def _factors(session: Session, subject: Subject) -> Iterator[dict[str, Any]]:
    app = session.get(TotpSecret, subject.account_id)
    if app is not None:
        yield {"kind": _("Code app"), "created_at": app.created_at}
    query = select(Passkey.name, Passkey.created_at, Passkey.last_used_at).where(_of(Passkey)(subject))
    for row in session.execute(query.order_by(Passkey.id)):
        yield {"kind": _("Passkey"), **row._asdict()}
    mine = (_of(RecoveryCode)(subject), RecoveryCode.used_at.is_(None))
    left, made = session.execute(select(func.count(), func.min(RecoveryCode.created_at)).where(*mine)).one()
    if left:
        yield {"kind": _("Recovery codes"), "left": left, "created_at": made}


def _of(model: Any) -> Whose:
    def whose(subject: Subject) -> ColumnElement[bool]:
        found: ColumnElement[bool] = model.account_id == subject.account_id
        return found

    return whose


GOES = (*TABLES, KnownDevice, SecurityEvent)
PART = Part(
    name="security",
    tables=frozenset(model.__tablename__ for model in GOES),
    sections=sections,
    findings=findings,
    # In an event of somebody else's may stand an address that has become this person's.
    steps=(*(forgets(model, _of(model)) for model in GOES), scrubs(SecurityEvent, "detail")),
)
