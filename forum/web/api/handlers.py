"""The two ways a request to the API is answered; like those of the pages, with a token in place of the cookie.

FastAPI reads the input and documents the output. Threads, sessions and transactions
are ours: its plain endpoints would take a pool of forty threads, and its dependencies
commit after the reply has gone out.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, get_type_hints

from anyio import to_thread
from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, Scope
from forum.errors import ConsentRequired, Invalid
from forum.i18n import gettext as _
from forum.web.api.problems import ScopeRequired, TokenRequired
from forum.web.api.rates import count_account, count_wrong_token
from forum.web.api.replays import Sent, keep_reply, kept_reply, read_key
from forum.web.api.routes import Policy, documented
from forum.web.api.shapes import Given
from forum.web.routing import MAX_BODY, Access, check_access
from forum.web.site import Site

Handler = TypeVar("Handler", bound=Callable[..., BaseModel | None])
Reader = Callable[[Request], Awaitable[Any]]
OURS = ("request", "session", "read")


def api_page(
    router: APIRouter,
    path: str,
    *,
    access: Access | Privilege,
    scopes: Sequence[Scope] = (Scope.READ,),
    like: str | None = None,
    slow: bool = False,
) -> Callable[[Handler], Handler]:
    """Answer a GET in a reading thread, with a session in which a write is an error; `slow` as for a page."""

    def decorate(handler: Handler) -> Handler:
        policy = _policy(access, scopes, like)

        async def endpoint(request: Request, **given: Any) -> Response:
            site: Site = request.state.site

            def run() -> Response:
                with site.database.reading() as session:
                    _enter(request, session, policy)
                    return _reply(request, handler(request, session, **given), 200)

            return await to_thread.run_sync(run, limiter=site.slow_readers if slow else site.readers)

        _add(router, "GET", path, handler, endpoint, policy, status=200)
        return handler

    return decorate


def api_act(
    router: APIRouter,
    method: str,
    path: str,
    *,
    access: Access | Privilege,
    scopes: Sequence[Scope] = (Scope.WRITE,),
    status: int = 200,
    like: str | None = None,
    reads: Reader | None = None,
    takes: Mapping[str, Any] | None = None,
    max_body: int = MAX_BODY,
) -> Callable[[Handler], Handler]:
    """Answer a write in a writing thread, in one transaction committed before the reply.

    A body that is no JSON, described by `takes`, is read by `reads` once it is known who sends it; the handler gets
    what that made of it as `read`.

    What is slow is the body's `prepare()`, done first and only for who may be here. With
    an `Idempotency-Key` the reply is kept in the same transaction.
    """

    def decorate(handler: Handler) -> Handler:
        policy = replace(_policy(access, scopes, like), takes=takes, max_body=max_body)

        async def endpoint(request: Request, **given: Any) -> Response:
            site: Site = request.state.site
            if reads is not None:
                await policy.admit(request)
            sent = await _read_key(request, policy)
            await _prepare(request, policy, given)
            if reads is not None:
                given["read"] = await reads(request)

            def work(session: Session) -> Response:
                _enter(request, session, policy)
                actor, subjects = request.state.actor, site.subjects
                mine = sent.by(actor) if sent is not None else None
                if mine is not None and (before := kept_reply(session, actor, mine, subjects)) is not None:
                    return _private(before)
                response = _reply(request, handler(request, session, **given), status)
                if mine is not None:
                    keep_reply(session, actor, mine, response, subjects)
                return response

            return await site.write(lambda: site.database.write(work))

        _add(router, method, path, handler, endpoint, policy, status=status)
        return handler

    return decorate


def made(request: Request, path: str) -> None:
    """Say where what was made stands, as a path within the API or a whole address."""
    request.state.location = path if path.startswith("http") else f"{request.scope.get('root_path', '')}{path}"


def _policy(access: Access | Privilege, scopes: Sequence[Scope], like: str | None) -> Policy:
    async def admit(request: Request) -> None:
        site: Site = request.state.site

        def run() -> None:
            with site.database.reading() as session:
                _enter(request, session, policy)

        await to_thread.run_sync(run, limiter=site.readers)

    policy = Policy(access, tuple(scopes), like, admit)
    return policy


def _add(
    router: APIRouter,
    method: str,
    path: str,
    handler: Callable[..., Any],
    endpoint: Callable[..., Any],
    policy: Policy,
    *,
    status: int,
) -> None:
    """Give FastAPI an endpoint that takes what the handler takes, less what we bring ourselves."""
    hints = get_type_hints(handler, include_extras=True)
    own = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
    given = [
        one.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, one in inspect.signature(handler).parameters.items()
        if name not in OURS
    ]
    functools.update_wrapper(endpoint, handler)
    del endpoint.__wrapped__  # type: ignore[attr-defined]
    endpoint.__annotations__ = {}
    endpoint.__signature__ = inspect.Signature([own, *given])  # type: ignore[attr-defined]
    endpoint.policy = policy  # type: ignore[attr-defined]
    shape = hints.get("return")
    router.add_api_route(
        path,
        endpoint,
        methods=[method],
        name=f"{router.tags[0]}.{handler.__name__}",
        summary=(inspect.getdoc(handler) or "").partition("\n")[0].rstrip("."),
        status_code=status,
        response_model=None if shape is type(None) else shape,
        **documented(policy, writes=method != "GET"),
    )


async def _read_key(request: Request, policy: Policy) -> Sent | None:
    try:
        return await read_key(request)
    except Invalid:
        await policy.admit(request)
        raise


async def _prepare(request: Request, policy: Policy, given: dict[str, Any]) -> None:
    bodies = [one for one in given.values() if isinstance(one, Given) and type(one).prepare is not Given.prepare]
    if not bodies:
        return
    # A page's form costs its writer a turn at the preparers too, but a page has no stranger's programs at its door.
    await policy.admit(request)
    for body in bodies:
        await to_thread.run_sync(body.prepare, limiter=request.state.site.preparers)


def _enter(request: Request, session: Session, policy: Policy) -> None:
    site: Site = request.state.site
    bearer = site.load_bearer(session, request.state.bearer_token)
    if bearer is None:
        count_wrong_token(request)
        raise TokenRequired(sent=True)
    request.state.bearer, request.state.actor = bearer, bearer.actor
    count_account(request, bearer.actor, policy.like)
    missing = [scope for scope in policy.scopes if scope not in bearer.scopes]
    if missing:
        raise ScopeRequired(missing)
    check_access(policy, bearer.actor)
    if bearer.actor.must_consent and request.method not in ("GET", "HEAD"):
        where = f"{site.settings.base_url}/terms/consent"
        raise ConsentRequired(_("The terms have changed. Read them and agree first: {where}").format(where=where))
    site.telemetry.mark("tokens", bearer.token_id)


def _reply(request: Request, result: BaseModel | None, status: int) -> Response:
    location: str | None = getattr(request.state, "location", None)
    headers = {"Location": location} if location else {}
    if result is None:
        return _private(Response(status_code=204, headers=headers))
    body = result.model_dump_json().encode()
    return _private(Response(body, status, headers=headers, media_type="application/json"))


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = "Authorization, Accept-Language"
    return response
