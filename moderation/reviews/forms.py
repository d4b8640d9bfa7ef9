"""The forms of reviews: a decision, an appeal, its judgement, and several reviews at once."""

from __future__ import annotations

import re
from typing import Any

from wtforms import HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired

from forum.errors import Invalid
from forum.events.moderation import Decision, FlagReason, SanctionKind
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.markup import Cooked, Uncookable, cook
from forum.web import Form, choices
from moderation.reviews.choices import OFFERED, Choice, Terms
from moderation.reviews.models import ReviewKind
from moderation.reviews.words import decision_label, reason_label

DAYS = ("1", "3", "7", "30", "90", "365", "")
LOCK_DAYS = ("", "1", "7", "30")
GROUNDS = tuple(reason for reason in FlagReason if reason is not FlagReason.NEEDS_STAFF)


def sanction_choices() -> list[tuple[str, str]]:
    return [
        (SanctionKind.WARN.value, _("Warn")),
        (SanctionKind.SILENCE.value, _("Silence: no asking, answering, commenting or editing")),
        (SanctionKind.SUSPEND.value, _("Suspend: no voting and flagging either")),
    ]


def duration(days: str, without: str) -> str:
    words = {"1": _("1 day"), "7": _("1 week"), "30": _("1 month"), "365": _("1 year")}
    return words.get(days) or (_("{days} days").format(days=days) if days else without)


def seen_version(written: str | None) -> int:
    return int(written) if written and re.fullmatch(r"[0-9]{1,9}", written) else 0


def chosen_days(written: str | None) -> int | None:
    """A length of time out of those offered; anything else is none."""
    return int(written) if written and written in DAYS else None


class DecisionForm(Form):
    version = HiddenField(default="0")
    decision = RadioField(lazy("What should happen?"), [InputRequired(lazy("Choose what should happen."))])
    grounds = SelectField(lazy("Why?"), validate_choice=False)
    message = TextAreaField(lazy("To the author"))
    note = TextAreaField(lazy("For moderators and staff only"))
    title = StringField(lazy("Title"))
    body = TextAreaField(lazy("Text"))
    sanction = SelectField(lazy("Sanction"), validate_choice=False)
    days = SelectField(lazy("For how long"), validate_choice=False)
    lock_days = SelectField(lazy("Locked for"), validate_choice=False)
    cooked: Cooked | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decision.choices = choices((one.value, decision_label(one)) for one in Decision)
        self.grounds.choices = choices(
            [("", _("Choose a reason")), *((one.value, reason_label(one)) for one in GROUNDS)]
        )
        self.sanction.choices = choices(sanction_choices())
        self.days.choices = choices((days, duration(days, _("Until it is lifted"))) for days in DAYS)
        self.lock_days.choices = choices((days, duration(days, _("Until it is unlocked"))) for days in LOCK_DAYS)

    def offer(self, kind: ReviewKind, *, flagged: bool) -> None:
        held = kind is ReviewKind.APPROVAL
        offered = [one for one in OFFERED[kind] if flagged or one is not Decision.IGNORE]
        self.decision.choices = choices((one.value, decision_label(one, held=held, flagged=flagged)) for one in offered)

    def work(self) -> None:
        if self.decision.data == Decision.EDIT:
            try:
                self.cooked = cook(self.body.data or "")
            except Uncookable as refusal:
                raise Invalid({"body": refusal.message}) from refusal

    @property
    def seen(self) -> int:
        """The version of the review that the form was made for."""
        return seen_version(self.version.data)

    @property
    def choice(self) -> Choice:
        decision = Decision(self.decision.data)
        sanctioned = decision is Decision.SANCTION and self.sanction.data in set(SanctionKind)
        return Choice(
            decision=decision,
            grounds=FlagReason(self.grounds.data) if self.grounds.data in set(GROUNDS) else None,
            message=(self.message.data or "").strip(),
            note=(self.note.data or "").strip(),
            cooked=self.cooked,
            title=self.title.data or None,
            terms=Terms(SanctionKind(self.sanction.data), chosen_days(self.days.data)) if sanctioned else None,
            lock_days=chosen_days(self.lock_days.data),
        )


class JudgeForm(Form):
    version = HiddenField(default="0")
    verdict = RadioField(
        lazy("What do you find?"),
        [InputRequired(lazy("Choose what you find."))],
        choices=choices(
            [
                ("uphold", lazy("The decision stands")),
                ("overturn", lazy("The author is right: take the decision back, with all it did")),
            ]
        ),
    )
    message = TextAreaField(lazy("To the author"))

    @property
    def seen(self) -> int:
        return seen_version(self.version.data)


class AppealForm(Form):
    reason = TextAreaField(lazy("Why should it be looked at again?"))


class BatchForm(Form):
    """Several reviews, each as "id:version"."""

    review = SelectMultipleField(lazy("Posts"), choices=[], validate_choice=False)
    message = TextAreaField(lazy("To the authors"))

    @property
    def versions(self) -> dict[int, int]:
        pairs = (re.fullmatch(r"([0-9]{1,18}):([0-9]{1,9})", one) for one in self.review.data or [])
        return {int(pair[1]): int(pair[2]) for pair in pairs if pair}
