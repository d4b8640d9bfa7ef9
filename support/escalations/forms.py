"""Asking staff from a thread."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, HiddenField, RadioField

from forum.i18n import gettext as _
from forum.web import Form, choices
from support.escalations.rules import AT_ONCE, Permission
from support.forms import Words
from support.tickets.models import Reason
from support.tickets.words import reason_words


class Escalation(Words):
    reason = RadioField(validate_choice=False)
    shared = BooleanField(default=True)

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.reason.label.text = _("Why staff?")
        self.shared.label.text = _("Share with my colleagues")
        self.body.label.text = _("What should staff know?")

    def offer(self, allowed: Permission) -> None:
        """The reasons that this person may give now."""
        self.reason.choices = choices((reason.value, reason_words(reason)) for reason in allowed.reasons)
        if allowed.reasons and self.reason.data not in allowed.reasons:
            first = allowed.reasons[0]
            self.reason.data = None if first in AT_ONCE else first.value

    @property
    def chosen(self) -> Reason | None:
        return Reason(self.reason.data) if self.reason.data in list(Reason) else None


class MeTooForm(Form):
    """ "1" to say it, "0" to take it back."""

    value = HiddenField(default="1")
