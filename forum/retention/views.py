"""The page on which admins see and change how long what is kept."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from wtforms import IntegerField
from wtforms.validators import InputRequired

from forum.access import Privilege, signed_in
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.retention import actions
from forum.web import Form, Route, act, page, render, see_other

ADMIN = Privilege.ADMINISTER


class DaysForm(Form):
    days = IntegerField(lazy("Days"), [InputRequired(lazy("Give a number of days."))])


@page
def index(request: Request, session: Session) -> Response:
    return _index(request, session, None)


def _index(request: Request, session: Session, form: DaysForm | None) -> Response:
    rows = actions.rules_in_force(session, signed_in(request), request.state.site.retention)
    wrong = request.path_params.get("rule")
    return render(request, "forum/retention/list.html", rows=rows, form=form, wrong=wrong)


@act(DaysForm, again=_index)
def change(request: Request, session: Session, form: DaysForm) -> Response:
    rules, name = request.state.site.retention, request.path_params["rule"]
    rule = actions.set_days(session, signed_in(request), rules, name, int(form.days.data or 0))
    words = _("{what}: changed.").format(what=rule.what)
    return see_other(request, "retention.list", flash=words, anchor=rule.name)


routes = [
    Route("/admin/retention", index, name="retention.list", access=ADMIN, methods=["GET"]),
    Route("/admin/retention/{rule}", change, name="retention.change", access=ADMIN, methods=["POST"], rate="60/minute"),
]
