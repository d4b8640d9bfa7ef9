"""The form that raises a flag."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired

from forum.events.moderation import FlagReason
from forum.i18n import lazy
from forum.posts import PostKind, PostRef
from forum.web import Form, choices
from moderation.reviews.words import reason_label


class FlagForm(Form):
    reason = RadioField(lazy("What is wrong with it?"), [InputRequired(lazy("Choose what is wrong."))])
    note = TextAreaField(lazy("What should moderators know?"))

    def offer(self, ref: PostRef) -> None:
        """Show only reasons that suit the kind of post, under ids of their own: several forms fit on one page."""
        kind = ref.kind
        self.reason.id, self.note.id = f"reason-{kind}-{ref.id}", f"note-{kind}-{ref.id}"
        suits = [reason for reason in FlagReason if reason != FlagReason.NOT_AN_ANSWER or kind == PostKind.ANSWER]
        self.reason.choices = choices((reason.value, reason_label(reason)) for reason in suits)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = choices((reason.value, reason_label(reason)) for reason in FlagReason)
