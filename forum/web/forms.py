"""Forms: the shape of what is posted, and the slow work that needs no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Self

import wtforms
import wtforms.fields.choices
from anyio import to_thread
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from wtforms.i18n import get_translations
from wtforms.meta import DefaultMeta

from forum.errors import Invalid, TooLarge
from forum.i18n import current_locale
from forum.i18n import gettext as _

MAX_FIELDS = 200
_Choice: Any = vars(wtforms.fields.choices)["SelectChoice"]  # unknown to the library's type stubs


def choices(pairs: Iterable[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """What a field offers, as values and words, in the one form that WTForms will go on to take."""
    return [_Choice(value, words) for value, words in pairs]


def _is_written(field: wtforms.Field) -> bool:
    if isinstance(field, wtforms.HiddenField | wtforms.PasswordField):
        return False
    return isinstance(field, wtforms.StringField | wtforms.IntegerField | wtforms.DateField)


@cache
def _translations(locale: str) -> Any:
    """The library's own words; it would look for their file at every form."""
    return get_translations([locale])


async def _sent(request: Request, most_files: int) -> list[tuple[str, Any]]:
    """
    Raises:
        TooLarge: a text is longer than any that is taken.
    """
    try:
        return (await request.form(max_files=most_files, max_fields=MAX_FIELDS)).multi_items()
    except HTTPException as refusal:
        if "maximum size" in refusal.detail:  # as Starlette words it, which has no error of its own for this
            raise TooLarge(_("One of the texts is longer than a megabyte.")) from refusal
        raise


def _without_nul(value: Any) -> Any:
    """PostgreSQL keeps no NUL in a text, and nobody types one."""
    return value.replace("\0", "") if isinstance(value, str) else value


class Form(wtforms.Form):
    """A posted form.

    Meaning and limits live in actions: what they find wrong comes back through
    `add_errors`, so that it stands beside the field either way. `most_files` is how many
    files may come along.
    """

    most_files = 0

    class Meta(DefaultMeta):
        def get_translations(self, form: Any) -> Any:
            return _translations(current_locale())

    @classmethod
    async def prepare(cls, request: Request) -> Self:
        """Read the body, check its shape, and do what is slow before any transaction begins."""
        sent = await _sent(request, cls.most_files)
        posted = FormData([(name, _without_nul(value)) for name, value in sent if isinstance(value, str)])
        request.state.posted = posted
        form = cls(posted)
        request.state.labels = form.labels_of_texts()
        # A browser sends an empty one where none was chosen.
        files = [value for _name, value in sent if isinstance(value, UploadFile) and value.filename]
        refused = await form.take_in(request, files) if files else {}
        fits = form.validate()
        form.add_errors(refused)
        if fits and not refused and cls.work is not Form.work:
            try:
                await to_thread.run_sync(form.work, limiter=request.state.site.preparers)
            except Invalid as error:
                form.add_errors(error.fields)
        return form

    async def take_in(self, request: Request, parts: Sequence[UploadFile]) -> dict[str, str]:
        """Do something with the files that came along; what is wrong with them, by field."""
        return {}

    def labels_of_texts(self) -> dict[str, str]:
        """The words over each field that somebody writes into and may want back, by its name."""
        return {name: str(field.label.text) for name, field in self._fields.items() if _is_written(field)}

    def work(self) -> None:
        """What is slow and needs no database: cooking Markdown, hashing a password. May raise `Invalid`."""

    def add_errors(self, fields: Mapping[str, str]) -> None:
        """Put each message beside its field; what belongs to none stands above the form."""
        for name, message in fields.items():
            if name in self._fields:
                field = self._fields[name]
                field.errors = (*field.errors, message)
            else:
                self.form_errors.append(message)

    def first_errors(self) -> dict[str, str]:
        """One message a field, "" for those of the whole form."""
        return {str(name or ""): str(next(iter(messages))) for name, messages in self.errors.items() if messages}
