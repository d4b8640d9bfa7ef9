"""The queue, one review on one screen, and the acts on it."""

from __future__ import annotations

from functools import partial as bind
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.events.moderation import Decision, FlagReason
from forum.i18n import gettext as _
from forum.i18n import ngettext
from forum.posts import PostKind
from forum.slots import Filled
from forum.web import Route, act, page, partial, render, see_other, wants_fragment
from forum.web.routing import path_for
from moderation.reviews import live, queries, words
from moderation.reviews.appealing import judge
from moderation.reviews.batches import Outcome, decide_batch, undo_batch
from moderation.reviews.choices import AGAINST_AUTHOR, Choice
from moderation.reviews.claims import Stale, claim_review, release_review
from moderation.reviews.context import ReviewPage, review_page
from moderation.reviews.deciding import decide
from moderation.reviews.forms import BatchForm, DecisionForm, JudgeForm
from moderation.reviews.models import ReviewKind
from moderation.reviews.order import Place
from moderation.reviews.undoing import undo


@page
def show_queue(request: Request, session: Session) -> Response:
    return queue_page(request, session)


def queue_page(request: Request, session: Session, form: BatchForm | None = None) -> Response:
    asked = request.query_params
    filters = queries.Filters.read(asked.get("state"), asked.get("kind"))
    found = queries.queue(session, signed_in(request), filters, after=Place.read(asked.get("after")))
    return render(
        request,
        "moderation/reviews/queue.html",
        queue=found,
        words=words,
        form=form or BatchForm(),
        told={"facts": live.queue_facts(session, signed_in(request)), "words": live.queue_words()},
        slots=_costs(request, session),
    )


def _costs(request: Request, session: Session) -> Filled:
    return request.state.site.slots.fill(session, signed_in(request), {"review.cost": [0]})  # type: ignore[no-any-return]


@page
def show(request: Request, session: Session) -> Response:
    return review_again(request, session)


def review_again(request: Request, session: Session, form: Any = None, *, status: int = 200) -> Response:
    """The review's page, with whatever form came back."""
    found = review_page(session, signed_in(request), request.path_params["review_id"])
    decision = form if isinstance(form, DecisionForm) else DecisionForm()
    if not isinstance(form, DecisionForm):
        decision.version.data = str(found.review.version)
        decision.body.data = found.post.source if found.post else ""
        decision.title.data = found.post.title if found.post else ""
        decision.days.data = "7"
    decision.offer(found.review.kind, flagged=found.pending)
    judging = form if isinstance(form, JudgeForm) else JudgeForm()
    if not isinstance(form, JudgeForm):
        judging.version.data = str(found.review.version)
    return render(
        request,
        "moderation/reviews/show.html",
        status=status,
        page=found,
        form=decision,
        judge_form=judging,
        told=_told(found),
        words=words,
        live={"facts": live.review_facts(session, signed_in(request), found.review.id), "words": live.review_words()},
        is_thread=found.review.post_kind is PostKind.THREAD,
        slots=_costs(request, session),
    )


@act(DecisionForm)
def preview(request: Request, session: Session, form: DecisionForm) -> Response:
    """What the author would be told, word for word; nothing is written."""
    found = review_page(session, signed_in(request), request.path_params["review_id"])
    unseen = found.review.hidden_from is not None or found.review.kind is ReviewKind.APPROVAL
    text = _exactly(found.post.title if found.post else "", form.choice, hidden=unseen)
    template = "moderation/reviews/_told.html" if wants_fragment(request) else "moderation/reviews/told.html"
    return (partial if wants_fragment(request) else render)(request, template, text=text, page=found)


@act()
def claim(request: Request, session: Session) -> Response:
    review_id = request.path_params["review_id"]
    try:
        claim_review(session, signed_in(request), review_id)
    except Stale:
        return _stale(request, session, review_id, {})
    return see_other(request, "reviews.show", review_id=review_id, flash=_("Yours for ten minutes."))


@act()
def release(request: Request, session: Session) -> Response:
    review_id = request.path_params["review_id"]
    release_review(session, signed_in(request), review_id)
    return see_other(request, "reviews.show", review_id=review_id, flash=_("Others can take it now."))


@act(DecisionForm, again=review_again)
def decide_one(request: Request, session: Session, form: DecisionForm) -> Response:
    review_id = request.path_params["review_id"]
    try:
        row = decide(session, signed_in(request), review_id, form.choice, version=form.seen)
    except Stale:
        typed = {
            _("To the author"): form.message.data,
            _("For moderators and staff only"): form.note.data,
            _("Title"): form.title.data,
            _("Text"): form.body.data,
        }
        return _stale(request, session, review_id, typed)
    undo_path = path_for(request.state.site.routes, "reviews.undo", decision_id=row.id)
    flash = words.decision_flash(author_told=row.effects["told"], flaggers_told=row.flagged)
    return see_other(request, "reviews.queue", flash=flash, undo=undo_path)


