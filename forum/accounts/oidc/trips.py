"""Browsers on their way to the provider and back, and people who came back and have no account yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import Actor, signed_in
from forum.accounts.names import clean_display_name
from forum.accounts.oidc.handles import free_handle
from forum.accounts.oidc.models import ProviderArrival, ProviderTrip, Purpose
from forum.accounts.oidc.provider import Identity, Trip
from forum.accounts.queries import token_hash
from forum.accounts.tokens import new_token
from forum.clock import now

BROWSER = "provider-trip"
ARRIVAL = "provider-arrival"
AWAY = timedelta(minutes=15)
WAITS = timedelta(minutes=30)
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Underway:
    """A trip that has ended, as what it was for needs it."""

    purpose: Purpose
    account_id: int | None
    session_hash: str | None
    nonce: str
    verifier: str
    next: str
    remembered: bool
    created_at: datetime

    def is_of(self, request: Request) -> bool:
        """Whether whoever is signed in now began it, in this very session."""
        actor: Actor | None = request.state.actor
        return actor is not None and (actor.id, _session_hash(request)) == (self.account_id, self.session_hash)


def set_out(
    session: Session, request: Request, trip: Trip, purpose: Purpose, browser: str, *, next: str, remembered: bool
) -> None:
    """Remember that this browser goes to the provider; where it is no sign-in, for whoever is signed in alone."""
    of = None if purpose in {Purpose.SIGN_IN, Purpose.JOIN} else signed_in(request)
    moment = now()
    session.add(
        ProviderTrip(
            account_id=of.id if of else None,
            session_hash=_session_hash(request) if of else None,
            purpose=purpose,
            browser_hash=token_hash(browser),
            state_hash=token_hash(trip.state),
            nonce=trip.nonce,
            verifier=trip.verifier,
            next=next,
            remembered=remembered,
            created_at=moment,
            expires_at=moment + AWAY,
        )
    )


def come_back(session: Session, browser: str | None, state: str) -> Underway | None:
    """The trip that this browser began with this word; it is over with that, however it ends."""
    theirs = (
        ProviderTrip.state_hash == token_hash(state),
        ProviderTrip.browser_hash == token_hash(browser or ""),
        ProviderTrip.expires_at > now(),
    )
    columns = [getattr(ProviderTrip, name) for name in Underway.__dataclass_fields__]
    row = session.execute(delete(ProviderTrip).where(*theirs).returning(*columns)).one_or_none()
    return None if row is None else Underway(*row)


def let_wait(session: Session, identity: Identity, trip: Underway) -> str:
    """Keep whom the provider vouched for, until they say which account is theirs; returns the cookie for that."""
    token, handle = new_token(), free_handle(session, identity.names)
    session.add(
        ProviderArrival(
            token_hash=token_hash(token),
            issuer=identity.issuer,
            subject=identity.subject,
            email=identity.email,
            verified=identity.verified,
            handle=handle,
            display_name=display_name(identity, handle),
            next=trip.next,
            remembered=trip.remembered,
            expires_at=now() + WAITS,
        )
    )
    return token


def waiting(session: Session, token: str | None, *, hold: bool = False) -> ProviderArrival | None:
    """Whoever waits in this browser."""
    query = select(ProviderArrival).where(
        ProviderArrival.token_hash == token_hash(token or ""), ProviderArrival.expires_at > now()
    )
    return session.scalars(query.with_for_update() if hold else query).one_or_none()


def _session_hash(request: Request) -> str:
    return token_hash(request.state.session_token or "")


def display_name(identity: Identity, handle: str) -> str:
    return clean_display_name(identity.display_name[:LONGEST_NAME], handle)
