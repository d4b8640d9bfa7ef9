"""The second half of signing in, and signing in by passkey alone."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from forum.access import signed_in
from forum.accounts import entry
from forum.accounts.factors import checking, passkeys, steps
from forum.accounts.factors.forms import CodeForm, ProofForm, put_challenge
from forum.accounts.factors.models import Ceremony
from forum.accounts.forms import ConfirmForm, LoginForm
from forum.accounts.models import Account
from forum.accounts.oidc import actions as oidc_actions
from forum.accounts.oidc import provider
from forum.accounts.oidc.forms import AwayForm, ConfirmAwayForm
from forum.accounts.security import Origin
from forum.accounts.sessions import confirm_session, open_session
from forum.addresses import network_of
from forum.errors import Invalid, NotFound
from forum.i18n import gettext as _
from forum.options import option
from forum.web import Access, Reply, Route, act, page, render, see_other
from forum.web.replies import FLASH_COOKIE, leave_for, leave_note, local_path

FOLDER = "forum/accounts/entry"


def _factor(request: Request, session: Session, form: CodeForm) -> Response:
    step = steps.find(session, request.cookies.get(steps.COOKIE))
    if step is None:
        return _too_late(request)
    offered = passkeys.offered(request.state.site.settings)
    keys = offered and checking.has_passkey(session, step.account_id)
    has_app = checking.has_app(session, step.account_id)
    return render(request, f"{FOLDER}/factor.html", form=form, has_app=has_app, passkeys=keys)


@page
def factor_page(request: Request, session: Session) -> Response:
    return _factor(request, session, CodeForm(next=local_path(request.query_params.get("next"))))


@act(CodeForm, again=_factor)
def factor(request: Request, session: Session, form: CodeForm) -> Response | Reply:
    step = steps.find(session, request.cookies.get(steps.COOKIE), hold=True)
    if step is None:
        return _too_late(request)
    count_try(request, step.account_id)
    remembered, proven_at = step.remembered, step.proven_at
    account = steps.pass_on(session, request.state.site.settings, step, str(form.code.data), Origin.of(request))
    if account is None:  # a reply, not a refusal, for the try is to be counted
        form.add_errors({"code": checking.wrong()})
        return lambda reading: refused(_factor(request, reading, form))
    opened = open_session(session, request, account, remembered=remembered, proven_at=proven_at)
    return _done(entry.let_in(request, session, account, opened, form.next.data))


@act()
def factor_options(request: Request, session: Session) -> Response:
    """What the passkeys of whoever has given their password are asked."""
    step = steps.find(session, request.cookies.get(steps.COOKIE))
    if step is None:
        raise NotFound(_("That took too long. Sign in again."))
    return _asked(request, session, Ceremony.SIGN_IN, session.get_one(Account, step.account_id))


@act(ProofForm)
def factor_passkey(request: Request, session: Session, form: ProofForm) -> Response | Reply:
    step = steps.find(session, request.cookies.get(steps.COOKIE), hold=True)
    if step is None:
        return _too_late(request)
    proven = _proven(request, session, form, Ceremony.SIGN_IN, step.account_id)
    if isinstance(proven, str):
        code = CodeForm(next=form.next.data)
        code.form_errors.append(proven)
        return lambda reading: refused(_factor(request, reading, code))
    opened = open_session(session, request, proven, remembered=step.remembered)
    session.delete(step)
    return _done(entry.let_in(request, session, proven, opened, form.next.data))


@act()
def login_options(request: Request, session: Session) -> Response:
    """What any passkey for this site is asked; it says itself whose it is."""
    return _asked(request, session, Ceremony.SIGN_IN)


@act(ProofForm)
def login_passkey(request: Request, session: Session, form: ProofForm) -> Response | Reply:
    proven = _proven(request, session, form, Ceremony.SIGN_IN, None)
    if isinstance(proven, str):
        return lambda reading: refused(_login(request, reading, form, proven))
    opened = open_session(session, request, proven, remembered=bool(form.remembered.data))
    return _done(entry.let_in(request, session, proven, opened, form.next.data))


def _login(request: Request, session: Session, form: ProofForm, why: str) -> Response:
    demo = option(session, "demo.accounts", list[dict[str, str]]()) if request.state.site.settings.demo else []
    name = provider.offered(request.state.site.settings)
    login = LoginForm(next=form.next.data, remembered=form.remembered.data)
    login.form_errors.append(why)
    return render(request, f"{FOLDER}/login.html", form=login, demo=demo, passkeys=True, provider=name)


def show_confirm(request: Request, session: Session, form: ConfirmForm, away: AwayForm | None = None) -> Response:
    """`away` is the form that leads to the provider, when that was refused."""
    account = session.get_one(Account, signed_in(request).id)
    settings = request.state.site.settings
    offered = passkeys.offered(settings)
    linked = any(one.issuer == settings.oidc_issuer for one in oidc_actions.own(session, account.id))
    return render(
        request,
        f"{FOLDER}/confirm_you.html",
        form=form,
        has_password=account.password_hash is not None,
        protected=checking.is_protected(session, account.id),
        passkeys=offered and checking.has_passkey(session, account.id),
        provider=settings.oidc_name if linked else None,
        away=away or ConfirmAwayForm(next=form.next.data),
    )


@page
def confirm_page(request: Request, session: Session) -> Response:
    return show_confirm(request, session, ConfirmForm(next=local_path(request.query_params.get("next"))))


@act(ConfirmForm, again=show_confirm)
def confirm(request: Request, session: Session, form: ConfirmForm) -> Response:
    actor = signed_in(request)
    if checking.is_protected(session, actor.id):
        count_try(request, actor.id)
        account, code = session.get_one(Account, actor.id), str(form.code.data or "")
        if not checking.take_code(session, request.state.site.settings, account, code, Origin.of(request)):
            raise Invalid({"code": checking.wrong()})
    confirm_session(session, actor)
    return leave_for(request, local_path(form.next.data))


@act()
def confirm_options(request: Request, session: Session) -> Response:
    return _asked(request, session, Ceremony.CONFIRM, session.get_one(Account, signed_in(request).id))


@act(ProofForm)
def confirm_passkey(request: Request, session: Session, form: ProofForm) -> Response | Reply:
    actor = signed_in(request)
    proven = _proven(request, session, form, Ceremony.CONFIRM, actor.id)
    if isinstance(proven, str):
        again = ConfirmForm(next=form.next.data)
        again.form_errors.append(proven)
        return lambda reading: refused(show_confirm(request, reading, again))
    confirm_session(session, actor)
    return leave_for(request, local_path(form.next.data))


def count_try(request: Request, account_id: int) -> None:
    """
    Raises:
        TooMany: this account, or this address, has tried enough codes for now.
    """
    limits = request.state.site.limits
    limits.hit(checking.TRIES_BY_ACCOUNT, "factor", str(account_id))
    limits.hit(checking.TRIES_BY_ADDRESS, "factor", network_of(request.state.address))


def _asked(request: Request, session: Session, ceremony: Ceremony, account: Account | None = None) -> Response:
    require_passkeys(request)
    options, token = passkeys.ask(session, request.state.site.settings, ceremony, account)
    return put_challenge(request, JSONResponse(options), token)


def _proven(
    request: Request, session: Session, form: ProofForm, ceremony: Ceremony, account_id: int | None
) -> Account | str:
    """Whose passkey it is, or why it is nobody's: said, not raised, so that what was asked is used up either way."""
    require_passkeys(request)
    answer, cookie = str(form.credential.data or ""), request.cookies.get(passkeys.COOKIE)
    try:
        return passkeys.prove(session, request.state.site.settings, ceremony, cookie, answer, account_id)
    except Invalid as refusal:
        return refusal.message


