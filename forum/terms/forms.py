"""The forms of terms."""

from __future__ import annotations

from wtforms import BooleanField, DateField, HiddenField, TextAreaField
from wtforms.validators import Length, Optional

from forum.errors import Invalid
from forum.i18n import lazy
from forum.markup import Cooked, Uncookable, cook
from forum.terms.actions import LONGEST_NOTE
from forum.web import Form


class DraftForm(Form):
    terms = TextAreaField(lazy("Terms"))
    cooked: Cooked

    def work(self) -> None:
        try:
            self.cooked = cook(str(self.terms.data or ""))
        except Uncookable as refusal:
            raise Invalid({"terms": refusal.message}) from refusal


class PublishForm(Form):
    note = TextAreaField(lazy("What is new"), [Length(max=LONGEST_NOTE)])
    asks_again = BooleanField(lazy("Ask everybody for their agreement again"))
    required_from = DateField(lazy("Needed from"), [Optional()])


class ConsentForm(Form):
    version = HiddenField(validators=[Length(max=20)])
    next = HiddenField(validators=[Length(max=2000)])
