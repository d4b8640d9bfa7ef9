"""The page on which admins see what is kept, and set what may come in."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired

from forum.access import Privilege, signed_in
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.uploads import actions, queries
from forum.uploads.limits import MOST, Limits, limits_of
from forum.uploads.models import FileKind
from forum.web import Form, Route, act, page, render, see_other

NUMBERS = {
    "file_mb": lazy("Megabytes a file"),
    "per_post": lazy("Files a post"),
    "megapixels": lazy("Megapixels an image"),
    "frames": lazy("Frames an animation"),
    "newcomer_files": lazy("Newcomers: files a day"),
    "newcomer_mb": lazy("Newcomers: megabytes a day"),
    "newcomer_total_mb": lazy("Newcomers: megabytes in all"),
    "member_files": lazy("Members: files a day"),
    "member_mb": lazy("Members: megabytes a day"),
    "member_total_mb": lazy("Members: megabytes in all"),
    "team_files": lazy("Team: files a day"),
    "team_mb": lazy("Team: megabytes a day"),
    "team_total_mb": lazy("Team: megabytes in all"),
}
NOTES = {
    "file_mb": lazy("What is larger is refused before it is looked at."),
    "per_post": lazy("In one question, answer, comment or message."),
    "megapixels": lazy("Measured before an image is decoded; a decoded megapixel takes four megabytes of memory."),
    "frames": lazy("All frames together may have as many megapixels as one image."),
}
GROUPS = (
    (lazy("What may come in"), lazy("For everybody."), ("file_mb", "per_post", "megapixels", "frames")),
    (
        lazy("Newcomers"),
        lazy("Whoever may not yet post many links, by the preset of the privileges."),
        ("newcomer_files", "newcomer_mb", "newcomer_total_mb"),
    ),
    (lazy("Members"), lazy("Everybody else without a role."), ("member_files", "member_mb", "member_total_mb")),
    (lazy("Team"), lazy("Moderators, staff and admins."), ("team_files", "team_mb", "team_total_mb")),
)
KIND_WORDS = {FileKind.IMAGE: lazy("Images"), FileKind.OTHER: lazy("Other files")}


class _Limits(Form):
    extensions = StringField(lazy("Endings of other files"))

    def given(self) -> Limits:
        numbers: dict[str, Any] = {name: self[name].data for name in NUMBERS}
        text = str(self.extensions.data or "").lower().replace(",", " ").replace(".", " ")
        return Limits(**numbers, extensions=tuple(dict.fromkeys(text.split())))


LimitsForm = cast(
    type[_Limits],
    type(
        "LimitsForm",
        (_Limits,),
        {name: IntegerField(words, [InputRequired(lazy("Give a number."))]) for name, words in NUMBERS.items()},
    ),
)


@page
def show(request: Request, session: Session) -> Response:
    limits = limits_of(session)
    data = {name: getattr(limits, name) for name in NUMBERS} | {"extensions": " ".join(limits.extensions)}
    return _show(request, session, LimitsForm(data=data))


def _show(request: Request, session: Session, form: Form) -> Response:
    usual = Limits()
    return render(
        request,
        "forum/uploads/admin.html",
        form=form,
        stock=queries.stock(session),
        where=request.state.site.storage.where,
        groups=GROUPS,
        notes=NOTES,
        usual={name: getattr(usual, name) for name in NUMBERS} | {"extensions": " ".join(usual.extensions)},
        most=MOST,
        kind_words=KIND_WORDS,
    )


@act(LimitsForm, again=_show)
def save(request: Request, session: Session, form: _Limits) -> Response:
    actions.change_limits(session, signed_in(request), form.given())
    return see_other(request, "storage.show", flash=_("The limits are saved."))


ADMIN = Privilege.ADMINISTER
routes = [
    Route("/admin/storage", show, name="storage.show", access=ADMIN, methods=["GET"], slow=True),
    Route("/admin/storage", save, name="storage.save", access=ADMIN, methods=["POST"], rate="60/minute"),
]
