"""The guidelines, as everybody reads them and as admins write them."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.errors import NotFound
from forum.guidelines import actions, queries
from forum.guidelines.forms import GuidelinesForm
from forum.i18n import gettext as _
from forum.web import Access, Route, act, page, render, see_other

ADMIN = Privilege.ADMINISTER


@page
def show(request: Request, session: Session) -> Response:
    found = queries.guidelines(session)
    if found is None:
        raise NotFound(_("There is nothing at this address."))
    return render(request, "forum/guidelines/show.html", guidelines=found)


@page
def edit(request: Request, session: Session) -> Response:
    found = queries.guidelines(session)
    return _edit(request, session, GuidelinesForm(guidelines=found.source if found else ""))


def _edit(request: Request, session: Session, form: GuidelinesForm) -> Response:
    return render(request, "forum/guidelines/edit.html", form=form, shown=queries.guidelines(session))


@act(GuidelinesForm, again=_edit)
def save(request: Request, session: Session, form: GuidelinesForm) -> Response:
    actions.set_guidelines(session, signed_in(request), form.cooked)
    return see_other(request, "guidelines.edit", flash=_("The guidelines are saved."))


routes = [
    Route("/guidelines", show, name="guidelines.show", access=Access.EVERYONE, methods=["GET"], shared=True),
    Route("/admin/guidelines", edit, name="guidelines.edit", access=ADMIN, methods=["GET"]),
    Route("/admin/guidelines", save, name="guidelines.save", access=ADMIN, methods=["POST"], rate="60/minute"),
]
