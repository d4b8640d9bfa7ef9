"""The API as one ASGI application, which the site mounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from forum.errors import TooMany
from forum.web.api.problems import handlers, on_refusal
from forum.web.api.rates import RateHeaders, count_address
from forum.web.api.replays import HEADER, LONGEST
from forum.web.api.routes import ApiRoute
from forum.web.api.shapes import Problem
from forum.web.bodies import bounded
from forum.web.brands import current_brand
from forum.web.routing import MAX_BODY

PATH = "/api/v1"
ABOUT = """
Everything is read and written as the account behind the token may read and write it, on the pages and here alike.
What may not be seen answers like what does not exist. Errors are problem details (RFC 9457), lists pages with a cursor.
"""


class Api(FastAPI):
    """FastAPI, less its habits: no documentation pages, one shape of errors, a token in every operation."""

    def __init__(self, site_name: str, routers: Sequence[APIRouter]) -> None:
        super().__init__(
            title=f"{site_name} API",
            version="1",
            description=ABOUT.strip(),
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            exception_handlers=handlers,
            generate_unique_id_function=lambda route: route.name,
            servers=[{"url": PATH}],
            root_path_in_servers=False,
        )
        for router in routers:
            self.include_router(router)
        self.known = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            schema = get_openapi(
                title=self.title,
                version=self.version,
                description=self.description,
                routes=self.routes,
                servers=self.servers,
            )
            parts = schema.setdefault("components", {})
            _refs, found = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
            parts.setdefault("schemas", {}).update(found["$defs"])
            parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            parts["parameters"] = {"IdempotencyKey": _IDEMPOTENCY_KEY}
            self.openapi_schema = schema
        self.openapi_schema["info"]["title"] = self.title
        return self.openapi_schema


_IDEMPOTENCY_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "The same request sent again with the same key, within a day, is answered again and done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": r"^[\x21-\x7e]+$"},
}


class Edge:
    """What every request to the API passes first: its address is counted, known path or not, and its body bounded.

    FastAPI's own limit answers in plain text.
    """

    def __init__(self, api: Api) -> None:
        self.api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["api_routes"] = self.api.known
        request = Request(scope, receive)
        try:
            await count_address(request)
        except TooMany as refusal:
            await (await on_refusal(request, refusal))(scope, receive, send)
            return
        if scope["path"] == f"{PATH}{self.api.openapi_url}":
            self.api.title = f"{(await current_brand(request.state.site)).name} API"
        await self.api(scope, bounded(scope, receive, _most(self.api, scope)), send)


def _most(api: Api, scope: Scope) -> int:
    """How large the body of this request may be: most of all where files come in."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    wide = (route for route in api.known if isinstance(route, ApiRoute) and route.policy.max_body > MAX_BODY)
    fitting = (
        route.policy.max_body for route in wide if route.path == path and scope["method"] in (route.methods or ())
    )
    return next(fitting, MAX_BODY)


def create_api(site_name: str, routers: Sequence[APIRouter]) -> ASGIApp:
    return RateHeaders(Edge(Api(site_name, routers)))


__all__ = ["PATH", "create_api"]
