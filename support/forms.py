"""What the forms of the desk have in common: a text that is cooked before any transaction begins."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, TextAreaField

from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.markup import Cooked, Uncookable, cook
from forum.numbers import whole_number
from forum.uploads.forms import WithFiles
from forum.web import Form


class Words(WithFiles):
    """A form with a text in Markdown; `cooked` is what became of it."""

    body = TextAreaField()
    cooked: Cooked

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.body.label.text = _("Your message")

    def work(self) -> None:
        try:
            self.cooked = cook(self.body.data or "")
        except Uncookable as error:
            raise Invalid({"body": error.message}) from None


class Versioned(Form):
    """A form on a page of a ticket: it says which version of the ticket that page showed."""

    version = HiddenField()

    @property
    def shown_version(self) -> int | None:
        return whole_number(self.version.data, digits=9)
