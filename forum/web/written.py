"""Who has just written reads what they wrote, wherever their next request is answered.

Where pages may come from a replica, the reply to a write carries a cookie that names the
place in the primary's log which holds it. It is signed, since a made-up one would be a way
to lead everything to the primary, and it need not live long: what is older than
`forum.replica.OLDEST` is seen by everybody.
"""

from __future__ import annotations

import hashlib
import hmac

import structlog
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import Response

log = structlog.get_logger()
COOKIE = "written"
LASTS = 60
FAR_AHEAD = 2**63 - 1


def note_write(request: Request, response: Response) -> Response:
    """Let the person's next pages hold what is committed by now."""
    site = request.state.site
    if site.database.replica is None:
        return response
    try:
        position = site.database.position()
    except DBAPIError as error:  # what was written is safe; the primary it is, until all is well again
        log.warning("no position after a write", error=str(error))
        position = FAR_AHEAD
    response.set_cookie(
        COOKIE,
        f"{position:x}.{_mac(site.settings.secret, f'{position:x}')}",
        max_age=LASTS,
        httponly=True,
        samesite="lax",
        secure=site.settings.https,
    )
    return response


def written(request: Request) -> int:
    """The position that this person's pages must hold; 0 for somebody who has written nothing of late."""
    place, _, mac = request.cookies.get(COOKIE, "").partition(".")
    if not place or not hmac.compare_digest(mac.encode(), _mac(request.state.site.settings.secret, place).encode()):
        return 0
    return int(place, 16)


def _mac(secret: str, place: str) -> str:
    return hmac.new(secret.encode(), b"written:" + place.encode(), hashlib.sha256).hexdigest()