@act()
def undo_one(request: Request, session: Session) -> Response:
    review = undo(session, signed_in(request), request.path_params["decision_id"])
    words_ = _("Taken back. The review waits again, with its flags.")
    return see_other(request, "reviews.show", review_id=review.id, flash=words_)


@act(JudgeForm, again=review_again)
def judge_one(request: Request, session: Session, form: JudgeForm) -> Response:
    review_id, upheld = request.path_params["review_id"], form.verdict.data == "uphold"
    try:
        judge(
            session,
            signed_in(request),
            review_id,
            upheld=upheld,
            message=form.message.data or "",
            version=form.seen,
        )
    except Stale:
        return _stale(request, session, review_id, {_("To the author"): form.message.data})
    flash = _("The decision stands; the author was told.") if upheld else _("The decision was taken back.")
    return see_other(request, "reviews.show", review_id=review_id, flash=flash)


@act(BatchForm, again=queue_page)
def batch(request: Request, session: Session, form: BatchForm) -> Response:
    choice = Choice(Decision.DELETE, grounds=FlagReason.SPAM, message=(form.message.data or "").strip())
    try:
        outcome = decide_batch(session, signed_in(request), form.versions, choice)
    except Stale as stale:
        return _stale(request, session, stale.review_id, {_("To the authors"): form.message.data})
    undo_path = path_for(request.state.site.routes, "reviews.undo_batch", batch_id=outcome.batch_id)
    done = ngettext("{count} post deleted as spam.", "{count} posts deleted as spam.", outcome.done)
    return see_other(request, "reviews.queue", flash=_outcome(done, outcome), undo=undo_path)


@act()
def undo_whole(request: Request, session: Session) -> Response:
    outcome = undo_batch(session, signed_in(request), request.path_params["batch_id"])
    done = ngettext("{count} decision taken back.", "{count} decisions taken back.", outcome.done)
    return see_other(request, "reviews.queue", flash=_outcome(done, outcome))


def _outcome(done: str, outcome: Outcome) -> str:
    said = done.format(count=outcome.done)
    if outcome.left:
        left = ngettext("{count} was left: somebody had acted.", "{count} were left: somebody had acted.", outcome.left)
        said += " " + left.format(count=outcome.left)
    return said


def _stale(request: Request, session: Session, review_id: int, typed: dict[str, str | None]) -> Response:
    """Who acted, and what they did; what was typed is kept to be copied, unless it is what stands there."""
    found = review_page(session, signed_in(request), review_id)
    there = {" ".join(text.split()) for text in (found.post.title, found.post.source) if text} if found.post else set()
    kept = {name: text for name, text in typed.items() if text and text.strip() and " ".join(text.split()) not in there}
    return render(request, "moderation/reviews/stale.html", status=409, page=found, typed=kept, words=words)


def _told(page: ReviewPage) -> dict[str, str]:
    """Below each choice, what the author would read."""
    unheard, title = _("The author is not told."), page.post.title if page.post else ""
    unseen = page.review.hidden_from is not None or page.review.kind is ReviewKind.APPROVAL
    found: dict[str, str] = {}
    for decision in Decision:
        text = words.told_author(decision, title, None, "", shown_again=unseen, terms=None)
        found[decision.value] = _("The author reads: {text}").format(text=text) if text else unheard
    return found


def _exactly(title: str, choice: Choice, *, hidden: bool) -> str:
    shown = hidden and choice.decision not in AGAINST_AUTHOR
    return words.told_author(
        choice.decision, title, choice.grounds, choice.message, shown_again=shown, terms=choice.terms
    )


_moderates = bind(Route, access=Privilege.MODERATE)
_acts = bind(_moderates, methods=["POST"], rate="120/minute")
routes = [
    _moderates("/moderation/queue", show_queue, name="reviews.queue"),
    _acts("/moderation/queue", batch, name="reviews.batch"),
    _acts("/moderation/batches/{batch_id:int}/undo", undo_whole, name="reviews.undo_batch"),
    _moderates("/moderation/reviews/{review_id:int}", show, name="reviews.show"),
    _acts("/moderation/reviews/{review_id:int}/claim", claim, name="reviews.claim"),
    _acts("/moderation/reviews/{review_id:int}/release", release, name="reviews.release"),
    _acts("/moderation/reviews/{review_id:int}/preview", preview, name="reviews.preview"),
    _acts("/moderation/reviews/{review_id:int}/decision", decide_one, name="reviews.decide"),
    _acts("/moderation/reviews/{review_id:int}/judgement", judge_one, name="reviews.judge"),
    _acts("/moderation/decisions/{decision_id:int}/undo", undo_one, name="reviews.undo"),
]
