"""The review queue over the API, and an author's appeal."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import Actor, Privilege, Scope, signed_in
from forum.errors import Conflict
from forum.events.moderation import Decision, FlagReason
from forum.i18n import gettext as _
from forum.web import Access
from forum.web.api import ApiRouter, api_act, api_page, made
from forum.web.api.problems import Outdated
from forum.web.api.shapes import After, Id, Listed, known_cursor
from moderation.reviews import queries
from moderation.reviews.api.documents import own_document, review_document, review_documents
from moderation.reviews.api.shapes import AppealIn, DecisionIn, OwnReviewOut, ReviewOut
from moderation.reviews.appealing import appeal as appeal_review
from moderation.reviews.appealing import judge, last_decision
from moderation.reviews.choices import NEED_GROUNDS
from moderation.reviews.claims import Stale, claim_review
from moderation.reviews.context import visible_review
from moderation.reviews.deciding import decide
from moderation.reviews.order import Place
from moderation.reviews.undoing import undo as undo_decision

router = ApiRouter(tags=["reviews"])
ACTS = (Scope.WRITE, Scope.MODERATE)
JUDGEMENTS = {"uphold": True, "overturn": False}


@api_page(router, "/reviews", access=Privilege.MODERATE, scopes=(Scope.MODERATE,))
def index(
    request: Request,
    session: Session,
    state: Annotated[Literal["open", "appealed", "decided"], Query()] = "open",
    kind: Annotated[Literal["flags", "approval", "thread", "answer", "comment"] | None, Query()] = None,
    after: After = None,
) -> Listed[ReviewOut]:
    """The queue: what waits by harm, urgency, weight and age; what is decided, the newest first."""
    actor, last = signed_in(request), Place.read(known_cursor(after, Place.read))
    reviews, more = queries.reviews_page(session, actor, queries.Filters.read(state, kind), after=last)
    return Listed(items=review_documents(request, session, actor, reviews), next=more)


@api_page(router, "/reviews/{review_id}", access=Access.SIGNED_IN)
def show(request: Request, session: Session, review_id: Id) -> ReviewOut | OwnReviewOut:
    """A review, for moderators; for the author of the post, what they may know of it."""
    actor = signed_in(request)
    if actor.can(Privilege.MODERATE):
        return review_document(request, session, actor, review_id)
    return own_document(request, session, actor, review_id)


@api_act(router, "POST", "/reviews/{review_id}/claim", access=Privilege.MODERATE, scopes=ACTS, like="reviews.claim")
def claim(request: Request, session: Session, review_id: Id) -> ReviewOut:
    """Say that one is looking at it, so that nobody else decides it for ten minutes; again, to go on."""
    actor = signed_in(request)
    try:
        claim_review(session, actor, review_id)
    except Stale as refusal:
        raise _outdated(request, session, actor, refusal) from refusal
    return review_document(request, session, actor, review_id)


@api_act(router, "POST", "/reviews/{review_id}/decision", access=Privilege.MODERATE, scopes=ACTS, like="reviews.decide")
def decision(request: Request, session: Session, review_id: Id, given: DecisionIn) -> ReviewOut:
    """Decide it, or judge an appeal, as of the version that was looked at."""
    actor = signed_in(request)
    try:
        if given.decision in JUDGEMENTS:
            upheld = JUDGEMENTS[given.decision]
            judge(session, actor, review_id, upheld=upheld, message=given.message, version=given.version)
        else:
            choice = given.choice(_grounds(session, review_id, given))
            decide(session, actor, review_id, choice, version=given.version)
    except Stale as refusal:
        raise _outdated(request, session, actor, refusal) from refusal
    return review_document(request, session, actor, review_id)


@api_act(router, "POST", "/reviews/{review_id}/undo", access=Privilege.MODERATE, scopes=ACTS, like="reviews.undo")
def undo(request: Request, session: Session, review_id: Id) -> ReviewOut:
    """Take the last decision back, with everything it did."""
    actor = signed_in(request)
    last = last_decision(session, visible_review(session, actor, review_id).id)
    if last is None:
        raise Conflict(_("Nothing was decided here that could be taken back."))
    undo_decision(session, actor, last.id)
    return review_document(request, session, actor, review_id)


@api_act(router, "POST", "/reviews/{review_id}/appeal", access=Access.SIGNED_IN, status=201, like="reviews.appeal")
def appeal(request: Request, session: Session, review_id: Id, given: AppealIn) -> OwnReviewOut:
    """Ask for a second look at what was decided about one's own post."""
    actor = signed_in(request)
    appeal_review(session, actor, review_id, given.reason)
    made(request, f"/reviews/{review_id}")
    return own_document(request, session, actor, review_id)


def _grounds(session: Session, review_id: int, given: DecisionIn) -> FlagReason | None:
    """What most of the pending flags say, for a decision that needs grounds and was given none."""
    if given.grounds is not None or Decision(given.decision) not in NEED_GROUNDS:
        return None
    reasons = queries.reasons_of(session, [review_id], pending=True).get(review_id)
    said = [reason for reason, _count in reasons.most_common()] if reasons else []
    return next((reason for reason in said if reason is not FlagReason.NEEDS_STAFF), None)


def _outdated(request: Request, session: Session, actor: Actor, refusal: Stale) -> Outdated:
    """Who acted, and what they did, stands in the review as it is now."""
    now = review_document(request, session, actor, refusal.review_id)
    return Outdated(refusal.message, "review", now.model_dump(mode="json"))
