"""The forms of erasures."""

from __future__ import annotations

from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from forum.i18n import lazy
from forum.web import Form

WORDS_TOO = lazy("Erase what was written, too")


class EraseMeForm(Form):
    content = BooleanField(WORDS_TOO)
    handle = StringField(lazy("Your handle"), [InputRequired(lazy("Type your handle.")), Length(max=64)])


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
