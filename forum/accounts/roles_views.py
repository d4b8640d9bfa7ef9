"""The pages on which admins give and take roles."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, Role, signed_in
from forum.accounts import roles
from forum.accounts.forms import ROLE_WORDS, RolesForm
from forum.i18n import gettext as _
from forum.web import Route, act, page, render, see_other

FOLDER = "forum/accounts/roles"
ADMIN = Privilege.ADMINISTER


@page
def index(request: Request, session: Session) -> Response:
    name, after = (request.query_params.get(key, "")[:254] for key in ("q", "after"))
    found, rest = roles.role_holders(session, signed_in(request), name, after)
    listed = {"people": found, "next": rest, "name": name, "after": after}
    return render(request, f"{FOLDER}/list.html", listed=listed, role_words=ROLE_WORDS)


@page
def edit(request: Request, session: Session) -> Response:
    person = roles.role_holder(session, signed_in(request), request.path_params["handle"])
    return _edit(request, session, RolesForm(roles=[role.value for role in person.roles], tier=str(person.tier or 1)))


def _edit(request: Request, session: Session, form: RolesForm) -> Response:
    person = roles.role_holder(session, signed_in(request), request.path_params["handle"])
    return render(request, f"{FOLDER}/person.html", person=person, form=form)


@act(RolesForm, again=_edit)
def save(request: Request, session: Session, form: RolesForm) -> Response:
    given = frozenset(Role(role) for role in form.roles.data or ())
    account = roles.set_roles(session, signed_in(request), request.path_params["handle"], given, int(form.tier.data))
    words = _("The roles of {name} are saved.").format(name=account.display_name)
    return see_other(request, "roles.list", flash=words)


routes = [
    Route("/admin/people", index, name="roles.list", access=ADMIN, methods=["GET"]),
    Route("/admin/people/{handle}", edit, name="roles.edit", access=ADMIN, methods=["GET"], recent=True),
    Route(
        "/admin/people/{handle}",
        save,
        name="roles.save",
        access=ADMIN,
        methods=["POST"],
        rate="60/minute",
        recent=True,
    ),
]
