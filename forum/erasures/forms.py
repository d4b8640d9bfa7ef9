"""The forms of erasures."""

from __future__ import annotations

from starlette.requests import Request
from wtforms import BooleanField, IntegerField, PasswordField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from forum.accounts.forms import SignedForm
from forum.accounts.queries import password_hash_behind
from forum.i18n import lazy
from forum.web import Form
from forum.web.site import Site

WORDS_TOO = lazy("Erase what was written, too")


class EraseMeForm(SignedForm):
    current_password = PasswordField(lazy("Current password"))
    content = BooleanField(WORDS_TOO)
    handle = StringField(lazy("Your handle"), [InputRequired(lazy("Type your handle.")), Length(max=64)])

    def check(self, site: Site, request: Request) -> None:
        """Somebody without a password has none to give; the action asks for a session just opened instead."""
        with site.database.reading() as session:
            without = password_hash_behind(session, request) is None
        if not without:
            super().check(site, request)


class EraseForm(Form):
    content = BooleanField(WORDS_TOO)
    days = IntegerField(lazy("Days until it is done"), [InputRequired(lazy("Give a number of days."))])
    reason = TextAreaField(lazy("How you were asked"), [Length(max=2000)])


class CoolingOffForm(Form):
    cooling_off = IntegerField(
        lazy("Days in which people can take it back"), [InputRequired(lazy("Give a number of days."))]
    )


class ReasonForm(Form):
    reason = StringField(lazy("Why"), [Length(max=2000)])
