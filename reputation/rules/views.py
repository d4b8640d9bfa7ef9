"""The page on which admins set what reputation grants and how it is earned."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.web import Route, act, page, render, see_other
from reputation.privileges.presets import meant_by, of_preset
from reputation.rules import actions
from reputation.rules.actions import EARNED, PAID
from reputation.rules.forms import PRESET_WORDS, PRIVILEGE_WORDS, RulesForm
from reputation.rules.preview import preview

ADMIN = Privilege.ADMINISTER
RATE = "30/minute"


@page
def show(request: Request, session: Session) -> Response:
    return _page(request, session, RulesForm.of(actions.current(session)))


@page
def look(request: Request, session: Session) -> Response:
    """The same page with what the rules in the address would change."""
    if not request.query_params:
        return see_other(request, "rules.show")
    form = RulesForm(request.query_params)
    if form.validate():
        try:
            actions.check(form.given())
        except Invalid as refusal:
            form.add_errors(refusal.fields)
    response = _page(request, session, form, looking=True)
    response.status_code = 422 if form.errors else 200
    return response


def _again(request: Request, session: Session, form: RulesForm) -> Response:
    return _page(request, session, form, looking=True)


def _page(request: Request, session: Session, form: RulesForm, *, looking: bool = False) -> Response:
    known: dict[str, Any] = {"change": None, "seal": ""}
    if looking and not {name for name in form.errors if name}:
        given = form.given()
        known["change"] = preview(session, signed_in(request), actions.current(session), given)
        known["seal"] = actions.seal(session, given)
    chosen = meant_by(session, str(form.preset.data))
    return render(
        request,
        "reputation/rules/show.html",
        form=form,
        earned=EARNED,
        paid=tuple(PAID),
        usual=of_preset(chosen),
        meant=PRESET_WORDS[meant_by(session, "")],
        privilege_words=PRIVILEGE_WORDS,
        **known,
    )


@act(RulesForm, again=_again)
def save(request: Request, session: Session, form: RulesForm) -> Response:
    actions.change_rules(session, signed_in(request), form.given(), seen=form.seen.data or "")
    return see_other(request, "rules.show", flash=_("The rules are saved, and in force from now on."))


routes = [
    Route("/admin/rules", show, name="rules.show", access=ADMIN, methods=["GET"]),
    Route("/admin/rules/preview", look, name="rules.preview", access=ADMIN, methods=["GET"], rate=RATE, slow=True),
    Route("/admin/rules", save, name="rules.save", access=ADMIN, methods=["POST"], rate=RATE),
]
