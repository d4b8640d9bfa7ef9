"""Bringing files over the API."""

from __future__ import annotations

from typing import Annotated, Any

from anyio import to_thread
from fastapi import Path
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile
from starlette.requests import Request

from forum.access import Actor, signed_in
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.uploads import actions, names, queries
from forum.uploads.intake import Kept, take_in
from forum.uploads.limits import WITH_FILES, Limits, limits_of
from forum.web import Access
from forum.web.api import ApiRouter, api_act, api_page, made
from forum.web.api.shapes import Shown

router = ApiRouter(tags=["files"])
FileId = Annotated[str, Path(pattern=f"^{names.UNGUESSABLE}$")]
MULTIPART = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            }
        }
    },
}


class FileOut(Shown):
    """A file. A text shows it by its `url`: `![name](url)` for an image, `[name](url)` for anything else."""

    id: str
    url: str
    name: str
    bytes: int = Field(description="Of what is kept: an image is made anew.")
    type: str
    width: int | None
    height: int | None


async def read_file(request: Request) -> Kept:
    """The one file in a body, kept."""
    form = await request.form(max_files=1, max_fields=10)
    part = form.get("file")
    if not isinstance(part, UploadFile) or not part.filename:
        raise Invalid({"file": _("Send one file, as the part “file”.")})
    limits = await to_thread.run_sync(_limits, request, request.state.actor, limiter=request.state.site.readers)
    try:
        return await take_in(request, part, limits)
    except Invalid as refusal:
        raise _beside_file(refusal) from refusal


def _limits(request: Request, actor: Actor) -> Limits:
    with request.state.site.database.reading() as session:
        limits = limits_of(session)
        try:
            actions.check_quota(session, actor, limits)
        except Invalid as refusal:
            raise _beside_file(refusal) from refusal
        return limits


def _beside_file(refusal: Invalid) -> Invalid:
    return Invalid({"file": refusal.message})


@api_act(
    router,
    "POST",
    "/files",
    access=Access.SIGNED_IN,
    status=201,
    like="files.add",
    reads=read_file,
    takes=MULTIPART,
    max_body=WITH_FILES,
)
def add_file(request: Request, session: Session, read: Any) -> FileOut:
    """Bring a file, which is yours alone until a text of yours shows it; unused for a day, it is gone."""
    kept: Kept = read
    try:
        actions.add_file(session, signed_in(request), kept)
    except Invalid as refusal:
        raise _beside_file(refusal) from refusal
    made(request, f"/files/{kept.token}")
    return _document(kept)


@api_page(router, "/files/{file_id}", access=Access.SIGNED_IN)
def show_file(request: Request, session: Session, file_id: FileId) -> FileOut:
    """One file: what it is, and where its bytes are."""
    return _document(queries.find_file(session, signed_in(request), file_id))


def threads_of_file(session: Session, actor: Actor, token: str) -> frozenset[int]:
    """A file shows no thread's words.

    Raises:
        NotFound: it is none that the actor may see.
    """
    queries.find_file(session, actor, token)
    return frozenset()


def _document(file: Any) -> FileOut:
    return FileOut(
        id=file.token,
        url=file.url,
        name=file.name,
        bytes=file.size,
        type=file.media_type,
        width=file.width,
        height=file.height,
    )
