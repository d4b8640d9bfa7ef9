"""The pages on which an admin makes two accounts one."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from forum.access import Privilege, require, signed_in
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.merges import actions, queries
from forum.numbers import whole_number
from forum.web import Form, Route, act, page, render, see_other

FOLDER = "forum/merges"
ADMIN = Privilege.ADMINISTER
PATH = "/admin/people/{handle}/merge"


class MergeForm(Form):
    into = StringField(lazy("The account that stays"), [InputRequired(lazy("Say which.")), Length(max=64)])
    handle = StringField(lazy("The handle that goes, once more"), [InputRequired(lazy("Type it.")), Length(max=64)])
    reason = TextAreaField(lazy("How you know that both are one person's"), [Length(max=2000)])


class IntoForm(Form):
    into = StringField(lazy("The account that stays"), [Length(max=64)])


@page
def preview(request: Request, session: Session) -> Response:
    into = request.query_params.get("into", "")[:64]
    return _preview(request, session, MergeForm(into=into), into)


def _again(request: Request, session: Session, form: MergeForm) -> Response:
    return _preview(request, session, form, str(form.into.data or ""))


def _preview(request: Request, session: Session, form: MergeForm, into: str) -> Response:
    require(signed_in(request), ADMIN)
    handle = request.path_params["handle"]
    found, choice = None, IntoForm(into=into)
    if into:
        try:
            both = actions.pair(session, handle, into)
            found = queries.preview(session, request.state.site.merging, both)
        except Invalid as refusal:
            choice.add_errors(refusal.fields)
    account = found.both.gone if found else actions.account_of(session, handle)
    return render(request, f"{FOLDER}/preview.html", form=form, choice=choice, account=account, found=found)


@act(MergeForm, again=_again)
def merge(request: Request, session: Session, form: MergeForm) -> Response:
    actions.merge_accounts(
        session,
        signed_in(request),
        request.state.site.merging,
        request.path_params["handle"],
        str(form.into.data or ""),
        typed=str(form.handle.data or ""),
        reason=str(form.reason.data or ""),
    )
    return see_other(request, "merges.list", flash=_("The two become one now. Both addresses are written to."))


@page
def index(request: Request, session: Session) -> Response:
    before = whole_number(request.query_params.get("before", ""))
    rows, older = queries.merges(session, signed_in(request), before=before)
    return render(request, f"{FOLDER}/list.html", merges=rows, older=older, before=before)


routes = [
    Route(PATH, preview, name="merges.preview", access=ADMIN, methods=["GET"], slow=True, recent=True),
    Route(PATH, merge, name="merges.merge", access=ADMIN, methods=["POST"], rate="30/hour", recent=True),
    Route("/admin/merges", index, name="merges.list", access=ADMIN, methods=["GET"]),
]
