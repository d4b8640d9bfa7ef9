"""One's own organisation, what its managers do there, and the page behind an invitation's link."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import signed_in
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.organisations import invitations, membership, queries
from forum.organisations.admin_views import invited
from forum.organisations.forms import InviteForm, SharingForm
from forum.web import Access, Route, act, page, render, see_other

FOLDER = "forum/organisations/own"


@page
def show(request: Request, session: Session) -> Response:
    return _show(request, session, InviteForm())


def _show(request: Request, session: Session, form: InviteForm) -> Response:
    after = request.query_params.get("after", "")[:30]
    own = queries.own_page(session, signed_in(request), after)
    sharing = SharingForm(shares_tickets=own.shares_tickets)
    return render(request, f"{FOLDER}/show.html", own=own, form=form, sharing=sharing, after=after)


@act()
def join(request: Request, session: Session) -> Response:
    organisation = membership.join_by_domain(session, signed_in(request))
    return _joined(request, organisation.name)


@act()
def leave(request: Request, session: Session) -> Response:
    membership.leave_organisation(session, signed_in(request))
    return see_other(request, "organisations.own", flash=_("You have left. Your own tickets stay yours."))


@act(SharingForm)
def share(request: Request, session: Session, form: SharingForm) -> Response:
    wanted = bool(form.shares_tickets.data)
    membership.set_sharing(session, signed_in(request), _own(request), shares=wanted)
    words = _("Colleagues share tickets from now on.") if wanted else _("Nobody's tickets are shared any more.")
    return see_other(request, "organisations.own", flash=words)


@act(InviteForm, again=_show)
def invite(request: Request, session: Session, form: InviteForm) -> Response:
    count = invitations.invite(session, signed_in(request), _own(request), str(form.addresses.data or ""))
    return see_other(request, "organisations.own", flash=invited(count))


@act()
def revoke(request: Request, session: Session) -> Response:
    invitations.revoke(session, signed_in(request), _own(request), request.path_params["invitation_id"])
    flash = _("The invitation is taken back: its link opens nothing any more.")
    return see_other(request, "organisations.own", flash=flash)


@act()
def remove(request: Request, session: Session) -> Response:
    account = membership.remove_member(session, signed_in(request), _own(request), request.path_params["account_id"])
    flash = _("{name} is no longer a member.").format(name=account.display_name)
    return see_other(request, "organisations.own", flash=flash)


@act()
def accept_own(request: Request, session: Session) -> Response:
    organisation = invitations.accept_own(session, signed_in(request), request.path_params["invitation_id"])
    return _joined(request, organisation.name)


@page
def invitation(request: Request, session: Session) -> Response:
    token = request.path_params["token"]
    found = invitations.look_at(session, request.state.actor, token)
    return render(request, f"{FOLDER}/invitation.html", invitation=found, token=token)


@act()
def accept(request: Request, session: Session) -> Response:
    organisation = invitations.accept(session, signed_in(request), request.path_params["token"])
    return _joined(request, organisation.name)


def _own(request: Request) -> int:
    """Whoever belongs to none manages none."""
    organisation_id = signed_in(request).organisation_id
    if organisation_id is None:
        raise NotFound(_("There is no such organisation."))
    return organisation_id


def _joined(request: Request, name: str) -> Response:
    return see_other(request, "organisations.own", flash=_("You belong to {name} now.").format(name=name))


MINE = Access.SIGNED_IN
PLACE = "/settings/organisation"
routes = [
    Route(PLACE, show, name="organisations.own", access=MINE, methods=["GET"]),
    Route(f"{PLACE}/join", join, name="organisations.join", access=MINE, methods=["POST"], rate="20/hour"),
    Route(f"{PLACE}/leave", leave, name="organisations.leave", access=MINE, methods=["POST"], rate="20/hour"),
    Route(f"{PLACE}/sharing", share, name="organisations.share", access=MINE, methods=["POST"], rate="30/hour"),
    Route(
        f"{PLACE}/invitations", invite, name="organisations.own_invite", access=MINE, methods=["POST"], rate="10/hour"
    ),
    Route(
        f"{PLACE}/invitations/{{invitation_id:int}}/revoke",
        revoke,
        name="organisations.own_revoke",
        access=MINE,
        methods=["POST"],
        rate="60/hour",
    ),
    Route(
        f"{PLACE}/invitations/{{invitation_id:int}}/accept",
        accept_own,
        name="organisations.accept_own",
        access=MINE,
        methods=["POST"],
        rate="20/hour",
    ),
    Route(
        f"{PLACE}/members/{{account_id:int}}/remove",
        remove,
        name="organisations.own_remove",
        access=MINE,
        methods=["POST"],
        rate="60/hour",
    ),
    Route("/invitations/{token}", invitation, name="organisations.invitation", access=Access.EVERYONE, methods=["GET"]),
    Route("/invitations/{token}", accept, name="organisations.accept", access=MINE, methods=["POST"], rate="20/hour"),
]
