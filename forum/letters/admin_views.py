"""The pages on which admins word letters, and look at them before anybody gets one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from forum import i18n
from forum.access import Privilege, signed_in
from forum.brand import accent_of, branded
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.letters import Written, own_words, write
from forum.letters.catalogue import LETTERS, sample
from forum.letters.forms import WordingForm
from forum.letters.wording import (
    LetterWording,
    Wording,
    check_wording,
    find_letter,
    reset_wording,
    reword,
    wording_of,
)
from forum.web import Route, act, page, render, see_other
from forum.web.middleware import POLICY

FOLDER = "forum/letters/admin"
RATE = "60/minute"
FRAMED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
"""Of a letter as mail programs show it: styles on its elements, and nothing that runs, is fetched or leads away."""


@page
def index(request: Request, session: Session) -> Response:
    changed = set(session.scalars(select(LetterWording.letter)))
    return render(request, f"{FOLDER}/list.html", letters=list(LETTERS.values()), changed=changed)


@page
def edit(request: Request, session: Session) -> Response:
    name = find_letter(request.path_params["letter"]).name
    return _edit(request, session, WordingForm(data=asdict(wording_of(session, name))))


def _edit(request: Request, session: Session, form: WordingForm) -> Response:
    letter = find_letter(request.path_params["letter"])
    kept = wording_of(session, letter.name)
    shown = kept
    with suppress(Invalid):
        shown = check_wording(letter, form.given())
    response = render(
        request,
        f"{FOLDER}/letter.html",
        letter=letter,
        form=form,
        own=own_words(letter.name, request.state.site.settings),
        preview=_preview(request, session, letter.name, shown),
        changed=kept != Wording(),
    )
    response.headers["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return response


@act(WordingForm, again=_edit)
def save(request: Request, session: Session, form: WordingForm) -> Response:
    name = request.path_params["letter"]
    reword(session, signed_in(request), name, form.given())
    return see_other(request, "letters.edit", letter=name, flash=_("The letter says so from now on."))


@act()
def reset(request: Request, session: Session) -> Response:
    name = request.path_params["letter"]
    reset_wording(session, signed_in(request), name)
    return see_other(request, "letters.edit", letter=name, flash=_("The letter says what it said at first."))


@page
def preview(request: Request, session: Session) -> Response:
    """The HTML of a letter, for a frame in the page that words it."""
    name = find_letter(request.path_params["letter"]).name
    written = _preview(request, session, name, wording_of(session, name))
    headers = {"Content-Security-Policy": FRAMED, "X-Frame-Options": "SAMEORIGIN", "Cache-Control": "private, no-store"}
    return HTMLResponse(written.html or "", headers=headers)


def _preview(request: Request, session: Session, name: str, wording: Wording) -> Written:
    actor, facts = signed_in(request), sample(name)
    reader = {
        "handle": actor.handle,
        "display_name": actor.display_name,
        "locale": i18n.current_locale(),
        "time_zone": actor.time_zone,
    }
    path = facts.pop("path")
    letter = {"template": name, "reader": reader, "path": path, "context": facts | {"reply": name == "post"}}
    settings = branded(session, request.state.site.settings)
    return write(letter, settings, wording, accent=accent_of(session))


ADMIN = Privilege.ADMINISTER
ONE = "/admin/letters/{letter}"
routes = [
    Route("/admin/letters", index, name="letters.list", access=ADMIN, methods=["GET"]),
    Route(ONE, edit, name="letters.edit", access=ADMIN, methods=["GET"]),
    Route(ONE, save, name="letters.save", access=ADMIN, methods=["POST"], rate=RATE),
    Route(f"{ONE}/reset", reset, name="letters.reset", access=ADMIN, methods=["POST"], rate=RATE),
    Route(f"{ONE}/preview", preview, name="letters.preview", access=ADMIN, methods=["GET"]),
]
