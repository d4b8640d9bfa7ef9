"""The forms of registration and invitations."""

from __future__ import annotations

from wtforms import IntegerField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from forum.access import Role
from forum.accounts import names, passwords
from forum.accounts.admission import MOST_POINTS, Registration
from forum.accounts.forms import AgreeingForm
from forum.i18n import lazy
from forum.web import Form, choices

LONGEST_LIST = 20_000
WHO_WORDS = {
    Registration.OPEN: lazy("Everybody"),
    Registration.INVITED: lazy("Only who is invited"),
    Registration.CLOSED: lazy("Nobody for now"),
}
ROLE_WORDS = {"": lazy("Customer"), Role.MODERATOR: lazy("Moderator"), Role.STAFF: lazy("Staff")}


class RegistrationForm(Form):
    who = RadioField(lazy("Who may make an account"), choices=choices((one.value, WHO_WORDS[one]) for one in WHO_WORDS))
    invite_from = IntegerField(
        lazy("Customers may invite from this reputation on"), [Optional(), NumberRange(0, MOST_POINTS)]
    )


class OwnInviteForm(Form):
    addresses = TextAreaField(lazy("E-mail addresses"), [Length(max=LONGEST_LIST)])


class InviteForm(OwnInviteForm):
    role = SelectField(lazy("They come as"), choices=choices((str(one), ROLE_WORDS[one]) for one in ROLE_WORDS))
    organisation = StringField(lazy("Organisation"), [Length(max=120)])


class JoinForm(AgreeingForm):
    handle = StringField(lazy("Handle"), [InputRequired(lazy("Choose a handle.")), Length(max=64)])
    display_name = StringField(lazy("Display name"), [Length(max=200)])
    password = PasswordField(lazy("Password"), [InputRequired(lazy("Choose a password."))])
    password_hash: str = ""

    def work(self) -> None:
        handle = names.clean_handle(str(self.handle.data))
        passwords.require_strong(str(self.password.data), field="password", about=(handle,))
        self.password_hash = passwords.hash_password(str(self.password.data))
