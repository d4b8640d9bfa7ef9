"""Bringing files from a page, looking at them, and taking one away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from anyio import to_thread
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from wtforms import MultipleFileField

from forum.access import signed_in
from forum.errors import Invalid, NotFound, SignInRequired
from forum.i18n import gettext as _
from forum.uploads import actions, queries
from forum.uploads.forms import RemoveForm
from forum.uploads.intake import Kept, take_in, welcome
from forum.uploads.limits import WITH_FILES
from forum.uploads.names import THUMBNAIL
from forum.uploads.serving import file_response
from forum.web import Access, Form, Route, act, page, render, see_other

RATE = "120/hour"


class UploadForm(Form):
    """One file, sent by the script of a composer as soon as it is dropped there."""

    most_files = 1
    file = MultipleFileField()
    kept: Kept | None = None

    @classmethod
    async def prepare(cls, request: Request) -> Self:
        known = await to_thread.run_sync(welcome, request, limiter=request.state.site.readers)
        if known is None:  # nothing is read of a stranger
            raise SignInRequired(_("Please sign in first."))
        _actor, request.state.limits = known
        return await super().prepare(request)

    async def take_in(self, request: Request, parts: Sequence[UploadFile]) -> dict[str, str]:
        self.kept = await take_in(request, parts[0], request.state.limits)
        return {}


@act(UploadForm)
def add(request: Request, session: Session, form: UploadForm) -> Response:
    if form.kept is None:
        raise Invalid({"file": _("Choose a file.")})
    actions.add_file(session, signed_in(request), form.kept)
    return JSONResponse({"url": form.kept.url, "name": form.kept.name, "markdown": form.kept.markdown}, 201)


@page
def show(request: Request, session: Session) -> Response:
    size = request.path_params.get("size", "")
    if size and size != THUMBNAIL and not _is_size(size):
        raise NotFound(_("There is no such file."))
    with request.state.site.database.fresh(session) as current:  # what was hidden is hidden at once, replica or not
        file = queries.find_file(current, request.state.actor, request.path_params["token"])
    return file_response(request, file, thumbnail=size == THUMBNAIL)


def _is_size(text: str) -> bool:
    return all(part.isdecimal() and len(part) <= 4 for part in text.split("x")) and text.count("x") == 1


@page
def of_holder(request: Request, session: Session) -> Response:
    kind, holder_id = request.path_params["holder_kind"], request.path_params["holder_id"]
    files = queries.files_in(session, signed_in(request), kind, holder_id)
    return render(request, "forum/uploads/list.html", files=files, kind=kind, holder_id=holder_id)


@act(RemoveForm)
def remove(request: Request, session: Session, form: RemoveForm) -> Response:
    file_id = request.path_params["file_id"]
    actions.set_removed(session, signed_in(request), file_id, removed=True, reason=form.reason.data or "")
    return _back(request, _("Removed. Nobody can open it any more; for 30 days you can give it back."))


@act()
def restore(request: Request, session: Session) -> Response:
    actions.set_removed(session, signed_in(request), request.path_params["file_id"], removed=False)
    return _back(request, _("It is there again."))


def _back(request: Request, flash: str) -> Response:
    params = request.path_params
    return see_other(request, "files.of", holder_kind=params["holder_kind"], holder_id=params["holder_id"], flash=flash)


OF = "/files/of/{holder_kind}/{holder_id:int}"
routes = [
    Route("/files", add, name="files.add", access=Access.SIGNED_IN, methods=["POST"], rate=RATE, max_body=WITH_FILES),
    Route(OF, of_holder, name="files.of", access=Access.SIGNED_IN),
    Route(
        OF + "/{file_id:int}/remove",
        remove,
        name="files.remove",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="60/minute",
    ),
    Route(
        OF + "/{file_id:int}/restore",
        restore,
        name="files.restore",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="60/minute",
    ),
    Route("/files/{token}/{name}", show, name="files.show", access=Access.EVERYONE),
    Route("/files/{token}/{size}/{name}", show, name="files.sized", access=Access.EVERYONE),
]
