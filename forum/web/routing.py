"""Routes that say who may use them."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.datastructures import URLPath
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.routing import Route as StarletteRoute
from starlette.types import Receive, Scope, Send

from forum.access import Actor, Privilege, require
from forum.errors import ConsentRequired, EnrolmentRequired, SignInRequired
from forum.i18n import gettext as _
from forum.web.bodies import Bounded

Endpoint = Callable[[Request], Awaitable[Response]]
HasStake = Callable[[Request, Session], bool]
MAX_BODY = 256 * 1024
MOST_PARTS = 12
LARGEST_ID = 2**63 - 1
"""What a database can look up: an address with a larger number names nothing."""


class Access(enum.Enum):
    """Who may use a route whose use takes no privilege.

    `ENROLLING` is whoever is signed in, even before they have added a second factor that their role asks for.
    """

    EVERYONE = "everyone"
    SIGNED_IN = "signed in"
    ENROLLING = "enrolling"


class Route(StarletteRoute):
    """A route with its policy.

    `access` is required: a privilege, or one of `Access`. `rate` is the most often one
    person, or one address when nobody is signed in, may use it, such as "10/minute".
    `shared` says that everybody who is not signed in gets the same page, from the cache.
    `recent` asks who uses it to have proved a short while ago who they are.
    `slow` is what the database may take long over: other pages do not wait behind it.
    `has_stake` tells who, of those who are signed in, is shown something that is theirs in the page itself; all
    others get one page for many (`forum.web.alike`).
    """

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        name: str,
        access: Access | Privilege,
        methods: Collection[str] | None = None,
        rate: str | None = None,
        max_body: int = MAX_BODY,
        shared: bool = False,
        slow: bool = False,
        recent: bool = False,
        has_stake: HasStake | None = None,
    ) -> None:
        super().__init__(path, endpoint, methods=methods, name=name)
        if max_body > MAX_BODY:  # of what may bring files it is worth saying how large they may be
            self.app = Bounded(self.app, max_body)
        else:
            self.app = RequestBodyLimitMiddleware(self.app, max_body_size=max_body)
        self.access = access
        self.rate = rate
        self.max_body = max_body
        self.shared = shared
        self.slow = slow
        self.recent = recent
        self.has_stake = has_stake

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        try:
            match, child = super().matches(scope)
        except ValueError:  # more digits than Python makes a number of
            return Match.NONE, {}
        if any(isinstance(value, int) and value > LARGEST_ID for value in child.get("path_params", {}).values()):
            return Match.NONE, {}
        if match is not Match.NONE:
            child["porchlight.route"] = self
        return match, child


class Routes(list[Route]):
    """The routes of a site, which a page with many links looks up by name many times."""

    def __init__(self) -> None:
        super().__init__()
        self._by_name: dict[str, Route] = {}
        self._rates: dict[str, str] = {}
        self._known = 0

    def named(self, name: str) -> Route:
        """The first route of that name.

        Raises:
            NoMatchFound: there is none.
        """
        self._look_up()
        try:
            return self._by_name[name]
        except KeyError:
            raise NoMatchFound(name, {}) from None

    def rate_of(self, name: str) -> str:
        """How often the act of that name may be done; a page that shows its form may bear the same name.

        Raises:
            KeyError: nothing of that name has a rate.
        """
        self._look_up()
        return self._rates[name]

    def _look_up(self) -> None:
        if self._known != len(self):
            self._by_name = {route.name: route for route in reversed(self)}
            self._rates = {route.name: route.rate for route in self if route.rate is not None}
            self._known = len(self)


class Table(BaseRoute):
    """The routes of a site as one, found by a path's first part and how many it has, before each is tried in turn."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = routes
        self._firsts = frozenset(first for route in routes if "{" not in (first := _first(route.path)))
        self._likely: dict[tuple[str, int], list[Route]] = {}

    def _that_may(self, path: str) -> list[Route]:
        first, parts = _first(path), path.count("/")
        place = (first if first in self._firsts else "", min(parts, MOST_PARTS))
        if place not in self._likely:
            self._likely[place] = [
                route
                for route in self.routes
                if _first(route.path) == first or "{" in _first(route.path)
                if route.path.count("/") == parts or ":path}" in route.path or parts >= MOST_PARTS
            ]
        return self._likely[place]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first route that takes the request, or else the first that would take another method at this path."""
        partly: tuple[Match, Scope] = (Match.NONE, {})
        if scope["type"] != "http" or "\n" in scope["path"]:  # `$` in a route's pattern would let one pass at its end
            return partly
        for route in self._that_may(scope["path"].removeprefix(scope.get("root_path", ""))):
            match, child = route.matches(scope)
            if match is Match.FULL:
                return match, {**child, "route": route}
            if match is Match.PARTIAL and partly[0] is Match.NONE:
                partly = match, {**child, "route": route}
        return partly

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        for route in self.routes:
            if route.name == name:
                return route.url_path_for(name, **path_params)
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route"].handle(scope, receive, send)


def _first(path: str) -> str:
    """The first part of a path: "/threads" of "/threads/5"."""
    end = path.find("/", 1)
    return path if end < 0 else path[:end]


class Guarded(Protocol):
    """Whatever says who may use it."""

    @property
    def access(self) -> Access | Privilege: ...


def check_access(route: Guarded, actor: Actor | None) -> None:
    """Raise `SignInRequired`, `EnrolmentRequired` or `Forbidden` when this person may not use this route."""
    if route.access is Access.EVERYONE:
        return
    if actor is None:
        raise SignInRequired(_("Please sign in first."))
    if actor.must_enrol and route.access is not Access.ENROLLING:
        raise EnrolmentRequired(_("Your role asks for a second factor: add one in your settings first."))
    if isinstance(route.access, Privilege):
        require(actor, route.access, _("This page is not for you."))


OWN = ("/settings/", "/notifications")
"""What is about one's own account stays possible without an agreement to the terms: to leave takes none."""


def check_consent(route: Route, actor: Actor | None) -> None:
    """
    Raises:
        ConsentRequired: they have to agree to the terms before they do anything here.
    """
    if actor is None or not actor.must_consent or route.access in (Access.EVERYONE, Access.ENROLLING):
        return
    if not route.path.startswith(OWN):
        raise ConsentRequired(_("The terms have changed. Please read them and agree first."))


def path_for(
    routes: Routes,
    name: str,
    /,
    *,
    query: dict[str, Any] | None = None,
    anchor: str | None = None,
    **params: Any,
) -> str:
    """The path of a named route; the host never takes part.

    Raises:
        NoMatchFound: no route of that name takes these parameters.
    """
    path = str(routes.named(name).url_path_for(name, **params))
    given = {key: value for key, value in (query or {}).items() if value not in (None, "")}
    return path + (f"?{urlencode(given, doseq=True)}" if given else "") + (f"#{anchor}" if anchor else "")
