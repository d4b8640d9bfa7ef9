"""The page on which admins see all API tokens of the site."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.accounts import tokens_admin
from forum.i18n import gettext as _
from forum.web import Route, act, page, render, see_other

ADMIN = Privilege.ADMINISTER


@page
def index(request: Request, session: Session) -> Response:
    name, before = request.query_params.get("q", "")[:60], request.query_params.get("before", "")
    number = int(before) if re.fullmatch(r"[0-9]{1,18}", before) else None
    found, rest = tokens_admin.site_tokens(session, signed_in(request), name, number)
    listed = {"tokens": found, "next": rest, "name": name, "before": before}
    return render(request, "forum/accounts/tokens_admin.html", listed=listed)


@act()
def revoke(request: Request, session: Session) -> Response:
    token = tokens_admin.end_token(session, signed_in(request), request.path_params["token_id"])
    words = _("“{name}” opens nothing any more, and its owner is told.").format(name=token.name)
    return see_other(request, "tokens.list", flash=words)


routes = [
    Route("/admin/tokens", index, name="tokens.list", access=ADMIN, methods=["GET"]),
    Route(
        "/admin/tokens/{token_id:int}/revoke",
        revoke,
        name="tokens.revoke",
        access=ADMIN,
        methods=["POST"],
        rate="60/minute",
    ),
]