def require_passkeys(request: Request) -> None:
    """
    Raises:
        NotFound: this site has none.
    """
    if not passkeys.offered(request.state.site.settings):
        raise NotFound(_("There is nothing at this address."))


def refused(response: Response) -> Response:
    """The form once more, as the answer to a refusal."""
    if not isinstance(response, RedirectResponse):
        response.status_code = 422
    return response


def _done(response: Response) -> Response:
    for name in (steps.COOKIE, passkeys.COOKIE):
        response.delete_cookie(name)
    return response


def _too_late(request: Request) -> Response:
    response = see_other(request, "accounts.login")
    words = _("That took too long, or there were too many wrong codes. Sign in again.")
    leave_note(request, response, FLASH_COOKIE, {"level": "warning", "text": words, "undo": None})
    response.delete_cookie(steps.COOKIE)
    return response


ANYBODY, MINE = Access.EVERYONE, Access.ENROLLING
OPTIONS = "30/minute"
routes = [
    Route("/login/factor", factor_page, name="accounts.factor", access=ANYBODY, methods=["GET"]),
    Route("/login/factor", factor, name="accounts.pass_factor", access=ANYBODY, methods=["POST"], rate="20/minute"),
    Route(
        "/login/factor/options",
        factor_options,
        name="passkeys.factor_options",
        access=ANYBODY,
        methods=["POST"],
        rate=OPTIONS,
    ),
    Route(
        "/login/factor/passkey",
        factor_passkey,
        name="passkeys.factor",
        access=ANYBODY,
        methods=["POST"],
        rate="20/minute",
    ),
    Route(
        "/login/passkey/options",
        login_options,
        name="passkeys.login_options",
        access=ANYBODY,
        methods=["POST"],
        rate=OPTIONS,
    ),
    Route("/login/passkey", login_passkey, name="passkeys.login", access=ANYBODY, methods=["POST"], rate="20/minute"),
    Route("/settings/confirm", confirm_page, name="confirming.show", access=MINE, methods=["GET"]),
    Route("/settings/confirm", confirm, name="confirming.prove", access=MINE, methods=["POST"], rate="20/minute"),
    Route(
        "/settings/confirm/options",
        confirm_options,
        name="passkeys.confirm_options",
        access=MINE,
        methods=["POST"],
        rate=OPTIONS,
    ),
    Route(
        "/settings/confirm/passkey",
        confirm_passkey,
        name="passkeys.confirm",
        access=MINE,
        methods=["POST"],
        rate="20/minute",
    ),
]
