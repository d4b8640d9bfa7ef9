"""The page on which one's tokens for the API are made, listed and revoked."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from forum.access import Scope, signed_in, usable_scopes
from forum.accounts import api_tokens
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.web import Access, Form, Route, act, choices, page, render, see_other
from forum.web.replies import leave_note, read_note

TEMPLATE = "forum/accounts/settings/tokens.html"
DAYS = ("30", "90", "365", "")
PLACE = "/settings/tokens"
COOKIE = "new-token"


class TokenForm(Form):
    name = StringField(lazy("What is it for?"))
    scopes = SelectMultipleField(
        lazy("What may it do?"),
        choices=[],
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    days = SelectField(lazy("How long does it live?"), validate_choice=False, default="90")

    @property
    def chosen(self) -> list[Scope]:
        return [scope for scope in Scope if scope in (self.scopes.data or [])]

    @property
    def lifetime(self) -> int | None:
        """0, which no token has, for what was not offered."""
        days = self.days.data or ""
        return None if not days else int(days) if days in DAYS else 0

    def offer(self, scopes: tuple[Scope, ...]) -> None:
        self.scopes.choices = choices((scope.value, scope_words(scope)) for scope in scopes)
        self.days.choices = choices((days, _lifetime(days)) for days in DAYS)


def scope_words(scope: Scope) -> str:
    """What a token with this scope may do, in the account's name."""
    return {
        Scope.READ: _("Read what you can read"),
        Scope.WRITE: _("Read, and write: ask, answer, comment, vote, flag, and write in your tickets"),
        Scope.MODERATE: _("Moderate: see the queue; with Write, decide too"),
        Scope.SUPPORT: _("Staff: see the desk; with Write, work on tickets too"),
        Scope.ADMIN: _("Administer"),
    }[scope]


def _lifetime(days: str) -> str:
    words = {"30": _("30 days"), "90": _("90 days"), "365": _("A year")}
    return words.get(days) or _("Until I revoke it")


def tokens_page(request: Request, session: Session, form: Any = None, *, word: str | None = None) -> Response:
    actor = signed_in(request)
    scopes = usable_scopes(actor.roles)
    form = form or TokenForm(data={"scopes": [Scope.READ.value], "days": "90"})
    form.offer(scopes)
    rows = api_tokens.own_tokens(session, actor)
    return render(
        request, TEMPLATE, form=form, tokens=rows, made=word, scope_words=scope_words, api_path=_api_path(request)
    )


@page
def show(request: Request, session: Session) -> Response:
    """With a token that was made just now, which stands on this one page and nowhere afterwards."""
    note = read_note(request, COOKIE)
    own = note is not None and note["account"] == signed_in(request).id
    response = tokens_page(request, session, word=note["word"] if note and own else None)
    if COOKIE in request.cookies:
        response.delete_cookie(COOKIE, path=PLACE)
    return response


@act(TokenForm, again=tokens_page)
def make(request: Request, session: Session, form: TokenForm) -> Response:
    account_id = signed_in(request).id
    _token, word = api_tokens.make_token(session, account_id, form.name.data or "", form.chosen, days=form.lifetime)
    response = see_other(request, "accounts.tokens")
    leave_note(request, response, COOKIE, {"account": account_id, "word": word}, path=PLACE)
    return response


@act()
def revoke(request: Request, session: Session) -> Response:
    token = api_tokens.revoke_token(session, signed_in(request), request.path_params["token_id"])
    words = _("“{name}” opens nothing any more.").format(name=token.name)
    return see_other(request, "accounts.tokens", flash=words)


def _api_path(request: Request) -> str:
    return f"{request.state.site.settings.base_url}/api/v1"


MINE = Access.SIGNED_IN
routes = [
    Route(PLACE, show, name="accounts.tokens", access=MINE, methods=["GET"]),
    Route(PLACE, make, name="accounts.make_token", access=MINE, methods=["POST"], rate="20/hour", recent=True),
    Route(
        PLACE + "/{token_id:int}/revoke",
        revoke,
        name="accounts.revoke_token",
        access=MINE,
        methods=["POST"],
        rate="60/minute",
    ),
]
