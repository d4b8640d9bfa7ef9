"""The form of one text."""

from __future__ import annotations

from wtforms import TextAreaField
from wtforms.validators import Length

from forum.i18n import lazy
from forum.web import Form


class WordForm(Form):
    text = TextAreaField(lazy("What it says"), [Length(max=2000)])
