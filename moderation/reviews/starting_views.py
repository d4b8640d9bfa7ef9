"""The way from a post straight to its review."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef
from forum.web import Route, act, see_other
from moderation.reviews.starting import start_review


@act()
def start(request: Request, session: Session) -> Response:
    kind, post_id = request.path_params["kind"], request.path_params["post_id"]
    if kind not in set(PostKind):
        raise NotFound(_("There is no such post."))
    review = start_review(session, signed_in(request), PostRef(PostKind(kind), post_id))
    return see_other(request, "reviews.show", review_id=review.id, anchor="decide")


routes = [
    Route(
        "/moderation/posts/{kind}/{post_id:int}",
        start,
        name="reviews.start",
        access=Privilege.MODERATE,
        methods=["POST"],
        rate="120/minute",
    )
]
