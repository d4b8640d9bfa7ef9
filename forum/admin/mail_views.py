"""The page on which an admin tries out the mail."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from anyio import CapacityLimiter, to_thread
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.admin.posting import Outcome, own_address, try_mail
from forum.events import emit
from forum.events.site import MailTested
from forum.options import set_option
from forum.settings import Settings
from forum.web import Form, Reply, Route, act, page, render
from forum.web.handlers import permitted

ADMIN = Privilege.ADMINISTER
MAIL_WORKS = "setup.mail_works"
TRIES = "6/10 minutes"
_AT_ONCE = CapacityLimiter(1)


class TryForm(Form):
    """No more than a button; the letter is sent before any transaction begins, so that no lock waits for it."""

    outcome: Outcome

    @classmethod
    async def prepare(cls, request: Request) -> Self:
        form, site = await super().prepare(request), request.state.site
        if (actor := await permitted(request)) is not None:
            await site.limits.hit_from_loop(TRIES, "mail-test", str(actor.id))
            form.outcome = await to_thread.run_sync(try_mail, site.database, site.settings, actor, limiter=_AT_ONCE)
        return form


@page
def show(request: Request, session: Session) -> Response:
    return _show(request, session, None)


def _show(request: Request, session: Session, outcome: Outcome | None) -> Response:
    settings: Settings = request.state.site.settings
    return render(
        request,
        "forum/admin/mail.html",
        to=own_address(session, signed_in(request)),
        sender=settings.mail_from,
        server=server_of(settings),
        folder=settings.var / "mail",
        outcome=outcome,
    )


@act(TryForm)
def send(request: Request, session: Session, form: TryForm) -> Reply:
    actor, outcome = signed_in(request), form.outcome
    set_option(session, MAIL_WORKS, outcome.accepted)
    emit(session, MailTested(actor_id=actor.id, accepted=outcome.accepted))
    return lambda reading: _show(request, reading, outcome)


def server_of(settings: Settings) -> str | None:
    """The mail server as one may show it: without its password."""
    if settings.smtp_url is None:
        return None
    parts = urlsplit(settings.smtp_url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


routes = [
    Route("/admin/mail", show, name="mail.show", access=ADMIN, methods=["GET"]),
    Route("/admin/mail", send, name="mail.try", access=ADMIN, methods=["POST"]),
]
