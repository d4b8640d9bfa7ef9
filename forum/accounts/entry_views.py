"""Pages for coming in and going out."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import signed_in
from forum.accounts import actions, admission, claiming, entry, tokens
from forum.accounts.factors import passkeys
from forum.accounts.factors.forms import put_step
from forum.accounts.forms import ClaimForm, DemoForm, LoginForm, NewPasswordForm, RegisterForm, ResetForm
from forum.accounts.models import TokenPurpose
from forum.accounts.oidc import provider
from forum.accounts.passwords import SHORTEST
from forum.accounts.security import Origin
from forum.accounts.sessions import close_session, open_session, put_cookie
from forum.i18n import gettext as _
from forum.options import option
from forum.web import Access, Route, act, page, render, see_other
from forum.web.middleware import SESSION_COOKIE
from forum.web.replies import local_path

FOLDER = "forum/accounts/entry"


def _login(request: Request, session: Session, form: LoginForm) -> Response:
    demo = option(session, "demo.accounts", list[dict[str, str]]()) if request.state.site.settings.demo else []
    settings = request.state.site.settings
    keys, name = passkeys.offered(settings), provider.offered(settings)
    return render(request, f"{FOLDER}/login.html", form=form, demo=demo, passkeys=keys, provider=name)


@page
def login_page(request: Request, session: Session) -> Response:
    return _login(request, session, LoginForm(next=local_path(request.query_params.get("next")), remembered=True))


@act(LoginForm, again=_login)
def login(request: Request, session: Session, form: LoginForm) -> Response:
    entered = entry.sign_in(session, request, form.answer, remembered=bool(form.remembered.data))
    if entered.opened is not None:
        return entry.let_in(request, session, entered.account, entered.opened, form.next.data)
    back = local_path(form.next.data)
    response = see_other(request, "accounts.factor", query={"next": back if back != "/" else None})
    return put_step(request, response, entered.step or "")


@act(DemoForm)
def login_demo(request: Request, session: Session, form: DemoForm) -> Response:
    account, opened = entry.sign_in_demo(session, request, str(form.handle.data))
    return entry.let_in(request, session, account, opened, form.next.data)


@act()
def logout(request: Request, session: Session) -> Response:
    close_session(session, request)
    response = see_other(request, "accounts.login", flash=_("You are signed out."))
    response.delete_cookie(SESSION_COOKIE)
    return response


def _register(request: Request, session: Session, form: RegisterForm) -> Response:
    if admission.registration(session) is not admission.Registration.OPEN:
        words = admission.refusal(session)
        return render(request, f"{FOLDER}/not_open.html", words=words, next=local_path(form.next.data))
    name = provider.offered(request.state.site.settings)
    return render(request, f"{FOLDER}/register.html", form=form, shortest=SHORTEST, provider=name)


@page
def register_page(request: Request, session: Session) -> Response:
    return _register(request, session, RegisterForm(next=local_path(request.query_params.get("next"))))


@act(RegisterForm, again=_register)
def register(request: Request, session: Session, form: RegisterForm) -> Response:
    account = actions.register(
        session,
        handle=str(form.handle.data),
        display_name=str(form.display_name.data or ""),
        email=form.clean_email,
        password_hash=form.password_hash,
        agreed=form.agreed,
    )
    back = local_path(form.next.data)
    response = see_other(request, "accounts.standing", query={"next": back if back != "/" else None})
    return put_cookie(request, response, open_session(session, request, account))


@page
def confirm_page(request: Request, _session: Session) -> Response:
    return render(request, f"{FOLDER}/confirm.html", token=request.path_params["token"])


@act()
def confirm(request: Request, session: Session) -> Response:
    actions.confirm_email(session, request.path_params["token"], Origin.of(request))
    if request.state.actor is None:
        return see_other(request, "accounts.login", flash=_("Your address is confirmed. Sign in to take part."))
    if request.state.actor.verified:
        return see_other(request, "email.show", flash=_("This is your address from now on."))
    return see_other(request, "accounts.standing", flash=_("Your address is confirmed. Welcome!"))


@act()
def send_again(request: Request, session: Session) -> Response:
    actor = signed_in(request)
    actions.send_again(session, actor)
    page = "email.show" if actor.verified else "accounts.standing"
    return see_other(request, page, flash=_("Another link is on its way."))


def _reset(request: Request, session: Session, form: ResetForm) -> Response:
    return render(request, f"{FOLDER}/reset.html", form=form, imported=claiming.any_waits(session))


@page
def reset_page(request: Request, session: Session) -> Response:
    return _reset(request, session, ResetForm())


@act(ResetForm, again=_reset)
def reset(request: Request, session: Session, form: ResetForm) -> Response:
    actions.ask_for_reset(session, form.clean_email)
    return render(request, f"{FOLDER}/reset_sent.html", email=form.clean_email)


def _new_password(request: Request, session: Session, form: NewPasswordForm) -> Response:
    tokens.find(session, request.path_params["token"], TokenPurpose.RESET_PASSWORD, hold=False)
    return render(request, f"{FOLDER}/new_password.html", form=form, shortest=SHORTEST)


@page
def new_password_page(request: Request, session: Session) -> Response:
    return _new_password(request, session, NewPasswordForm())


@act(NewPasswordForm, again=_new_password)
def new_password(request: Request, session: Session, form: NewPasswordForm) -> Response:
    actions.reset_password(session, request.path_params["token"], form.password_hash, Origin.of(request))
    return see_other(request, "accounts.login", flash=_("Your new password is set. Sign in with it."))


def _claim(request: Request, session: Session, form: ClaimForm) -> Response:
    account = claiming.about(session, request.path_params["token"])
    return render(request, f"{FOLDER}/claim.html", form=form, account=account, shortest=SHORTEST)


@page
def claim_page(request: Request, session: Session) -> Response:
    return _claim(request, session, ClaimForm())


@act(ClaimForm, again=_claim)
def claim(request: Request, session: Session, form: ClaimForm) -> Response:
    """Whoever opened the link reads the mail of the address, and is let in with it."""
    account = claiming.claim(session, request.path_params["token"], form.password_hash, form.agreed)
    words = _("This is your account from now on. Welcome!")
    response = see_other(request, "accounts.show", flash=words, handle=account.handle)
    return put_cookie(request, response, open_session(session, request, account, alert=False))


routes = [
    Route("/login", login_page, name="accounts.login", access=Access.EVERYONE, methods=["GET"]),
    Route("/login", login, name="accounts.sign_in", access=Access.EVERYONE, methods=["POST"], rate="20/minute"),
    Route("/login/demo", login_demo, name="accounts.demo", access=Access.EVERYONE, methods=["POST"], rate="60/minute"),
    Route("/logout", logout, name="accounts.logout", access=Access.EVERYONE, methods=["POST"], rate="30/minute"),
    Route("/register", register_page, name="accounts.register", access=Access.EVERYONE, methods=["GET"]),
    Route("/register", register, name="accounts.join", access=Access.EVERYONE, methods=["POST"], rate="10/hour"),
    Route("/confirm/{token}", confirm_page, name="accounts.confirm", access=Access.EVERYONE, methods=["GET"]),
    Route(
        "/confirm/{token}",
        confirm,
        name="accounts.confirm_email",
        access=Access.EVERYONE,
        methods=["POST"],
        rate="20/hour",
    ),
    Route("/confirm", send_again, name="accounts.send_again", access=Access.ENROLLING, methods=["POST"], rate="5/hour"),
    Route("/claim/{token}", claim_page, name="accounts.claim", access=Access.EVERYONE, methods=["GET"]),
    Route(
        "/claim/{token}",
        claim,
        name="accounts.take_over",
        access=Access.EVERYONE,
        methods=["POST"],
        rate="20/hour",
    ),
    Route("/reset", reset_page, name="accounts.reset", access=Access.EVERYONE, methods=["GET"]),
    Route("/reset", reset, name="accounts.ask_reset", access=Access.EVERYONE, methods=["POST"], rate="10/hour"),
    Route("/reset/{token}", new_password_page, name="accounts.new_password", access=Access.EVERYONE, methods=["GET"]),
    Route(
        "/reset/{token}",
        new_password,
        name="accounts.set_password",
        access=Access.EVERYONE,
        methods=["POST"],
        rate="20/hour",
    ),
]
