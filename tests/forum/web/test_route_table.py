"""Routes found by the first part of a path answer as if each had been tried in turn."""

from __future__ import annotations

import pytest
from starlette.routing import Match

from forum.web.routing import Table


def asked(path, method="GET"):
    return {"type": "http", "path": path, "root_path": "", "method": method, "headers": []}


def in_turn(routes, scope):
    partly = None
    for route in routes:
        match, _child = route.matches(dict(scope))
        if match is Match.FULL:
            return match, route
        if match is Match.PARTIAL and partly is None:
            partly = (match, route)
    return partly or (Match.NONE, None)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_every_route_is_found_as_before(site, method):
    table = Table(site.routes)
    paths = {route.path for route in site.routes} | {"/", "/nowhere", "/threads/", "/threads/5/a/b", "//threads"}
    for path in paths:
        for value in ("5", "leaders", "new"):
            scope = asked(path.replace("{", "").replace("}", "") if value == "new" else _filled(path, value), method)
            match, child = table.matches(scope)
            assert (match, child.get("route")) == in_turn(site.routes, scope)


def _filled(path, value):
    parts = [value if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)
