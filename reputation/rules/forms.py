"""The form of the rules: a preset, a number for each privilege and each rule, and the day's cap."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, IntegerField, RadioField
from wtforms.validators import InputRequired, Length, Optional

from forum.access import Privilege
from forum.i18n import lazy
from forum.web import Form, choices
from reputation.ledger.models import Rule
from reputation.privileges.presets import AUTOMATIC, Preset
from reputation.rules.actions import CAP, EARNED, PAID, THRESHOLDS, Given

PRIVILEGE_WORDS = {
    Privilege.FLAG: lazy("Flag posts"),
    Privilege.VOTE_UP: lazy("Vote up"),
    Privilege.COMMENT: lazy("Comment everywhere"),
    Privilege.MANY_LINKS: lazy("Post more than two links"),
    Privilege.VOTE_DOWN: lazy("Vote down"),
    Privilege.NEW_TAG: lazy("Create tags"),
    Privilege.EDIT_ANY: lazy("Edit others' posts"),
}
RULE_WORDS = {
    Rule.ACCEPTED: lazy("One's answer solved it"),
    Rule.ANSWER_UP: lazy("One's answer is voted up"),
    Rule.QUESTION_UP: lazy("One's question is voted up"),
    Rule.ACCEPTING: lazy("Accepting somebody's answer"),
    Rule.JOINED: lazy("Joining"),
    Rule.DOWN_CAST: lazy("Voting an answer down"),
    Rule.ANSWER_DOWN: lazy("One's answer is voted down"),
    Rule.QUESTION_DOWN: lazy("One's question is voted down"),
    Rule.ABUSE: lazy("A moderator finds one's post to be spam or abuse"),
}
PRESET_WORDS = {
    AUTOMATIC: lazy("By the site's age"),
    Preset.NEW: lazy("New"),
    Preset.GROWING: lazy("Growing"),
    Preset.ESTABLISHED: lazy("Established"),
}
_NUMBER = lazy("Write a whole number.")


class _Whole(IntegerField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata([value[:12] if isinstance(value, str) else value for value in valuelist])
        except ValueError as error:
            raise ValueError(str(_NUMBER)) from error


def _needed(privilege: Privilege) -> IntegerField:
    least, most = THRESHOLDS
    return _Whole(PRIVILEGE_WORDS[privilege], [Optional()], render_kw={"min": least, "max": most})


def _points(rule: Rule) -> IntegerField:
    least, most = PAID[rule]
    return _Whole(RULE_WORDS[rule], [InputRequired(_NUMBER)], render_kw={"min": least, "max": most})


class RulesForm(Form):
    preset = RadioField(lazy("What privileges take"), choices=choices(PRESET_WORDS.items()), default=AUTOMATIC)
    daily_cap = _Whole(
        lazy("Most that up votes earn in a day"),
        [InputRequired(_NUMBER)],
        render_kw={"min": CAP[0], "max": CAP[1]},
    )
    seen = HiddenField(validators=[Length(max=64)])

    def given(self) -> Given:
        needed = {privilege: self[f"needed_{privilege.value}"].data for privilege in EARNED}
        return Given(
            preset=str(self.preset.data),
            thresholds={privilege: value for privilege, value in needed.items() if value is not None},
            points={rule: int(self[f"points_{rule.value}"].data) for rule in PAID},
            daily_cap=int(self.daily_cap.data or 0),
        )

    @classmethod
    def of(cls, given: Given) -> RulesForm:
        numbers: dict[str, Any] = {f"points_{rule.value}": points for rule, points in given.points.items()}
        numbers |= {f"needed_{privilege.value}": needed for privilege, needed in given.thresholds.items()}
        return cls(data=numbers | {"preset": given.preset, "daily_cap": given.daily_cap})


for _privilege in EARNED:
    setattr(RulesForm, f"needed_{_privilege.value}", _needed(_privilege))
for _rule in PAID:
    setattr(RulesForm, f"points_{_rule.value}", _points(_rule))
