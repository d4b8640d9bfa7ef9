"""The form of the first admin, and of a step that is put off."""

from __future__ import annotations

from wtforms import HiddenField, StringField
from wtforms.validators import AnyOf, InputRequired, Length

from forum.accounts.forms import RegisterForm
from forum.i18n import lazy
from forum.web import Form


class FirstAdminForm(RegisterForm):
    code = StringField(
        lazy("Set-up code"), [InputRequired(lazy("Give the code that the server printed.")), Length(max=60)]
    )


class PutOffForm(Form):
    later = HiddenField(validators=[AnyOf(["yes", "no"])])
