"""The page on which admins say how long sessions live and who needs a second factor."""

from __future__ import annotations

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


KINDS = {
    "customer": lazy("Customers"),
    "customer_remembered": lazy("Customers who stay signed in"),
    "holder": lazy("People with a role"),
    "holder_remembered": lazy("People with a role who stay signed in"),
}


def _idle() -> SelectField:
    return SelectField(lazy("Without use"), coerce=int, validate_choice=False)


def _whole() -> SelectField:
    return SelectField(lazy("At most"), coerce=int, validate_choice=False)


class RulesForm(Form):
    required_from = DateField(lazy("Needed from"), [Optional()])
    customer_idle, customer_whole = _idle(), _whole()
    customer_remembered_idle, customer_remembered_whole = _idle(), _whole()
    holder_idle, holder_whole = _idle(), _whole()
    holder_remembered_idle, holder_remembered_whole = _idle(), _whole()

    def offer(self) -> None:
        for kind in rules.DEFAULTS:
            for field, offered in ((f"{kind}_idle", rules.IDLE), (f"{kind}_whole", rules.WHOLE)):
                select = self[field]
                assert isinstance(select, SelectField)
                select.choices = choices((hours, hours_in_words(hours)) for hours in offered)

    @property
    def chosen(self) -> dict[str, rules.Lifetime]:
        return {
            kind: rules.Lifetime(self[f"{kind}_idle"].data or 0, self[f"{kind}_whole"].data or 0)
            for kind in rules.DEFAULTS
        }


def hours_in_words(hours: int) -> str:
    if hours % 24:
        return ngettext("{count} hour", "{count} hours", hours).format(count=hours)
    return ngettext("{count} day", "{count} days", hours // 24).format(count=hours // 24)


def _show(request: Request, session: Session, form: RulesForm) -> Response:
    form.offer()
    without = unprotected_holders(session, signed_in(request))
    return render(request, TEMPLATE, form=form, kinds=KINDS, without=without)


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
