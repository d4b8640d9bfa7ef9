"""What the author of a post reads of a decision about it, and their appeal."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import signed_in
from forum.i18n import gettext as _
from forum.web import Access, Route, act, page, render, see_other
from moderation.reviews import words
from moderation.reviews.appealing import appeal
from moderation.reviews.forms import AppealForm
from moderation.reviews.own import own_page


@page
def show(request: Request, session: Session) -> Response:
    return appeal_page(request, session, AppealForm())


def appeal_page(request: Request, session: Session, form: AppealForm) -> Response:
    found = own_page(session, signed_in(request), request.path_params["review_id"])
    return render(request, "moderation/reviews/appeal.html", page=found, form=form, words=words)


@act(AppealForm, again=appeal_page)
def send(request: Request, session: Session, form: AppealForm) -> Response:
    review_id = request.path_params["review_id"]
    appeal(session, signed_in(request), review_id, form.reason.data or "")
    flash = _("Sent. A moderator will look at it again, and you will be told.")
    return see_other(request, "reviews.appeal", review_id=review_id, flash=flash)


PATH = "/moderation/reviews/{review_id:int}/appeal"
routes = [
    Route(PATH, show, name="reviews.appeal", access=Access.SIGNED_IN),
    Route(PATH, send, name="reviews.appeal", access=Access.SIGNED_IN, methods=["POST"], rate="10/hour"),
]
