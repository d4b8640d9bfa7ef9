"""Accounts themselves, when two become one: every way in to the one that goes ends, and the other counts for both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from forum.accounts.api_tokens import revoke_all
from forum.accounts.consents import Consent
from forum.accounts.factors.models import TABLES
from forum.accounts.models import (
    Account,
    AccountMerge,
    AccountSession,
    AccountToken,
    ApiToken,
    Ignored,
    KnownDevice,
    ParkedPost,
    SecurityEvent,
    TokenPurpose,
)
from forum.accounts.oidc.models import LinkedIdentity, ProviderTrip
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.merging import QUIETLY, Joins, Merge, drop_twice

FACTORS: tuple[Any, ...] = TABLES


def refuses(session: Session, merge: Merge) -> Iterator[str]:
    """A role does not come along by itself: an admin gives it to the account that stays."""
    gone, stays = session.get_one(Account, merge.from_id), session.get_one(Account, merge.to_id)
    if gone.roles - stays.roles:
        words = _("@{gone} has a role that @{stays} has not. Give it to @{stays} first, or take it from @{gone}.")
        yield words.format(gone=gone.handle, stays=stays.handle)
    elif (gone.tier or 0) > (stays.tier or 0):
        words = _("@{gone} works on a higher tier than @{stays}. Give @{stays} that tier first.")
        yield words.format(gone=gone.handle, stays=stays.handle)


def shut(session: Session, merge: Merge) -> None:
    """Nobody comes in as the account that goes, and what was sent to let somebody in lets in nobody."""
    revoke_all(session, merge.from_id)
    invited = AccountToken.purpose == TokenPurpose.JOIN_ORGANISATION
    session.execute(delete(AccountToken).where(AccountToken.account_id == merge.from_id, ~invited), **QUIETLY)
    gone = session.get_one(Account, merge.from_id)
    gone.password_hash = None
    gone.moderator = gone.staff = gone.admin = False
    gone.tier, gone.team, gone.skills, gone.sign_in_alerts = None, "", [], False


def count_for_both(session: Session, merge: Merge) -> None:
    gone, stays = session.get_one(Account, merge.from_id), session.get_one(Account, merge.to_id)
    for name in ("question_count", "answer_count"):
        setattr(stays, name, getattr(stays, name) + getattr(gone, name))
        setattr(gone, name, 0)
    seen = [at for at in (gone.last_seen_at, stays.last_seen_at) if at is not None]
    stays.last_seen_at = max(seen, default=None)
    gone.bio_source = gone.bio_html = gone.location = gone.website = ""


def keep_the_harder_stance(session: Session, merge: Merge) -> None:
    """Where both ignored somebody, or somebody both, whoever is blocked by one of the rows stays blocked."""
    session.execute(
        delete(Ignored).where(Ignored.account_id.in_(merge.both), Ignored.other_id.in_(merge.both)), **QUIETLY
    )
    for mine, same in ((Ignored.account_id, Ignored.other_id), (Ignored.other_id, Ignored.account_id)):
        blocking = select(same).where(mine == merge.from_id, Ignored.blocks.is_(True))
        session.execute(update(Ignored).where(mine == merge.to_id, same.in_(blocking)).values(blocks=True), **QUIETLY)


def carry_over_marks(session: Session, merge: Merge) -> None:
    """What an account itself says of its rows."""
    gone, stays = session.get_one(Account, merge.from_id), session.get_one(Account, merge.to_id)
    stays.ignores = stays.ignores or gone.ignores
    gone.ignores = False
    said = [version for version in (gone.consented_version, stays.consented_version) if version is not None]
    stays.consented_version = max(said, default=None)


JOINS = Joins(
    name="accounts",
    moves={
        AccountToken.account_id: "",
        AccountToken.sent_by_id: "",
        ApiToken.account_id: "",
        ParkedPost.account_id: lazy("drafts kept for after signing in"),
        SecurityEvent.account_id: "",
        AccountMerge.to_id: "",
        AccountMerge.asked_by_id: "",
        Ignored.account_id: lazy("people they ignore or block"),
        Ignored.other_id: "",
        Consent.account_id: "",
    },
    ends={
        AccountSession.account_id: lazy("signed-in browsers"),
        KnownDevice.account_id: "",
        LinkedIdentity.account_id: lazy("links to the sign-in provider"),
        ProviderTrip.account_id: "",
        **{model.account_id: lazy("second factors, codes and what belongs to them") for model in FACTORS},
    },
    stays={AccountMerge.from_id: "says which account became part of which"},
    refuses=(refuses,),
    before=(
        shut,
        keep_the_harder_stance,
        drop_twice(Ignored, Ignored.account_id, Ignored.other_id),
        drop_twice(Ignored, Ignored.other_id, Ignored.account_id),
        drop_twice(Consent, Consent.account_id, Consent.version_id),
    ),
    after=(count_for_both, carry_over_marks),
)
