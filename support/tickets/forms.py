"""Asking staff privately."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import AnyOf

from forum.i18n import gettext as _
from forum.numbers import whole_number
from forum.web import Form
from support.forms import Words


class NewTicket(Words):
    """`thread` is the number of a thread that the ticket points at, "" for none."""

    subject = StringField()
    space = SelectField(validate_choice=False)
    environment = StringField()
    thread = HiddenField()
    shared = BooleanField(default=True)

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.subject.label.text = _("What is it about?")
        self.space.label.text = _("Product")
        self.environment.label.text = _("Where does it happen?")
        self.shared.label.text = _("Share with my colleagues")
        self.body.label.text = _("What happens, and what did you expect?")

    @property
    def space_id(self) -> int | None:
        return whole_number(self.space.data)

    @property
    def thread_id(self) -> int | None:
        return whole_number(self.thread.data)


class Sharing(Form):
    shared = HiddenField(validators=[AnyOf(["1", "0"])])
