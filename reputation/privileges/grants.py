"""Reputation grants: the first of the privilege rules, before roles add and sanctions take away."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.accounts.queries import Member
from forum.i18n import gettext as _
from forum.i18n import lazy, ngettext
from reputation.privileges.presets import ALWAYS, LEAST, thresholds

NAMES: dict[Privilege, str] = {
    Privilege.FLAG: lazy("flag a post"),
    Privilege.VOTE_UP: lazy("vote up"),
    Privilege.COMMENT: lazy("comment everywhere"),
    Privilege.MANY_LINKS: lazy("post more than two links"),
    Privilege.VOTE_DOWN: lazy("vote down"),
    Privilege.NEW_TAG: lazy("create a tag"),
    Privilege.SUGGEST_DUPLICATE: lazy("suggest a duplicate"),
    Privilege.SUGGEST_EDIT: lazy("suggest an edit"),
    Privilege.EDIT_ANY: lazy("edit what others wrote"),
}


def grant_of_reputation(session: Session, account: Member, privileges: frozenset[Privilege]) -> frozenset[Privilege]:
    has = max(account.reputation, LEAST)
    return (
        privileges
        | ALWAYS
        | {privilege for privilege, needed in thresholds(session, account.site_began).items() if has >= needed}
    )


def explain(session: Session, actor: Actor, privilege: Privilege) -> str:
    """Why somebody lacks a privilege, and what would change that."""
    needed = thresholds(session).get(privilege)
    if needed is not None and max(actor.reputation, LEAST) < needed:
        words = ngettext(
            "You need {needed} point of reputation to {act}; you have {has}.",
            "You need {needed} points of reputation to {act}; you have {has}.",
            needed,
        )
        return words.format(needed=needed, act=_(NAMES[privilege]), has=actor.reputation)
    if not actor.verified:
        return _("Confirm your e-mail address first; the link is in the mail we sent you.")
    return _("You may not do this at the moment.")
