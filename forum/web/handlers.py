"""The two ways a request is answered: a page reads, an act writes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from anyio import to_thread
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forum.addresses import network_of
from forum.errors import Invalid, SignInRequired
from forum.web.forms import Form
from forum.web.replies import leave_for
from forum.web.routing import Access, Endpoint, Route, check_access
from forum.web.site import Site

PageHandler = Callable[[Request, Session], Response]
ActHandler = Callable[..., Response]
Again = Callable[[Request, Session, Any], Response]
ANONYMOUS_SHARE = 10  # how many people may sit behind one address before its rate is used up


def page(handler: PageHandler) -> Endpoint:
    """Answer a GET in a reading thread, with a session in which a write is an error."""

    @functools.wraps(handler)
    async def endpoint(request: Request) -> Response:
        site: Site = request.state.site
        _limit_address(site, request)

        def run() -> Response:
            with site.database.reading() as session:
                _enter(site, request, session)
                _limit_person(site, request)
                return handler(request, session)

        try:
            return await to_thread.run_sync(run, limiter=site.readers)
        except SignInRequired:
            return leave_for(request, site.templates.globals["sign_in"](request.url))  # type: ignore[operator]

    return endpoint


def act(form: type[Form] | None = None, *, again: Again | None = None) -> Callable[[ActHandler], Endpoint]:
    """Answer a POST in a writing thread, in one transaction committed before the reply.

    What is slow and needs no database (reading the body, cooking Markdown, hashing a
    password) is the form's `prepare()`, done first, so no lock waits for it.

    `again` shows the form once more, with its errors and all that was typed, when the
    input was refused; without it the 422 page does.
    """

    def decorate(handler: ActHandler) -> Endpoint:
        @functools.wraps(handler)
        async def endpoint(request: Request) -> Response:
            site: Site = request.state.site
            _limit_address(site, request)
            prepared = [await form.prepare(request)] if form else []

            def work(session: Session) -> Response:
                _enter(site, request, session)
                _limit_person(site, request)
                if prepared and prepared[0].errors:
                    raise Invalid(prepared[0].first_errors())
                return handler(request, session, *prepared)

            def run() -> Response:
                try:
                    return site.database.write(work)
                except Invalid as refusal:
                    if again is None or not prepared:
                        raise
                    if not prepared[0].errors:
                        prepared[0].add_errors(refusal.fields)
                except SignInRequired:
                    return site.database.write(lambda session: site.park(session, request))
                return _show_again(site, request, again, prepared[0])

            return await to_thread.run_sync(run, limiter=site.writers)

        return endpoint

    return decorate


def _enter(site: Site, request: Request, session: Session) -> None:
    request.state.session = session
    request.state.actor = site.load_actor(session, request)
    check_access(_route(request), request.state.actor)


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


def _limit_address(site: Site, request: Request) -> None:
    """Before anything is read: an address has a rate too, generous where one may be signed in."""
    route = _route(request)
    if route.rate is None:
        return
    amount, _, period = route.rate.partition("/")
    share = 1 if route.access is Access.EVERYONE and request.state.session_token is None else ANONYMOUS_SHARE
    site.limits.hit(f"{int(amount) * share}/{period}", "address", route.name, network_of(request.state.address))


def _limit_person(site: Site, request: Request) -> None:
    """Once it is known who is there: a made-up cookie earns nobody a signed-in person's share of an address."""
    route, actor = _route(request), request.state.actor
    if route.rate is None:
        return
    if actor is not None:
        site.limits.hit(route.rate, "account", route.name, str(actor.id))
    elif request.state.session_token is not None:
        site.limits.hit(route.rate, "address", route.name, network_of(request.state.address))
