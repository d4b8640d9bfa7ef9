"""The two ways a request is answered: a page reads, an act writes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from anyio import to_thread
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.access import Actor, require_recent
from forum.addresses import network_of
from forum.errors import (
    ConfirmationRequired,
    ConsentRequired,
    EnrolmentRequired,
    Forbidden,
    Invalid,
    PorchlightError,
    SignInRequired,
)
from forum.web.alike import alike_page, tick_for
from forum.web.forms import Form
from forum.web.replies import leave_for
from forum.web.routing import Access, Endpoint, Route, check_access, check_consent, path_for
from forum.web.shared import SHARED, shared_page
from forum.web.site import Site
from forum.web.written import note_write, written

PageHandler = Callable[[Request, Session], Response]
Reply = Callable[[Session], Response]
"""What an act may return in place of a response: called once all is committed, with a session that reads it."""
ActHandler = Callable[..., Response | Reply]
Again = Callable[[Request, Session, Any], Response]
ANONYMOUS_SHARE = 10  # how many people may sit behind one address before its rate is used up


def page(handler: PageHandler) -> Endpoint:
    """Answer a GET in a reading thread, with a session in which a write is an error.

    A handler that sets `request.state.seen` to a kind and an id has its readers counted.
    """

    @functools.wraps(handler)
    async def endpoint(request: Request) -> Response:
        site: Site = request.state.site
        await _limit_address(site, request)

        def make(request: Request, session: Session) -> Response:
            _enter(site, request, session)
            _limit_person(site, request)
            return handler(request, session)

        def run() -> Response:
            def work(session: Session) -> Response:
                if tick is None or route.has_stake is None:
                    return make(request, session)
                _enter(site, request, session)
                _limit_person(site, request)
                return alike_page(site, request, session, tick, handler, route.has_stake)

            response = site.database.read(work, after=written(request))
            seen: tuple[str, int] | None = getattr(request.state, "seen", None)
            if seen is not None:
                site.telemetry.note(*seen, request)
            return response

        route = _route(request)
        try:
            if route.shared and SHARED in request.scope:
                return await shared_page(site, request, make)
            tick = await tick_for(site, request) if route.has_stake is not None else None
            limiter = site.slow_readers if route.slow else site.readers
            return await to_thread.run_sync(run, limiter=limiter)
        except SignInRequired:
            return leave_for(request, site.templates.globals["sign_in"](request.url))  # type: ignore[operator]
        except (ConfirmationRequired, EnrolmentRequired) as refusal:
            back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return leave_for(request, path_for(site.routes, _way_out(refusal), query={"next": back}))

    return endpoint


def act(form: type[Form] | None = None, *, again: Again | None = None) -> Callable[[ActHandler], Endpoint]:
    """Answer a POST in a writing thread, in one transaction committed before the reply.

    What is slow and needs no database (reading the body, cooking Markdown, hashing a
    password) is the form's `prepare()`, done first, so no lock waits for it.

    A handler whose response takes reading or rendering returns a `Reply`, so that no lock
    waits for that either.

    `again` shows the form once more, with its errors and all that was typed, when the
    input was refused; without it the 422 page does.
    """

    def decorate(handler: ActHandler) -> Endpoint:
        @functools.wraps(handler)
        async def endpoint(request: Request) -> Response:
            site: Site = request.state.site
            await _limit_address(site, request)
            prepared = [await form.prepare(request)] if form else []

            def work(session: Session) -> Response | Reply:
                _enter(site, request, session)
                _limit_person(site, request)
                check_consent(_route(request), request.state.actor)
                if prepared and prepared[0].errors:
                    raise Invalid(prepared[0].first_errors())
                return handler(request, session, *prepared)

            def run() -> Response:
                try:
                    made = site.database.write(work)
                except Invalid as refusal:
                    if again is None or not prepared:
                        raise
                    if not prepared[0].errors:
                        prepared[0].add_errors(refusal.fields)
                    return _show_again(site, request, again, prepared[0])
                except (SignInRequired, ConfirmationRequired, ConsentRequired, EnrolmentRequired) as refusal:
                    way_out = _way_out(refusal)
                    made = site.database.write(lambda session: site.park(session, request, way_out))
                return note_write(request, _response(site, request, made))

            return await site.write(run)

        return endpoint

    return decorate


async def permitted(request: Request) -> Actor | None:
    """Who is behind a request, if they may use its route: for what a form prepares only for them.

    The handler's own transaction asks again, and says what is wrong.
    """
    site: Site = request.state.site

    def look() -> Actor | None:
        with site.database.reading() as session:
            actor = site.load_actor(session, request)
        try:
            check_access(_route(request), actor)
        except (Forbidden, SignInRequired):
            return None
        return actor

    return await to_thread.run_sync(look, limiter=site.readers)


def _enter(site: Site, request: Request, session: Session) -> None:
    request.state.session = session
    with site.database.fresh(session) as current:  # a session that was ended, or a sanction, counts at once
        request.state.actor = site.load_actor(current, request)
    route = _route(request)
    check_access(route, request.state.actor)
    if route.recent and not site.settings.demo:  # where all can be anybody by a button
        require_recent(request.state.actor)


def _way_out(refusal: PorchlightError) -> str:
    """The page on which somebody gets past a refusal."""
    if isinstance(refusal, ConfirmationRequired):
        return "confirming.show"
    if isinstance(refusal, ConsentRequired):
        return "terms.ask"
    return "security.show" if isinstance(refusal, EnrolmentRequired) else "accounts.login"


def _response(site: Site, request: Request, made: Response | Reply) -> Response:
    if isinstance(made, Response):
        return made
    with site.database.reading() as session:
        request.state.session = session
        return made(session)


def _show_again(site: Site, request: Request, again: Again, form: Form) -> Response:
    with site.database.reading() as session:
        _enter(site, request, session)
        response = again(request, session, form)
    if not isinstance(response, RedirectResponse):
        response.status_code = 422
    return response


def _route(request: Request) -> Route:
    route: Route = request.scope["porchlight.route"]
    return route


async def _limit_address(site: Site, request: Request) -> None:
    """Before anything is read: an address has a rate too, generous where one may be signed in."""
    route = _route(request)
    if route.rate is None:
        return
    amount, _, period = route.rate.partition("/")
    share = 1 if route.access is Access.EVERYONE and request.state.session_token is None else ANONYMOUS_SHARE
    await site.limits.hit_from_loop(
        f"{int(amount) * share}/{period}", "address", route.name, network_of(request.state.address)
    )


def _limit_person(site: Site, request: Request) -> None:
    """Once it is known who is there: a made-up cookie earns nobody a signed-in person's share of an address."""
    route, actor = _route(request), request.state.actor
    if route.rate is None:
        return
    if actor is not None:
        site.limits.hit(route.rate, "account", route.name, str(actor.id))
    elif request.state.session_token is not None:
        site.limits.hit(route.rate, "address", route.name, network_of(request.state.address))
