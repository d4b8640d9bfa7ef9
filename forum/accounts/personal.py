"""What accounts tell in an export of one's data, and what an erasure leaves of an account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, object_session

from forum.accounts.browsers import browser_name
from forum.accounts.merged import former_accounts
from forum.accounts.models import Account, AccountSession, AccountToken, ApiToken, ParkedPost
from forum.accounts.reserving import reserve
from forum.clock import now
from forum.i18n import gettext as _
from forum.personal import GONE, NAME, Fate, Finding, Part, Section, Subject, Whose, count, forgets

PROFILE = (
    "handle",
    "display_name",
    "email",
    "unconfirmed_email",
    "email_verified_at",
    "created_at",
    "imported_at",
    "last_seen_at",
    "location",
    "website",
    "bio_source",
    "time_zone",
    "locale",
    "reputation",
    "team",
    "skills",
)


def subject_of(account: Account, *, content: bool = False) -> Subject:
    session = object_session(account)
    former = former_accounts(session, account.id) if session is not None else []
    # One that is not confirmed may be somebody else's.
    emails = tuple(one.email for one in (account, *former) if one.email)
    handles = tuple(one.handle for one in former)
    return Subject(account.id, account.handle, account.display_name, emails, content, handles)


def shut(session: Session, subject: Subject, _cursor: int) -> int | None:
    """Nobody comes in as them from here on, and their profile is gone; what names them elsewhere is looked for next."""
    account = session.get_one(Account, subject.account_id, with_for_update=True)
    account.anonymised_at = account.anonymised_at or now()
    account.password_hash = None
    account.moderator = account.staff = account.admin = False
    account.tier, account.team, account.skills = None, "", []
    account.organisation_id, account.organisation_domain, account.organisation_manager = None, None, False
    account.sign_in_alerts = False
    session.flush()
    return None


def forget_account(session: Session, subject: Subject, _cursor: int) -> int | None:
    """The last step: the row itself, without which no other step knew whom to look for."""
    account = session.get_one(Account, subject.account_id, with_for_update=True)
    for one in (*former_accounts(session, account.id), account):
        _forget(session, one)
    session.flush()
    return None


def _forget(session: Session, account: Account) -> None:
    if not account.handle.startswith(GONE):
        reserve(session, account.handle)
    account.handle, account.display_name = f"{GONE}{account.id}", NAME
    account.email = account.unconfirmed_email = account.email_verified_at = None
    account.bio_source = account.bio_html = account.location = account.website = ""
    account.time_zone, account.sanction_reason, account.last_seen_at = "UTC", None, None
    account.silenced_until = account.suspended_until = None


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    mine = subject.account_id
    yield Finding(_("profile, address and password"), 1, Fate.ERASED)
    for what, model in (
        (_("signed-in browsers"), AccountSession),
        (_("links sent by mail"), AccountToken),
        (_("API tokens"), ApiToken),
        (_("posts kept for after signing in"), ParkedPost),
    ):
        yield Finding(what, count(session, model, model.account_id == mine), Fate.ERASED)


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    account = session.get_one(Account, subject.account_id)
    words = {
        "handle": _("Handle"),
        "display_name": _("Display name"),
        "email": _("E-mail address"),
        "unconfirmed_email": _("Address not yet confirmed"),
        "email_verified_at": _("Address confirmed"),
        "created_at": _("Account made"),
        "imported_at": _("Imported"),
        "last_seen_at": _("Last seen"),
        "location": _("Location"),
        "website": _("Website"),
        "bio_source": _("About you"),
        "time_zone": _("Time zone"),
        "locale": _("Language"),
        "reputation": _("Reputation"),
        "team": _("Team"),
        "skills": _("Skills"),
        "roles": _("Roles"),
    }
    profile: dict[str, Any] = {name: getattr(account, name) for name in PROFILE}
    yield Section("profile", _("Profile"), words, [profile | {"roles": sorted(account.roles)}])
    asked = {"what": _("What"), "agreed": _("Agreed")}
    mail = {"what": _("Mail about sign-ins from new browsers"), "agreed": account.sign_in_alerts}
    yield Section("consents", _("Consents"), asked, [mail])
    words = {"handle": _("Handle"), "email": _("E-mail address"), "created_at": _("Account made")}
    former = [{name: getattr(one, name) for name in words} for one in former_accounts(session, account.id)]
    yield Section("former-accounts", _("Accounts that became part of yours"), words, former)
    yield _sessions(session, account.id)
    yield _tokens(session, account.id)


def _sessions(session: Session, account_id: int) -> Section:
    words = {
        "browser": _("Browser"),
        "address": _("Address"),
        "created_at": _("Signed in"),
        "last_seen_at": _("Last used"),
        "expires_at": _("Ends"),
    }
    rows = session.scalars(select(AccountSession).filter_by(account_id=account_id).order_by(AccountSession.id))
    return Section(
        "sessions",
        _("Signed-in browsers"),
        words,
        [
            {name: getattr(row, name) for name in words if name != "browser"}
            | {"browser": browser_name(row.user_agent)}
            for row in rows
        ],
    )


def _tokens(session: Session, account_id: int) -> Section:
    words = {
        "name": _("Name"),
        "scopes": _("May be used for"),
        "created_at": _("Made"),
        "last_used_at": _("Last used"),
        "expires_at": _("Ends"),
        "revoked_at": _("Revoked"),
    }
    rows = session.scalars(select(ApiToken).filter_by(account_id=account_id).order_by(ApiToken.id))
    return Section("api-tokens", _("API tokens"), words, [{name: getattr(row, name) for name in words} for row in rows])


def _theirs(model: Any) -> Whose:
    def whose(subject: Subject) -> ColumnElement[bool]:
        found: ColumnElement[bool] = model.account_id == subject.account_id
        return found

    return whose


FIRST = Part(
    name="sign-in",
    tables=frozenset({"account_sessions", "account_tokens", "api_tokens", "parked_posts", "reserved_handles"}),
    sections=sections,
    findings=findings,
    steps=(
        shut,
        *(forgets(model, _theirs(model)) for model in (AccountSession, AccountToken, ApiToken, ParkedPost)),
    ),
)
LAST = Part(name="account", tables=frozenset({"accounts"}), steps=(forget_account,))
