"""The form of a letter's words."""

from __future__ import annotations

from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from forum.i18n import lazy
from forum.letters.wording import LONGEST_LINES, LONGEST_SUBJECT, Wording
from forum.web import Form


class WordingForm(Form):
    subject = StringField(lazy("Subject"), [Length(max=LONGEST_SUBJECT * 2)])
    opening = TextAreaField(lazy("Opening"), [Length(max=LONGEST_LINES * 2)])
    closing = TextAreaField(lazy("Closing"), [Length(max=LONGEST_LINES * 2)])

    def given(self) -> Wording:
        return Wording(
            subject=str(self.subject.data or ""),
            opening=str(self.opening.data or ""),
            closing=str(self.closing.data or ""),
        )
