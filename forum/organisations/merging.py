"""Membership, when two accounts become one: an account belongs to one organisation at most."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from forum.accounts.models import Account, Organisation
from forum.i18n import gettext as _
from forum.merging import GivesWay, Joins, Merge
from forum.organisations.domains import domain_of


def conflicts(session: Session, merge: Merge) -> Iterator[GivesWay]:
    gone, stays = session.get_one(Account, merge.from_id), session.get_one(Account, merge.to_id)
    if gone.organisation_id is not None and not _comes_along(gone, stays):
        name = session.get_one(Organisation, gone.organisation_id).name
        if stays.organisation_id is not None:
            words = _("the membership of {name}: nobody belongs to two organisations, and @{handle} belongs to another")
        else:
            words = _("the membership of {name}, which @{handle} has no address of")
        yield GivesWay(words.format(name=name, handle=stays.handle), 1)


def carry_over(session: Session, merge: Merge) -> None:
    """A membership by a domain comes along only with an address of that domain."""
    gone, stays = session.get_one(Account, merge.from_id), session.get_one(Account, merge.to_id)
    if gone.organisation_id is not None and _comes_along(gone, stays):
        if stays.organisation_id is None:
            stays.organisation_id, stays.organisation_domain = gone.organisation_id, gone.organisation_domain
        elif gone.organisation_domain is None:
            stays.organisation_domain = None
        stays.organisation_manager = stays.organisation_manager or gone.organisation_manager
    gone.organisation_id, gone.organisation_domain, gone.organisation_manager = None, None, False


def _comes_along(gone: Account, stays: Account) -> bool:
    if stays.organisation_id is not None:
        return stays.organisation_id == gone.organisation_id
    return gone.organisation_domain is None or gone.organisation_domain == domain_of(stays.email)


JOINS = Joins(name="organisations", conflicts=(conflicts,), before=(carry_over,))
