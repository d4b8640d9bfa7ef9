"""The pages on which people choose what they hear of, and how."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum import bounces
from forum.access import signed_in
from forum.accounts.models import Account
from forum.errors import NotFound
from forum.following.models import Subject
from forum.following.queries import level_of
from forum.i18n import gettext as _
from forum.notifications import following, kinds, settings
from forum.notifications.following import LEVEL_WORDS
from forum.notifications.forms import LevelForm, TellingForm, telling_form
from forum.notifications.kinds import Group
from forum.threads.models import Thread
from forum.web import Access, Reply, Route, act, page, partial, render, see_other, wants_fragment
from forum.web.replies import leave_for, local_path
from forum.web.routing import path_for

FOLDER = "forum/notifications/settings"


@page
def telling_page(request: Request, session: Session) -> Response:
    now = settings.telling(session, signed_in(request))
    values: dict[str, Any] = {"rhythm": now.rhythm, "hour": str(now.hour), "weekday": str(now.weekday)}
    for name, how in now.chosen.items():
        values |= {f"page_{name}": how.page, f"mail_{name}": how.by_mail.value}
    values = {name: value for name, value in values.items() if value is not None}
    return _telling(request, session, telling_form()(data=values))


def _telling(request: Request, session: Session, form: TellingForm) -> Response:
    actor = signed_in(request)
    grouped = {group: [one for one in kinds.matters(actor) if one.group is group] for group in Group}
    groups = [(group.value, rows) for group, rows in grouped.items() if rows]
    now = settings.telling(session, actor)
    return render(request, f"{FOLDER}/telling.html", form=form, groups=groups, now=now, zone=actor.time_zone)


@act(TellingForm, again=_telling)
def keep_telling(request: Request, session: Session, form: TellingForm) -> Response:
    hour, weekday = int(str(form.hour.data)), int(str(form.weekday.data))
    settings.keep_telling(session, signed_in(request), form.given(), form.chosen_rhythm(), hour=hour, weekday=weekday)
    return see_other(request, "notifications.settings", flash=_("That is how you are told from now on."))


@page
def chosen(request: Request, session: Session) -> Response:
    actor, after = signed_in(request), request.query_params.get("after", "")
    try:
        subject = Subject(request.query_params.get("of", Subject.THREAD.value))
    except ValueError as error:
        raise NotFound(_("There is nothing at this address.")) from error
    last = int(after) if after.isdecimal() and len(after) < 18 else None
    found = following.chosen_page(session, actor, subject, after=last)
    counts = following.counts(session, actor)
    return render(
        request,
        f"{FOLDER}/following.html",
        found=found,
        counts=counts,
        subject=subject,
        further=last is not None,
        words=LEVEL_WORDS,
    )


@act(LevelForm)
def choose(request: Request, session: Session, form: LevelForm) -> Response | Reply:
    actor, subject_id = signed_in(request), request.path_params["subject_id"]
    try:
        subject = Subject(request.path_params["subject"])
    except ValueError as error:
        raise NotFound(_("There is nothing at this address.")) from error
    found = following.choose_level(session, actor, subject, subject_id, form.chosen())
    if wants_fragment(request) and found is not None:
        return lambda session: _control(request, session, subject, subject_id)
    back = local_path(form.next.data, found.path if found and found.path else "")
    return leave_for(request, back or path_for(request.state.site.routes, "following.list"))


def _control(request: Request, session: Session, subject: Subject, subject_id: int) -> Response:
    level = level_of(session, request.state.actor, subject, subject_id)
    thread = session.get(Thread, subject_id) if subject is Subject.THREAD else None
    return partial(
        request,
        "forum/notifications/_level.html",
        subject=subject.value,
        subject_id=subject_id,
        level=level,
        followers=thread.follower_count if thread is not None else None,
    )


@act()
def try_address(request: Request, session: Session) -> Response:
    """Write to one's own address again, though it refused mail."""
    account = session.get_one(Account, signed_in(request).id)
    if account.email is not None:
        bounces.try_again(session, account.email)
    flash = _("Mail goes to {address} again.").format(address=account.email or "")
    return see_other(request, "notifications.settings", flash=flash)


SIGNED_IN = Access.SIGNED_IN
routes = [
    Route("/settings/notifications", telling_page, name="notifications.settings", access=SIGNED_IN, methods=["GET"]),
    Route(
        "/settings/notifications",
        keep_telling,
        name="notifications.keep",
        access=SIGNED_IN,
        methods=["POST"],
        rate="30/minute",
    ),
    Route("/settings/following", chosen, name="following.list", access=SIGNED_IN, methods=["GET"]),
    Route(
        "/following/{subject}/{subject_id:int}",
        choose,
        name="following.choose",
        access=SIGNED_IN,
        methods=["POST"],
        rate="60/minute",
    ),
    Route(
        "/settings/address/again",
        try_address,
        name="notifications.try_address",
        access=SIGNED_IN,
        methods=["POST"],
        rate="5/hour",
    ),
]
