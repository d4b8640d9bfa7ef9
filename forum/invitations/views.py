"""Who may make an account, inviting people, and the page behind an invitation's link."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, Role, signed_in
from forum.accounts import admission, entry
from forum.accounts.admission import Registration
from forum.accounts.models import Account
from forum.accounts.passwords import SHORTEST
from forum.accounts.sessions import open_session
from forum.errors import Invalid, NotFound
from forum.i18n import gettext as _
from forum.invitations import actions, queries
from forum.invitations.forms import ROLE_WORDS, WHO_WORDS, InviteForm, JoinForm, OwnInviteForm, RegistrationForm
from forum.organisations.admin_views import invited
from forum.organisations.queries import named
from forum.web import Access, Reply, Route, act, page, render, see_other

FOLDER = "forum/invitations"
ADMIN = Privilege.ADMINISTER
RATE = "60/minute"


@page
def show(request: Request, session: Session) -> Response:
    return _admin(request, session)


def _admin(
    request: Request,
    session: Session,
    *,
    rules: RegistrationForm | None = None,
    inviting: InviteForm | None = None,
) -> Response:
    after = request.query_params.get("after", "")[:20]
    found, rest = queries.waiting(session, signed_in(request), after)
    who, points = admission.registration(session), admission.invite_from(session)
    return render(
        request,
        f"{FOLDER}/admin.html",
        rules=rules or RegistrationForm(who=who.value, invite_from=points),
        inviting=inviting or InviteForm(),
        waiting=found,
        next=rest,
        after=after,
        most=actions.ADMINS.at_once,
        who=who,
        role_words=ROLE_WORDS,
    )


def _ruling(request: Request, session: Session, form: RegistrationForm) -> Response:
    return _admin(request, session, rules=form)


def _inviting(request: Request, session: Session, form: InviteForm) -> Response:
    return _admin(request, session, inviting=form)


@act(RegistrationForm, again=_ruling)
def save(request: Request, session: Session, form: RegistrationForm) -> Response:
    who = Registration(form.who.data)
    admission.change_registration(session, signed_in(request), who, form.invite_from.data)
    words = _("Saved. Accounts are made by: {who}").format(who=WHO_WORDS[who])
    return see_other(request, "invitations.show", flash=words)


@act(InviteForm, again=_inviting)
def invite(request: Request, session: Session, form: InviteForm) -> Response:
    typed, name = str(form.addresses.data or ""), str(form.organisation.data or "").strip()
    organisation_id = named(session, [name]).get(name.lower()) if name else None
    if name and organisation_id is None:
        raise Invalid({"organisation": _("There is no organisation by that name.")})
    role = Role(form.role.data) if form.role.data else None
    count = actions.invite(session, signed_in(request), typed, role=role, organisation_id=organisation_id)
    return see_other(request, "invitations.show", flash=invited(count))


@act()
def resend(request: Request, session: Session) -> Response:
    return _sent(request, session, "invitations.show")


@act()
def revoke(request: Request, session: Session) -> Response:
    return _taken_back(request, session, "invitations.show")


@page
def own(request: Request, session: Session) -> Response:
    return _own(request, session, OwnInviteForm())


def _own(request: Request, session: Session, form: OwnInviteForm) -> Response:
    actor, after = signed_in(request), request.query_params.get("after", "")[:20]
    if not admission.may_invite(session, actor):
        raise NotFound(_("There is nothing at this address."))
    found, rest = queries.waiting(session, actor, after)
    most = actions.bounds_of(actor).at_once
    return render(request, f"{FOLDER}/own.html", form=form, waiting=found, next=rest, after=after, most=most)


@act(OwnInviteForm, again=_own)
def own_invite(request: Request, session: Session, form: OwnInviteForm) -> Response:
    count = actions.invite(session, signed_in(request), str(form.addresses.data or ""))
    return see_other(request, "invitations.own", flash=invited(count))


@act()
def own_resend(request: Request, session: Session) -> Response:
    return _sent(request, session, "invitations.own")


@act()
def own_revoke(request: Request, session: Session) -> Response:
    return _taken_back(request, session, "invitations.own")


@page
def join_page(request: Request, session: Session) -> Response:
    return _join(request, session, JoinForm())


def _join(request: Request, session: Session, form: JoinForm) -> Response:
    """The form for whoever has no account, and the way in for whoever has one."""
    token, actor = request.path_params["token"], request.state.actor
    found = actions.look_at(session, token)
    mine = actor is not None and session.get_one(Account, actor.id).email == found.email
    closed = not found.known and not admission.may_join(session, found.email)
    context = {"invitation": found, "token": token, "mine": mine, "closed": closed, "role_words": ROLE_WORDS}
    return render(request, f"{FOLDER}/join.html", form=form, shortest=SHORTEST, **context)


@act(JoinForm, again=_join)
def join(request: Request, session: Session, form: JoinForm) -> Response:
    token = request.path_params["token"]
    if actions.was_accepted_by(session, request.state.actor, token):
        return see_other(request, "home")
    account = actions.join(
        session,
        token,
        handle=str(form.handle.data),
        display_name=str(form.display_name.data or ""),
        password_hash=form.password_hash,
        agreed=form.agreed,
    )
    opened = open_session(session, request, account)
    return entry.let_in(request, session, account, opened, None)


@act()
def accept(request: Request, session: Session) -> Response | Reply:
    actor, token = signed_in(request), request.path_params["token"]
    if actions.was_accepted_by(session, actor, token):
        return see_other(request, "home")
    role = actions.accept(session, actor, token)
    words = _("You have an account here already.")
    if role is not None:
        words = _("You are here with a role now: {role}").format(role=ROLE_WORDS[role])
    return see_other(request, "home", flash=words)


def _sent(request: Request, session: Session, back: str) -> Response:
    email = actions.resend(session, signed_in(request), request.path_params["invitation_id"])
    words = _("A new link is on its way to {address}. The one before opens nothing any more.")
    return see_other(request, back, flash=words.format(address=email))


def _taken_back(request: Request, session: Session, back: str) -> Response:
    actions.revoke(session, signed_in(request), request.path_params["invitation_id"])
    return see_other(request, back, flash=_("The invitation is taken back: its link opens nothing any more."))


HERE = "/admin/invitations"
MINE = "/settings/invitations"
ONE = "{invitation_id:int}"
SIGNED_IN = Access.SIGNED_IN
routes = [
    Route(HERE, show, name="invitations.show", access=ADMIN, methods=["GET"]),
    Route(HERE, save, name="invitations.save", access=ADMIN, methods=["POST"], rate=RATE),
    Route(
        f"{HERE}/send", invite, name="invitations.invite", access=ADMIN, methods=["POST"], rate="30/hour", recent=True
    ),
    Route(
        f"{HERE}/{ONE}/again",
        resend,
        name="invitations.again",
        access=ADMIN,
        methods=["POST"],
        rate=RATE,
        recent=True,
    ),
    Route(f"{HERE}/{ONE}/revoke", revoke, name="invitations.revoke", access=ADMIN, methods=["POST"], rate=RATE),
    Route(MINE, own, name="invitations.own", access=SIGNED_IN, methods=["GET"]),
    Route(MINE, own_invite, name="invitations.own_invite", access=SIGNED_IN, methods=["POST"], rate="10/hour"),
    Route(
        f"{MINE}/{ONE}/again",
        own_resend,
        name="invitations.own_again",
        access=SIGNED_IN,
        methods=["POST"],
        rate="10/hour",
    ),
    Route(
        f"{MINE}/{ONE}/revoke",
        own_revoke,
        name="invitations.own_revoke",
        access=SIGNED_IN,
        methods=["POST"],
        rate="60/hour",
    ),
    Route("/join/{token}", join_page, name="invitations.join", access=Access.EVERYONE, methods=["GET"]),
    Route("/join/{token}", join, name="invitations.make", access=Access.EVERYONE, methods=["POST"], rate="20/hour"),
    Route(
        "/join/{token}/accept", accept, name="invitations.accept", access=SIGNED_IN, methods=["POST"], rate="20/hour"
    ),
]
