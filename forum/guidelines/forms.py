"""The form of the guidelines."""

from __future__ import annotations

from wtforms import TextAreaField

from forum.errors import Invalid
from forum.i18n import lazy
from forum.markup import Cooked, Uncookable, cook
from forum.web import Form


class GuidelinesForm(Form):
    guidelines = TextAreaField(lazy("Guidelines"))
    cooked: Cooked

    def work(self) -> None:
        try:
            self.cooked = cook(str(self.guidelines.data or ""))
        except Uncookable as refusal:
            raise Invalid({"guidelines": refusal.message}) from refusal
