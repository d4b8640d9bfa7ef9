"""Routes that say who may use them."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Collection
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, NoMatchFound
from starlette.routing import Route as StarletteRoute
from starlette.types import Scope

from forum.access import Actor, Privilege, require
from forum.errors import SignInRequired
from forum.i18n import gettext as _

Endpoint = Callable[[Request], Awaitable[Response]]
MAX_BODY = 256 * 1024
LARGEST_ID = 2**63 - 1
"""What a database can look up: an address with a larger number names nothing."""


class Access(enum.Enum):
    """Who may use a route whose use takes no privilege."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed in"


class Route(StarletteRoute):
    """A route with its policy.

    `access` is required: a privilege, or one of `Access`. `rate` is the most often one
    person, or one address when nobody is signed in, may use it, such as "10/minute".
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
    ) -> None:
        super().__init__(path, endpoint, methods=methods, name=name, max_body_size=max_body)
        self.access = access
        self.rate = rate

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
        self._known = 0

    def named(self, name: str) -> Route:
        """The first route of that name.

        Raises:
            NoMatchFound: there is none.
        """
        if self._known != len(self):
            self._by_name = {route.name: route for route in reversed(self)}
            self._known = len(self)
        try:
            return self._by_name[name]
        except KeyError:
            raise NoMatchFound(name, {}) from None


def check_access(route: Route, actor: Actor | None) -> None:
    """Raise `SignInRequired` or `Forbidden` when this person may not use this route."""
    if isinstance(route.access, Privilege):
        require(actor, route.access, _("This page is not for you."))
    elif route.access is Access.SIGNED_IN and actor is None:
        raise SignInRequired(_("Please sign in first."))


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
