"""Routes of the API: each says who may use it and which scopes a token needs for it; one that does not fails."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope as Asked

from forum.access import Privilege, Scope
from forum.web.api.problems import MEDIA_TYPE, TokenRequired, Unreadable
from forum.web.routing import MAX_BODY, Access

Admit = Callable[[Request], Coroutine[Any, Any, None]]
REFUSALS = {
    400: "The request could not be read.",
    401: "There is no token, or none that opens anything.",
    403: "The token, or its account, may not do this.",
    404: "There is no such thing, or none that may be known of.",
    409: "The thing has moved on since, or does not allow it now.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "A field cannot be taken as it is; `errors` says which and why.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    500: "Something went wrong on our side.",
    503: "The database is away or busy; `Retry-After` says how many seconds to wait.",
    507: "The disk is full: nothing new can be saved.",
}
OF_WRITES = {409, 413, 415, 507}


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may use a route; `like` names the page whose rate it shares, `takes` what is sent in place of JSON."""

    access: Access | Privilege
    scopes: tuple[Scope, ...]
    like: str | None
    admit: Admit
    takes: Mapping[str, Any] | None = None
    max_body: int = MAX_BODY

    @property
    def media(self) -> str | None:
        """What is sent in place of JSON, if anything is."""
        return next(iter(self.takes["content"])) if self.takes else None


class ApiRoute(APIRoute):
    """A route with its policy, which is looked at before its input: a stranger learns nothing of what fits."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if not isinstance(getattr(endpoint, "policy", None), Policy):
            raise TypeError(f"{path} does not say who may use it: make it with api_page or api_act.")
        self.policy: Policy = endpoint.policy  # type: ignore[attr-defined]
        super().__init__(path, endpoint, **options)

    def matches(self, scope: Asked) -> tuple[Match, Asked]:
        return (Match.NONE, {}) if "\n" in scope["path"] else super().matches(scope)  # as in `forum.web.routing.Table`

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            request.state.bearer_token = _bearer_token(request)
            try:
                _refuse_unreadable(request, self.policy.media)
                return await answer(request)
            except (RequestValidationError, HTTPException, Unreadable):
                await self.policy.admit(request)
                raise

        return handle


def documented(policy: Policy, *, writes: bool) -> dict[str, Any]:
    """What the OpenAPI document says of a route beside its own shapes."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses = {
        status: {"description": words, "content": content}
        for status, words in REFUSALS.items()
        if writes or status not in OF_WRITES
    }
    extra: dict[str, Any] = {"security": [{"token": list(policy.scopes)}]}
    if writes:
        if policy.takes:
            extra["requestBody"] = policy.takes
        extra["parameters"] = [{"$ref": "#/components/parameters/IdempotencyKey"}]
    return {"responses": responses, "openapi_extra": extra}


def _bearer_token(request: Request) -> str:
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise TokenRequired(sent=False)
    return token[:200]


def _refuse_unreadable(request: Request, media: str | None) -> None:
    """A body of another kind would otherwise be taken for a text that is no object."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media is not None:
        if kind != media:
            raise Unreadable(f"Send the file in a body of the kind {media}.")
        return
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if has_body and not (kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))):
        raise Unreadable("Send JSON: Content-Type: application/json.")
