"""A person's sanctions for moderators: on their profile, and on a page with the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial as bind

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Actor, Privilege, signed_in
from forum.accounts.models import Account
from forum.clock import now
from forum.errors import NotFound
from forum.events.moderation import SanctionKind
from forum.i18n import gettext as _
from forum.web import Route, act, page, render, see_other
from forum.web.routing import path_for
from moderation.reviews import words
from moderation.reviews.forms import chosen_days
from moderation.reviews.history import AuthorRow, author_row
from moderation.sanctions import actions
from moderation.sanctions.forms import LiftForm, SanctionForm
from moderation.sanctions.queries import SanctionRow, sanctions_of


@dataclass(frozen=True, slots=True)
class ProfileSection:
    """What a profile says of sanctions: `history` to moderators, `standing` to the person."""

    history: AuthorRow | None
    standing: tuple[SanctionRow, ...]
    may_sanction: bool


def profile_sections(session: Session, actor: Actor | None, account_ids: Sequence[int]) -> Mapping[int, ProfileSection]:
    """A profile is one person's, so this asks for one at a time."""
    if actor is None:
        return {}
    found: dict[int, ProfileSection] = {}
    for account_id in account_ids:
        if actor.can(Privilege.SANCTION) and actor.id != account_id:
            found[account_id] = ProfileSection(author_row(session, account_id), (), may_sanction=True)
        elif actor.id == account_id and (standing := _standing(session, account_id)):
            found[account_id] = ProfileSection(None, standing, may_sanction=False)
    return found


def home_notice(session: Session, actor: Actor | None, keys: Sequence[int]) -> Mapping[int, str]:
    """On the home page, that somebody cannot write in public now: the handle of whose profile says why."""
    if actor is None or actor.can(Privilege.ASK):
        return {}
    return dict.fromkeys(keys, actor.handle) if _standing(session, actor.id) else {}


def _standing(session: Session, account_id: int) -> tuple[SanctionRow, ...]:
    return tuple(row for row in sanctions_of(session, account_id) if row.active)


@page
def show(request: Request, session: Session) -> Response:
    return sanction_page(request, session, SanctionForm())


def sanction_page(request: Request, session: Session, form: SanctionForm) -> Response:
    account_id = request.path_params["account_id"]
    if session.scalar(select(Account.id).where(Account.id == account_id, Account.anonymised_at.is_(None))) is None:
        raise NotFound(_("There is no such person."))
    author = author_row(session, account_id)
    return render(
        request, "moderation/sanctions/show.html", author=author, form=form, lift_form=LiftForm(), words=words
    )


@act(SanctionForm, again=sanction_page)
def impose(request: Request, session: Session, form: SanctionForm) -> Response:
    account_id = request.path_params["account_id"]
    row = actions.impose(
        session,
        signed_in(request),
        account_id,
        SanctionKind(form.kind.data),
        message=form.message.data or "",
        until=_until(form.days.data),
    )
    undo = None
    if row.kind is not SanctionKind.WARN:
        undo = path_for(request.state.site.routes, "sanctions.lift", sanction_id=row.id)
    flash = _("Done, and the person was told.")
    return see_other(request, "sanctions.show", account_id=account_id, flash=flash, undo=undo)


@act(LiftForm)
def lift(request: Request, session: Session, form: LiftForm) -> Response:
    row = actions.lift(session, signed_in(request), request.path_params["sanction_id"], note=form.note.data or "")
    return see_other(request, "sanctions.show", account_id=row.account_id, flash=_("Lifted, and the person was told."))


def _until(days: str | None) -> datetime | None:
    chosen = chosen_days(days)
    return now() + timedelta(days=chosen) if chosen else None


_sanctions = bind(Route, access=Privilege.SANCTION)
routes = [
    _sanctions("/moderation/people/{account_id:int}", show, name="sanctions.show"),
    _sanctions("/moderation/people/{account_id:int}", impose, name="sanctions.impose", methods=["POST"]),
    _sanctions("/moderation/sanctions/{sanction_id:int}/lift", lift, name="sanctions.lift", methods=["POST"]),
]
