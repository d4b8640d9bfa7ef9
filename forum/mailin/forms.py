"""The form in which somebody decides about a reply that came by mail."""

from __future__ import annotations

from wtforms import HiddenField, TextAreaField

from forum.i18n import lazy
from forum.threads.forms import TextForm

PUBLISH = "publish"
GIVE = "give"


class DecisionForm(TextForm):
    """The text as its writer leaves it, and which of the buttons was pressed."""

    body = TextAreaField(lazy("Your reply"))
    choice = HiddenField()
