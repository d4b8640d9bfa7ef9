"""The page on which admins say how long sessions live and who needs a second factor."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from wtforms import DateField, SelectField
from wtforms.validators import Optional

from forum.access import Privilege, signed_in
from forum.accounts import rules
from forum.accounts.roles import unprotected_holders
from forum.i18n import gettext as _
from forum.i18n import lazy, ngettext
from forum.web import Form, Route, act, choices, page, render, see_other

TEMPLATE = "forum/accounts/roles/sign_in.html"
ADMIN = Privilege.ADMINISTER


def _hours(label: Any) -> SelectField:
    return SelectField(label, coerce=int, validate_choice=False)


class RulesForm(Form):
    required_from = DateField(lazy("Needed from"), [Optional()])
    customer_idle = _hours(lazy("Customers: without use"))
    customer_whole = _hours(lazy("Customers: at most"))
    customer_remembered_idle = _hours(lazy("Customers who stay signed in: without use"))
    customer_remembered_whole = _hours(lazy("Customers who stay signed in: at most"))
    holder_idle = _hours(lazy("People with a role: without use"))
    holder_whole = _hours(lazy("People with a role: at most"))
    holder_remembered_idle = _hours(lazy("People with a role who stay signed in: without use"))
    holder_remembered_whole = _hours(lazy("People with a role who stay signed in: at most"))

    def offer(self) -> None:
        for kind in rules.DEFAULTS:
            for field, offered in ((f"{kind}_idle", rules.IDLE), (f"{kind}_whole", rules.WHOLE)):
                select = self[field]
                assert isinstance(select, SelectField)
                select.choices = choices((hours, _words(hours)) for hours in offered)

    @property
    def chosen(self) -> dict[str, rules.Lifetime]:
        return {
            kind: rules.Lifetime(self[f"{kind}_idle"].data or 0, self[f"{kind}_whole"].data or 0)
            for kind in rules.DEFAULTS
        }


def _words(hours: int) -> str:
    if hours % 24:
        return ngettext("{count} hour", "{count} hours", hours).format(count=hours)
    return ngettext("{count} day", "{count} days", hours // 24).format(count=hours // 24)


def _show(request: Request, session: Session, form: RulesForm) -> Response:
    form.offer()
    without = unprotected_holders(session, signed_in(request))
    return render(request, TEMPLATE, form=form, kinds=list(rules.DEFAULTS), without=without)


@page
def show(request: Request, session: Session) -> Response:
    given: dict[str, object] = {"required_from": rules.required_from(session)}
    for kind, rule in rules.lifetimes(session).items():
        given |= {f"{kind}_idle": rule.idle, f"{kind}_whole": rule.whole}
    return _show(request, session, RulesForm(data=given))


@act(RulesForm, again=_show)
def save(request: Request, session: Session, form: RulesForm) -> Response:
    rules.change_rules(session, signed_in(request), form.chosen, form.required_from.data)
    return see_other(request, "sign_in_rules.show", flash=_("The rules for signing in are saved."))


routes = [
    Route("/admin/sign-in", show, name="sign_in_rules.show", access=ADMIN, methods=["GET"]),
    Route(
        "/admin/sign-in",
        save,
        name="sign_in_rules.save",
        access=ADMIN,
        methods=["POST"],
        rate="30/minute",
        recent=True,
    ),
]
