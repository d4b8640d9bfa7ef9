"""The pages on which admins look after organisations."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.i18n import gettext as _
from forum.i18n import ngettext
from forum.organisations import actions, invitations, membership, queries
from forum.organisations.forms import InviteForm, ManagerForm, OrganisationForm
from forum.organisations.words import IMPORTANCE_WORDS
from forum.web import Route, act, page, render, see_other

FOLDER = "forum/organisations/admin"
RATE = "60/minute"
INVITE_RATE = "30/hour"
ONE = "/admin/organisations/{organisation_id:int}"


@page
def index(request: Request, session: Session) -> Response:
    name, after = (request.query_params.get(key, "")[:120] for key in ("q", "after"))
    found, rest = queries.organisations_page(session, signed_in(request), name, after)
    listed = {"organisations": found, "next": rest, "name": name, "after": after}
    return render(request, f"{FOLDER}/list.html", listed=listed, importance_words=IMPORTANCE_WORDS)


@page
def new(request: Request, session: Session) -> Response:
    return _new(request, session, OrganisationForm())


def _new(request: Request, _session: Session, form: OrganisationForm) -> Response:
    return render(request, f"{FOLDER}/new.html", form=form)


@act(OrganisationForm, again=_new)
def add(request: Request, session: Session, form: OrganisationForm) -> Response:
    organisation = actions.add_organisation(session, signed_in(request), form.given())
    words = _("{name} is an organisation now. Invite its people.").format(name=organisation.name)
    return see_other(request, "organisations.edit", organisation_id=organisation.id, flash=words)


@page
def edit(request: Request, session: Session) -> Response:
    return _shown(request, session)


def _edit(request: Request, session: Session, form: OrganisationForm) -> Response:
    return _shown(request, session, form=form)


def _inviting(request: Request, session: Session, form: InviteForm) -> Response:
    return _shown(request, session, inviting=form)


def _shown(
    request: Request, session: Session, *, form: OrganisationForm | None = None, inviting: InviteForm | None = None
) -> Response:
    after = request.query_params.get("after", "")[:30]
    found = queries.organisation_page(session, signed_in(request), _asked(request), after)
    if form is None:
        form = OrganisationForm(obj=found)
        form.domains.data = "\n".join(found.domains)
    inviting = inviting or InviteForm()
    return render(request, f"{FOLDER}/edit.html", organisation=found, form=form, inviting=inviting, after=after)


@act(OrganisationForm, again=_edit)
def save(request: Request, session: Session, form: OrganisationForm) -> Response:
    organisation = actions.change_organisation(session, signed_in(request), _asked(request), form.given())
    return _back(request, _("{name} is saved.").format(name=organisation.name))


@act(InviteForm, again=_inviting)
def invite(request: Request, session: Session, form: InviteForm) -> Response:
    count = invitations.invite(session, signed_in(request), _asked(request), str(form.addresses.data or ""))
    return _back(request, invited(count))


@act()
def revoke(request: Request, session: Session) -> Response:
    invitations.revoke(session, signed_in(request), _asked(request), request.path_params["invitation_id"])
    return _back(request, _("The invitation is taken back: its link opens nothing any more."))


@act()
def remove(request: Request, session: Session) -> Response:
    account = membership.remove_member(session, signed_in(request), _asked(request), request.path_params["account_id"])
    return _back(request, _("{name} is no longer a member.").format(name=account.display_name))


@act(ManagerForm)
def set_manager(request: Request, session: Session, form: ManagerForm) -> Response:
    wanted = form.manager.data == "1"
    account = membership.set_manager(
        session, signed_in(request), _asked(request), request.path_params["account_id"], manager=wanted
    )
    words = _("{name} is a manager now.") if wanted else _("{name} is no longer a manager.")
    return _back(request, words.format(name=account.display_name))


def invited(count: int) -> str:
    return ngettext("{count} invitation is on its way.", "{count} invitations are on their way.", count).format(
        count=count
    )


def _asked(request: Request) -> int:
    return int(request.path_params["organisation_id"])


def _back(request: Request, words: str) -> Response:
    return see_other(request, "organisations.edit", organisation_id=_asked(request), flash=words)


ADMIN = Privilege.ADMINISTER
routes = [
    Route("/admin/organisations", index, name="organisations.list", access=ADMIN, methods=["GET"]),
    Route("/admin/organisations/new", new, name="organisations.new", access=ADMIN, methods=["GET"]),
    Route("/admin/organisations/new", add, name="organisations.add", access=ADMIN, methods=["POST"], rate=RATE),
    Route(ONE, edit, name="organisations.edit", access=ADMIN, methods=["GET"]),
    Route(ONE, save, name="organisations.save", access=ADMIN, methods=["POST"], rate=RATE),
    Route(f"{ONE}/invitations", invite, name="organisations.invite", access=ADMIN, methods=["POST"], rate=INVITE_RATE),
    Route(
        f"{ONE}/invitations/{{invitation_id:int}}/revoke",
        revoke,
        name="organisations.revoke",
        access=ADMIN,
        methods=["POST"],
        rate=RATE,
    ),
    Route(
        f"{ONE}/members/{{account_id:int}}/remove",
        remove,
        name="organisations.remove",
        access=ADMIN,
        methods=["POST"],
        rate=RATE,
    ),
    Route(
        f"{ONE}/members/{{account_id:int}}/manager",
        set_manager,
        name="organisations.manager",
        access=ADMIN,
        methods=["POST"],
        rate=RATE,
    ),
]
