"""Asking, and looking at a text as it will be published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from forum.access import signed_in
from forum.i18n import gettext as _
from forum.posts import Visibility
from forum.threads import actions, queries
from forum.threads.forms import AskForm, TextForm
from forum.threads.models import ThreadKind
from forum.uploads.limits import WITH_FILES
from forum.web import Access, Route, act, page, partial, render, see_other, wants_fragment


@page
def show(request: Request, session: Session) -> Response:
    """The form, begun by a link that brings a title, tags or a product."""
    asked = request.query_params
    given = {name: asked[name] for name in ("title", "tags", "body", "environment", "space") if name in asked}
    return form_page(request, session, AskForm(data=given))


def form_page(request: Request, session: Session, form: Any) -> Response:
    actor, title = request.state.actor, (form.title.data or "").strip()
    products = queries.products(session, actor)
    form.offer(products)
    places = {"ask.aside": [0], "ask.notices": [0], "ask.similar": [title] if title else []}
    return render(
        request,
        "forum/threads/ask.html",
        form=form,
        products=products,
        known_tags=queries.known_tags(session),
        may_make_tags=actor is not None and actions.may_make_tags(session, actor),
        slots=request.state.site.slots.fill(session, actor, places),
    )


@act(AskForm, again=form_page)
def ask(request: Request, session: Session, form: AskForm) -> Response:
    thread = actions.ask(
        session,
        signed_in(request),
        kind=ThreadKind(form.kind.data),
        title=form.title.data or "",
        cooked=form.cooked,
        tags=form.tag_names,
        space_id=form.space_id,
        environment=form.environment.data or "",
        once=form.once.data,
    )
    waits = thread.visibility is Visibility.PENDING
    flash = _("Thank you. A moderator looks at it before everybody sees it.") if waits else None
    return see_other(request, "threads.show", thread_id=thread.id, slug=thread.slug, flash=flash)


class PreviewForm(TextForm):
    """Any text field of any form: `field` says which, and the text is under that name; files wait for the form."""

    async def take_in(self, request: Request, parts: Sequence[UploadFile]) -> dict[str, str]:
        return {}

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        super().process(formdata, *args, **kwargs)
        name = formdata.get("field", "body") if formdata else "body"
        self.body.data = str(formdata.get(name, "")) if formdata else ""
        self.title_typed = str(formdata.get("title", ""))[:150].strip() if formdata else ""


def preview_again(request: Request, session: Session, form: PreviewForm) -> Response:
    return _preview(request, session, form, "")


@act(PreviewForm, again=preview_again)
def preview(request: Request, session: Session, form: PreviewForm) -> Response:
    return _preview(request, session, form, form.cooked.html)


def _preview(request: Request, session: Session, form: PreviewForm, html: str) -> Response:
    if wants_fragment(request):
        return partial(request, "forum/threads/_preview.html", html=queries.safe(html), form=form)
    places = {"ask.similar": [form.title_typed] if form.title_typed else []}
    slots = request.state.site.slots.fill(session, request.state.actor, places)
    return render(request, "forum/threads/preview.html", html=queries.safe(html), form=form, slots=slots)


routes = [
    Route("/ask", show, name="threads.ask", access=Access.SIGNED_IN),
    Route(
        "/ask",
        ask,
        name="threads.post",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="30/hour",
        max_body=WITH_FILES,
    ),
    Route(
        "/preview",
        preview,
        name="preview",
        access=Access.SIGNED_IN,
        methods=["POST"],
        rate="120/minute",
        max_body=WITH_FILES,
    ),
]
