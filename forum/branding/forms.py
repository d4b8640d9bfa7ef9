"""The forms of name, colours and logo."""

from __future__ import annotations

from typing import Self

from anyio import to_thread
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from wtforms import FileField, StringField
from wtforms.validators import Length

from forum.branding.actions import LONGEST_NAME, Looks
from forum.branding.logo import LARGEST, Picture, remake
from forum.errors import Invalid
from forum.i18n import lazy
from forum.web import Form
from forum.web.handlers import permitted


class LooksForm(Form):
    name = StringField(lazy("Name of the site"), [Length(max=LONGEST_NAME)])
    light = StringField(lazy("Accent on light surfaces"), [Length(max=7)])
    dark = StringField(lazy("Accent on dark surfaces"), [Length(max=7)])

    def given(self) -> Looks:
        return Looks(str(self.name.data or ""), str(self.light.data or ""), str(self.dark.data or ""))


class LogoForm(Form):
    logo = FileField(lazy("Picture"))
    picture: Picture

    @classmethod
    async def prepare(cls, request: Request) -> Self:
        form = cls(FormData())
        if await permitted(request) is None:  # a stranger's picture is not worth unpacking
            return form
        posted = await request.form(max_files=1, max_fields=1, max_part_size=LARGEST)
        sent = posted.get("logo")
        upload = await sent.read(LARGEST + 1) if isinstance(sent, UploadFile) else b""
        try:
            form.picture = await to_thread.run_sync(remake, upload, limiter=request.state.site.preparers)
        except Invalid as refusal:
            form.add_errors(refusal.fields)
        return form
