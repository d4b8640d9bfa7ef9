"""The page on which admins change what is a switch, a number or a short name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from wtforms import BooleanField, Field, HiddenField, IntegerField, StringField
from wtforms.validators import InputRequired, Length

from forum.access import Privilege, signed_in
from forum.admin import actions
from forum.admin.catalogue import AREA_WORDS
from forum.admin.simple import PATH, Capitals, Simple, Switch, Whole, declared
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.web import Form, Route, act, page, render, see_other

WAS = "was."
NUMBER = lazy("Give a whole number.")
ADMIN = Privilege.ADMINISTER


class _Number(IntegerField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata([value[:12] if isinstance(value, str) else value for value in valuelist])
        except ValueError as error:
            raise ValueError(str(NUMBER)) from error


class SettingsForm(Form):
    """A field for each setting, named as its option, and beside it, hidden, what it was when the page was made.

    The fields are made when the form is asked for, from what the packages have declared.
    """

    settings: Sequence[Simple[Any]] = ()

    @classmethod
    async def prepare(cls, request: Request) -> Self:
        if cls is SettingsForm:
            form: Any = await form_of(declared(request.state.site.slots)).prepare(request)
            return form  # type: ignore[no-any-return]
        return await super().prepare(request)

    def wanted(self) -> dict[str, Any]:
        """What was changed on the page: the rest stays as somebody else may have set it meanwhile."""
        given = {one.option: self[one.option].data for one in self.settings}
        given |= {one.option: str(given[one.option]).strip().upper() for one in self.settings if _is_text(one)}
        return {name: value for name, value in given.items() if str(value) != self[WAS + name].data}


def form_of(settings: Sequence[Simple[Any]]) -> type[SettingsForm]:
    fields: dict[str, Any] = {one.option: _field(one) for one in settings}
    fields |= {WAS + one.option: HiddenField(validators=[Length(max=100)]) for one in settings}
    return type("SettingsForm", (SettingsForm,), fields | {"settings": tuple(settings)})


def _field(setting: Simple[Any]) -> Field:
    if isinstance(setting, Switch):
        return BooleanField(setting.name)
    if isinstance(setting, Whole):
        return _Number(setting.name, [InputRequired(NUMBER)])
    assert isinstance(setting, Capitals)
    return StringField(setting.name, [Length(max=100)])


def _is_text(setting: Simple[Any]) -> bool:
    return isinstance(setting, Capitals)


@page
def show(request: Request, session: Session) -> Response:
    settings = declared(request.state.site.slots)
    now = {one.option: one.of(session) for one in settings}
    was = {WAS + name: str(value) for name, value in now.items()}
    return _show(request, session, form_of(settings)(data=now | was))


def _show(request: Request, _session: Session, form: SettingsForm) -> Response:
    groups = [
        (words, [one for one in form.settings if one.area is area])
        for area, words in AREA_WORDS.items()
        if any(one.area is area for one in form.settings)
    ]
    return render(request, "forum/admin/settings.html", form=form, groups=groups, was=WAS, explained=explained)


def explained(setting: Simple[Any]) -> str:
    """What it does, what it may be and what it is unless changed."""
    usual = _("Unless changed: {default}.").format(default=setting.said(setting.default))
    if isinstance(setting, Whole):
        bounds = _("From {least} to {most}.").format(least=setting.least, most=setting.most)
        return f"{setting.words} {bounds} {usual}"
    return f"{setting.words} {usual}"


@act(SettingsForm, again=_show)
def save(request: Request, session: Session, form: SettingsForm) -> Response:
    changed = actions.change_settings(session, signed_in(request), form.settings, form.wanted())
    words = _("The settings are saved, and in force.") if changed else _("Nothing was changed.")
    return see_other(request, "settings.show", flash=words)


routes = [
    Route(PATH, show, name="settings.show", access=ADMIN, methods=["GET"]),
    Route(PATH, save, name="settings.save", access=ADMIN, methods=["POST"], rate="60/minute"),
]
