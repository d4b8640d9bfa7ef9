"""The forms of second factors, and the cookies that go with them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from forum.accounts.factors import passkeys, steps
from forum.accounts.forms import NextForm
from forum.i18n import lazy
from forum.web import Form


class CodeForm(NextForm):
    code = StringField(
        lazy("Code from your app, or a recovery code"), [InputRequired(lazy("Give a code.")), Length(max=40)]
    )


class AppForm(Form):
    """`offer` is the secret in the picture, sealed."""

    offer = HiddenField(validators=[InputRequired(), Length(max=1000)])
    code = StringField(lazy("Code that the app shows"), [InputRequired(lazy("Give the code.")), Length(max=20)])


class ProofForm(NextForm):
    """What a passkey answered, as the browser's script put it in."""

    credential = HiddenField(validators=[Length(max=passkeys.LONGEST_ANSWER)])
    remembered = BooleanField()


class NewPasskeyForm(Form):
    name = StringField(lazy("What do you call it?"), [Length(max=200)])
    credential = HiddenField(validators=[Length(max=passkeys.LONGEST_ANSWER)])


def put_step(request: Request, response: Response, token: str) -> Response:
    return _put(request, response, steps.COOKIE, token, int(steps.LIVES.total_seconds()))


def put_challenge(request: Request, response: Response, token: str) -> Response:
    return _put(request, response, passkeys.COOKIE, token, int(passkeys.LIVES.total_seconds()))


def _put(request: Request, response: Response, name: str, token: str, age: int) -> Response:
    https = request.state.site.settings.https
    response.set_cookie(name, token, max_age=age, httponly=True, samesite="lax", secure=https)
    return response
