"""How one browser likes the site: its theme and its language, kept in cookies."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from forum import i18n
from forum.web.replies import leave_for, local_path
from forum.web.routing import Access, Route

YEAR = 365 * 24 * 3600


def _choice(cookie: str, choices: tuple[str, ...], value: str, request: Request, back: str) -> Response:
    response = leave_for(request, local_path(back))
    if value in choices:
        https = request.state.site.settings.https
        response.set_cookie(cookie, value, max_age=YEAR, samesite="lax", httponly=True, secure=https)
    return response


async def theme(request: Request) -> Response:
    form = await request.form(max_files=0, max_fields=5)
    return _choice("theme", ("auto", "light", "dark"), str(form.get("theme")), request, str(form.get("next", "/")))


async def language(request: Request) -> Response:
    form = await request.form(max_files=0, max_fields=5)
    return _choice("locale", i18n.locales(), str(form.get("locale")), request, str(form.get("next", "/")))


routes = [
    Route("/theme", theme, name="theme", access=Access.EVERYONE, methods=["POST"], max_body=4096),
    Route("/language", language, name="language", access=Access.EVERYONE, methods=["POST"], max_body=4096),
]
