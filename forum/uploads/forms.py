"""Forms that files may come with, and those of the pages about files."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from wtforms import MultipleFileField, StringField

from forum.i18n import lazy
from forum.uploads.intake import take_in_for_form
from forum.uploads.limits import MOST_AT_ONCE
from forum.web.forms import Form


class WithFiles(Form):
    """A form with a text, `body`, at whose end the files that come along are shown; its page needs no script."""

    most_files = MOST_AT_ONCE
    files = MultipleFileField(lazy("Add files"))

    async def take_in(self, request: Request, parts: Sequence[UploadFile]) -> dict[str, str]:
        done, wrong = await take_in_for_form(request, parts)
        if done:
            body = self["body"]
            shown = "\n".join(kept.markdown for kept in done)
            body.data = f"{(body.data or '').rstrip()}\n\n{shown}".lstrip()
            others = [pair for pair in request.state.posted.multi_items() if pair[0] != body.name]
            request.state.posted = FormData([*others, (body.name, body.data)])
        return {"files": " ".join(wrong)} if wrong else {}


class RemoveForm(Form):
    reason = StringField(lazy("Why?"))
