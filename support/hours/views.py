"""The page on which an admin says when staff are there."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.accounts.settings_views import time_zones
from forum.i18n import gettext as _
from forum.web import Route, act, choices, page, render, see_other
from support.hours import actions
from support.hours.actions import DAYS
from support.hours.clock import hours_of
from support.hours.forms import HoursForm

ADMIN = Privilege.ADMINISTER


@page
def show(request: Request, session: Session) -> Response:
    hours = hours_of(session)
    shifts = {
        f"{name}_{end}": shift[at].isoformat("minutes") if shift else ""
        for name, shift in zip(DAYS, hours.week, strict=True)
        for at, end in enumerate(("from", "to"))
    }
    holidays = "\n".join(day.isoformat() for day in sorted(hours.holidays))
    return _show(request, session, HoursForm(data={"zone": hours.zone, "holidays": holidays, **shifts}))


def _show(request: Request, _session: Session, form: HoursForm) -> Response:
    form.zone.choices = choices((zone, zone.replace("_", " ")) for zone in time_zones(str(form.zone.data)))
    return render(request, "support/hours/show.html", form=form)


@act(HoursForm, again=_show)
def save(request: Request, session: Session, form: HoursForm) -> Response:
    actions.set_hours(
        session,
        signed_in(request),
        week=form.week(),
        zone=str(form.zone.data),
        holidays=str(form.holidays.data or ""),
    )
    return see_other(request, "hours.show", flash=_("The hours are saved."))


routes = [
    Route("/admin/hours", show, name="hours.show", access=ADMIN, methods=["GET"]),
    Route("/admin/hours", save, name="hours.save", access=ADMIN, methods=["POST"], rate="60/minute"),
]
