"""The page on which admins see imports."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.importers import runs
from forum.web import Route, page, render


@page
def index(request: Request, session: Session) -> Response:
    before = request.query_params.get("before", "")
    number = int(before) if re.fullmatch(r"[0-9]{1,18}", before) else None
    found = runs.runs(session, signed_in(request), before=number)
    told = {"facts": runs.facts(session) if number is None else None, "words": runs.words()}
    return render(request, "forum/importers/runs.html", found=found, before=before, told=told)


routes = [Route("/admin/imports", index, name="imports.list", access=Privilege.ADMINISTER, methods=["GET"])]
