"""What happens to the safety of an account: kept for its owner to look through, and told to them by mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.accounts.browsers import browser_name
from forum.accounts.models import Account, SecurityEvent, SecurityKind
from forum.clock import now
from forum.i18n import lazy
from forum.letters import send_letter

SHOWN = 50
WORDS = {
    SecurityKind.NEW_BROWSER: lazy("Signed in from a browser that was not used before"),
    SecurityKind.APP_ADDED: lazy("A code app was set up as a second factor"),
    SecurityKind.APP_REMOVED: lazy("The code app was removed"),
    SecurityKind.PASSKEY_ADDED: lazy("A passkey was added"),
    SecurityKind.PASSKEY_REMOVED: lazy("A passkey was removed"),
    SecurityKind.IDENTITY_LINKED: lazy("A sign-in through another site was linked"),
    SecurityKind.IDENTITY_UNLINKED: lazy("The link to a sign-in through another site was removed"),
    SecurityKind.CODES_RENEWED: lazy("New recovery codes were made, and the old ones ended"),
    SecurityKind.CODE_USED: lazy("A recovery code was used"),
    SecurityKind.FACTORS_RESET: lazy("An admin removed all second factors"),
    SecurityKind.PASSWORD_CHANGED: lazy("The password was changed"),
    SecurityKind.EMAIL_ASKED: lazy("A change of the e-mail address was asked for"),
    SecurityKind.EMAIL_CHANGED: lazy("The e-mail address was changed"),
    SecurityKind.EMAIL_PUT_BACK: lazy("A change of the e-mail address was taken back"),
    SecurityKind.ALERTS_OFF: lazy("Mail about new browsers was turned off"),
}
OWN_LETTER = frozenset({SecurityKind.NEW_BROWSER, SecurityKind.PASSWORD_CHANGED, SecurityKind.EMAIL_CHANGED})
"""What has a letter of its own, sent from where it happens."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The browser that something came from, as it calls itself, and its address."""

    user_agent: str = ""
    address: str = ""

    @classmethod
    def of(cls, request: Request) -> Origin:
        return cls(request.headers.get("user-agent", "")[:300], request.state.address[:45])


NOWHERE = Origin()
"""The command line, a job."""


@dataclass(frozen=True, slots=True)
class Told:
    words: str
    detail: str
    browser: str
    address: str
    at: datetime


def record(
    session: Session,
    account: Account,
    kind: SecurityKind,
    origin: Origin = NOWHERE,
    *,
    detail: str = "",
    session_id: int | None = None,
) -> SecurityEvent:
    """Note it, and tell the owner at the address that is theirs now."""
    event = SecurityEvent(
        account_id=account.id,
        kind=kind,
        detail=detail[:254],
        session_id=session_id,
        user_agent=origin.user_agent,
        address=origin.address,
        created_at=now(),
    )
    session.add(event)
    session.flush()
    if kind not in OWN_LETTER and account.email is not None:
        send_letter(
            session, "security", account.email, account, path="/settings/security", what=WORDS[kind], detail=detail
        )
    return event


def recent_events(session: Session, account_id: int) -> list[Told]:
    """The newest that are still kept, newest first."""
    rows = session.scalars(
        select(SecurityEvent)
        .where(SecurityEvent.account_id == account_id)
        .order_by(SecurityEvent.id.desc())
        .limit(SHOWN)
    )
    return [
        Told(
            words=str(WORDS[row.kind]),
            detail=row.detail,
            browser=browser_name(row.user_agent) if row.user_agent else "",
            address=row.address,
            at=row.created_at,
        )
        for row in rows
    ]
