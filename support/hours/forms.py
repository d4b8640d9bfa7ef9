"""The form of the hours: two times a day."""

from __future__ import annotations

from wtforms import Field, SelectField, StringField, TextAreaField
from wtforms.validators import Length
from wtforms.widgets import TimeInput

from forum.i18n import lazy
from forum.web import Form
from support.hours.actions import DAYS, MOST_HOLIDAYS, Typed

DAY_WORDS = {
    "monday": lazy("Monday"),
    "tuesday": lazy("Tuesday"),
    "wednesday": lazy("Wednesday"),
    "thursday": lazy("Thursday"),
    "friday": lazy("Friday"),
    "saturday": lazy("Saturday"),
    "sunday": lazy("Sunday"),
}


class HoursForm(Form):
    zone = SelectField(lazy("Time zone"), validate_choice=False)
    holidays = TextAreaField(lazy("Holidays"), [Length(max=MOST_HOLIDAYS * 20)])

    def pairs(self) -> list[tuple[str, Field, Field]]:
        """The days in order: what they are called, and the fields of their times."""
        return [(str(DAY_WORDS[name]), self[f"{name}_from"], self[f"{name}_to"]) for name in DAYS]

    def week(self) -> list[Typed]:
        return [(str(opens.data or "").strip(), str(closes.data or "").strip()) for _day, opens, closes in self.pairs()]


for _name in DAYS:
    for _end in ("from", "to"):
        setattr(HoursForm, f"{_name}_{_end}", StringField(validators=[Length(max=5)], widget=TimeInput()))
