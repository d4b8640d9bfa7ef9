"""The forms of accounts. Passwords are hashed and compared while a form is prepared."""

from __future__ import annotations

from typing import Self

from anyio import to_thread
from starlette.requests import Request
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from forum.access import Role
from forum.accounts import entry, names, passwords
from forum.accounts.models import TIERS
from forum.accounts.queries import password_hash_behind
from forum.addresses import network_of
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.markup import Uncookable, cook
from forum.web import Form, choices
from forum.web.site import Site

LONGEST_BIO = 4096
TRIES_BY_NAME = "20/15 minutes"
TRIES_BY_ADDRESS = "60/15 minutes"


class NextForm(Form):
    """A form that remembers where its person was going."""

    next = HiddenField(validators=[Length(max=2000)])


class AgreeingForm(Form):
    """Makes an account. Where there are terms, `terms` is the version that was shown."""

    consent = BooleanField(lazy("I agree to the terms"))
    terms = HiddenField(validators=[Length(max=20)])

    @property
    def agreed(self) -> str | None:
        return str(self.terms.data or "") if self.consent.data else None


class RegisterForm(AgreeingForm, NextForm):
    handle = StringField(lazy("Handle"), [InputRequired(lazy("Choose a handle.")), Length(max=64)])
    display_name = StringField(lazy("Display name"), [Length(max=200)])
    email = EmailField(lazy("E-mail address"), [InputRequired(lazy("Give your e-mail address.")), Length(max=254)])
    password = PasswordField(lazy("Password"), [InputRequired(lazy("Choose a password."))])
    password_hash: str = ""
    clean_email: str = ""

    def work(self) -> None:
        name, email = str(self.handle.data), str(self.email.data)
        self.clean_email = names.clean_email(email)
        handle = names.clean_handle(name)
        passwords.require_strong(str(self.password.data), field="password", about=(handle, self.clean_email, email))
        self.password_hash = passwords.hash_password(str(self.password.data))


class LoginForm(NextForm):
    name = StringField(lazy("Handle or e-mail address"), [InputRequired(lazy("Who are you?")), Length(max=254)])
    password = PasswordField(lazy("Password"), [InputRequired(lazy("Give your password."))])
    remembered = BooleanField(lazy("Keep me signed in"))
    answer: entry.Answer

    @classmethod
    async def prepare(cls, request: Request) -> Self:
        form = await super().prepare(request)
        if not form.errors:
            site: Site = request.state.site
            await site.limits.hit_from_loop(TRIES_BY_NAME, "login", entry.plain_name(str(form.name.data)))
            await site.limits.hit_from_loop(TRIES_BY_ADDRESS, "login", network_of(request.state.address))
            await to_thread.run_sync(form.check, site, limiter=site.preparers)
        return form

    def check(self, site: Site) -> None:
        self.answer = entry.check_entry(site.database, str(self.name.data), str(self.password.data))


class DemoForm(NextForm):
    handle = StringField(lazy("Handle"), [InputRequired(), Length(max=30)])


class ResetForm(Form):
    email = EmailField(lazy("E-mail address"), [InputRequired(lazy("Give your e-mail address.")), Length(max=254)])
    clean_email: str = ""

    def work(self) -> None:
        self.clean_email = names.clean_email(str(self.email.data))


class NewPasswordForm(Form):
    new_password = PasswordField(lazy("New password"), [InputRequired(lazy("Choose a password."))])
    password_hash: str = ""

    def work(self) -> None:
        passwords.require_strong(str(self.new_password.data), field="new_password")
        self.password_hash = passwords.hash_password(str(self.new_password.data))


class ClaimForm(AgreeingForm, NewPasswordForm):
    """Takes an imported account over."""


class OwnPasswordForm(Form):
    """Asks for the password that one has, in the field `own`; `checked_hash` is what it was compared with."""

    own = "password"
    checked_hash: str | None = None

    @classmethod
    async def prepare(cls, request: Request) -> Self:
        form = await super().prepare(request)
        if not form.errors:
            site: Site = request.state.site
            await site.limits.hit_from_loop(TRIES_BY_ADDRESS, "password", network_of(request.state.address))
            try:
                await to_thread.run_sync(form.check, site, request, limiter=site.preparers)
            except Invalid as error:
                form.add_errors(error.fields)
        return form

    def check(self, site: Site, request: Request) -> None:
        with site.database.reading() as session:
            self.checked_hash = password_hash_behind(session, request)
        if not passwords.check_password(str(self[self.own].data), self.checked_hash).fits:
            raise Invalid({self.own: _("That is not your current password.")})


class ChangePasswordForm(OwnPasswordForm, NewPasswordForm):
    own = "current_password"
    current_password = PasswordField(lazy("Current password"), [InputRequired(lazy("Give your current password."))])


class ConfirmForm(OwnPasswordForm, NextForm):
    """Proof, in an open session, that it is still its owner: all that it takes to sign in."""

    password = PasswordField(lazy("Password"), [InputRequired(lazy("Give your password."))])
    code = StringField(lazy("Code from your app, or a recovery code"), [Length(max=40)])


class EmailForm(Form):
    email = EmailField(lazy("New e-mail address"), [InputRequired(lazy("Give the new address.")), Length(max=254)])
    clean_email: str = ""

    def work(self) -> None:
        self.clean_email = names.clean_email(str(self.email.data))


class ProfileForm(Form):
    display_name = StringField(lazy("Display name"), [Length(max=200)])
    bio = TextAreaField(lazy("About you"))
    location = StringField(lazy("Location"), [Length(max=200)])
    website = StringField(lazy("Website"), [Length(max=400)])
    time_zone = SelectField(lazy("Time zone"), validate_choice=False)
    locale = SelectField(lazy("Language"), validate_choice=False)
    bio_source: str = ""
    bio_html: str = ""

    def work(self) -> None:
        try:
            cooked = cook(str(self.bio.data or ""), limit=LONGEST_BIO)
        except Uncookable as refusal:
            raise Invalid({"bio": refusal.message}) from refusal
        self.bio_source, self.bio_html = cooked.source, cooked.html


ROLE_WORDS = {
    Role.MODERATOR: lazy("Moderator"),
    Role.STAFF: lazy("Staff"),
    Role.ADMIN: lazy("Admin"),
}
ROLES = choices((role.value, words) for role, words in ROLE_WORDS.items())
TIER_CHOICES = choices((str(tier), str(tier)) for tier in TIERS)


class RolesForm(Form):
    roles = SelectMultipleField(
        lazy("Roles"), choices=ROLES, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    tier = SelectField(lazy("Tier of staff"), choices=TIER_CHOICES, default="1")
