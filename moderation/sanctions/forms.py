"""The form of a sanction."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.web import Form, choices
from moderation.reviews.forms import DAYS, duration, sanction_choices


class SanctionForm(Form):
    kind = RadioField(lazy("Sanction"), [InputRequired(lazy("Choose a sanction."))])
    days = SelectField(lazy("For how long"), default="7", validate_choice=False)
    message = TextAreaField(lazy("Why? The person will read this"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = choices(sanction_choices())
        self.days.choices = choices((days, duration(days, _("Until it is lifted"))) for days in DAYS)


class LiftForm(Form):
    note = StringField(lazy("Why is it lifted?"))
