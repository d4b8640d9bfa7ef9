"""The forms of organisations."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length

from forum.i18n import lazy
from forum.organisations.actions import LONGEST_NAME, LONGEST_PLAN, Given
from forum.organisations.models import IMPORTANCE, NORMAL
from forum.organisations.words import IMPORTANCE_WORDS
from forum.web import Form, choices

LONGEST_LIST = 8000
CHOICES = choices((str(one), IMPORTANCE_WORDS[one]) for one in IMPORTANCE)


class OrganisationForm(Form):
    name = StringField(lazy("Name"), [InputRequired(lazy("Give the organisation a name.")), Length(max=LONGEST_NAME)])
    plan = StringField(lazy("Plan"), [Length(max=LONGEST_PLAN)])
    importance = SelectField(lazy("Importance"), choices=CHOICES, default=str(NORMAL))
    domains = TextAreaField(lazy("E-mail domains"), [Length(max=LONGEST_LIST)])
    joins_by_domain = BooleanField(lazy("People with an address of these domains join by themselves"))
    shares_tickets = BooleanField(lazy("Colleagues share tickets"))

    def given(self) -> Given:
        return Given(
            name=str(self.name.data),
            plan=str(self.plan.data or ""),
            importance=int(str(self.importance.data)),
            domains=tuple(str(self.domains.data or "").replace(",", " ").split()),
            shares_tickets=bool(self.shares_tickets.data),
            joins_by_domain=bool(self.joins_by_domain.data),
        )


class InviteForm(Form):
    addresses = TextAreaField(lazy("E-mail addresses"), [Length(max=LONGEST_LIST)])


class ManagerForm(Form):
    manager = HiddenField(validators=[AnyOf(["1", "0"])])


class SharingForm(Form):
    shares_tickets = BooleanField(lazy("Colleagues share tickets"))
