"""The shape of a vote."""

from __future__ import annotations

from wtforms import IntegerField
from wtforms.validators import InputRequired

from forum.i18n import lazy
from forum.web import Form


class VoteForm(Form):
    value = IntegerField(lazy("Vote"), [InputRequired()])
