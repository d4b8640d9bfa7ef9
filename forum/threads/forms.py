"""The shape of what is posted about threads; Markdown is cooked before any transaction begins."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField

from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.markup import Cooked, Uncookable, cook
from forum.threads.models import ThreadKind
from forum.threads.queries import ProductRow
from forum.uploads.forms import WithFiles
from forum.web import Form, choices
from forum.web.fragments import ONCE

KINDS = [(ThreadKind.QUESTION.value, lazy("Question")), (ThreadKind.DISCUSSION.value, lazy("Discussion"))]


class TextForm(WithFiles):
    """A Markdown text. `once` tells a form that was sent twice from two forms."""

    body = TextAreaField(lazy("Text"))
    once = HiddenField(default=lambda: secrets.token_urlsafe(16))
    cooked: Cooked

    def work(self) -> None:
        try:
            self.cooked = cook(self.body.data or "")
        except Uncookable as refusal:
            raise Invalid({"body": refusal.message}) from refusal


class ThreadFields(TextForm):
    """What a question has besides its text. A product is chosen by its id, "" being none."""

    title = StringField(lazy("Title"))
    tags = StringField(lazy("Tags"))
    space = SelectField(lazy("Product"), choices=[], validate_choice=False)
    environment = StringField(lazy("Version and system"))

    def offer(self, products: Iterable[ProductRow]) -> None:
        none = ("", _("None of them, or I do not know"))
        self.space.choices = choices([none, *((str(one.id), one.name) for one in products)])

    @property
    def tag_names(self) -> list[str]:
        return split_tags(self.tags.data or "")

    @property
    def space_id(self) -> int | None:
        """The chosen product; 0, which is no product's, for what is not a number."""
        if not self.space.data:
            return None
        return int(self.space.data) if re.fullmatch(r"[0-9]{1,18}", self.space.data) else 0


class AskForm(ThreadFields):
    body = TextAreaField(lazy("What happened?"))
    kind = RadioField(lazy("What is it?"), choices=choices(KINDS), default=ThreadKind.QUESTION.value)


class AnswerForm(TextForm):
    body = TextAreaField(lazy("Your answer"))
    from_staff = BooleanField(lazy("Answer for the company"))


@cache
def empty_answer(*, from_staff: bool) -> AnswerForm:
    """The form as everybody finds it, to be drawn and not to be filled: each page gives it a token of its own."""
    form = AnswerForm(from_staff=from_staff)
    form.once.data = ONCE
    return form


class CommentForm(TextForm):
    pass


class EditForm(ThreadFields):
    """An edit; `revision` is the one it started from."""

    note = StringField(lazy("What did you change, and why?"))
    revision = HiddenField()

    @property
    def from_revision(self) -> int:
        number = self.revision.data or ""
        return int(number) if re.fullmatch(r"[0-9]{1,9}", number) else 0


class NoteForm(Form):
    note = StringField(lazy("What happened instead?"))


class ReasonForm(Form):
    reason = StringField(lazy("Why?"))


class LockForm(ReasonForm):
    until = StringField(lazy("Until"))

    @property
    def moment(self) -> datetime | None:
        """The end of the lock, at midnight UTC after the chosen day.

        Raises:
            Invalid: that is not a day.
        """
        if not self.until.data:
            return None
        try:
            return datetime.strptime(self.until.data, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError as error:
            raise Invalid({"until": lazy("That is not a day.")}) from error


class DuplicateForm(Form):
    original = StringField(lazy("The question that was there before"))

    @property
    def original_id(self) -> int:
        """The thread meant by a number or an address; 0 when it is neither."""
        found = re.search(r"(?:/threads/|^\s*#?)([0-9]{1,18})(?:\D|$)", self.original.data or "")
        return int(found[1]) if found else 0


def split_tags(text: str) -> list[str]:
    return [name for name in re.split(r"[,\s]+", text) if name][:20]
