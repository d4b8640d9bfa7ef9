"""The forms of levels and of how somebody wants to be told."""

from __future__ import annotations

from functools import cache
from typing import Any, Self

from starlette.requests import Request
from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import AnyOf, Length

from forum.following.models import Level
from forum.i18n import lazy
from forum.notifications import kinds
from forum.notifications.choices import How
from forum.notifications.models import ByMail, Rhythm
from forum.web import Form, choices

NOTHING = "default"
"""Stands for having chosen no level, and for no digest."""
MAIL_WORDS = {ByMail.AT_ONCE: lazy("At once"), ByMail.DIGEST: lazy("In the digest"), ByMail.NEVER: lazy("Never")}
RHYTHM_WORDS = {Rhythm.DAILY: lazy("Every day"), Rhythm.WEEKLY: lazy("Every week")}
DAYS = (
    lazy("Monday"),
    lazy("Tuesday"),
    lazy("Wednesday"),
    lazy("Thursday"),
    lazy("Friday"),
    lazy("Saturday"),
    lazy("Sunday"),
)


class LevelForm(Form):
    level = StringField(validators=[AnyOf([*(level.value for level in Level), NOTHING])])
    next = HiddenField(validators=[Length(max=2000)])

    def chosen(self) -> Level | None:
        return None if self.level.data == NOTHING else Level(str(self.level.data))


class TellingForm(Form):
    """How somebody wants to be told: two fields a matter, `page_NAME` and `mail_NAME`, and when the digest comes.

    The fields are made when the form is first asked for, once every package has said what it tells of.
    """

    rhythm = SelectField(
        lazy("A digest by mail"),
        choices=choices([(NOTHING, lazy("None")), *((one.value, words) for one, words in RHYTHM_WORDS.items())]),
        default=NOTHING,
    )
    hour = SelectField(lazy("At"), choices=choices((str(hour), f"{hour:02}:00") for hour in range(24)), default="8")
    weekday = SelectField(
        lazy("On, where it comes every week"),
        choices=choices((str(number), words) for number, words in enumerate(DAYS)),
        default="0",
    )

    @classmethod
    async def prepare(cls, request: Request) -> Self:
        if cls is TellingForm:
            form: Any = await telling_form().prepare(request)
            return form  # type: ignore[no-any-return]
        return await super().prepare(request)

    def given(self) -> dict[str, How]:
        """What was chosen for each matter."""
        return {
            one.name: How(bool(self[f"page_{one.name}"].data), ByMail(self[f"mail_{one.name}"].data))
            for one in kinds.all_matters()
            if self[f"mail_{one.name}"].data
        }

    def chosen_rhythm(self) -> Rhythm | None:
        return None if self.rhythm.data == NOTHING else Rhythm(str(self.rhythm.data))


@cache
def telling_form() -> type[TellingForm]:
    fields: dict[str, Any] = {}
    offered = choices((one.value, words) for one, words in MAIL_WORDS.items())
    for one in kinds.all_matters():
        fields[f"page_{one.name}"] = BooleanField(lazy("In the page"))
        known = AnyOf([*(way.value for way in ByMail), None], lazy("Not a valid choice."))
        fields[f"mail_{one.name}"] = SelectField(lazy("By mail"), [known], choices=offered, validate_choice=False)
    return type("TellingForm", (TellingForm,), fields)
