"""Threads as the API shows them: the rows of the pages, with the Markdown that the pages do not need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import Actor
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.posts import PostRef
from forum.slots import Filled
from forum.threads import queries
from forum.threads.api.shapes import AnswerOut, CommentOut, Escalation, KnownEscalation, ThreadOut, ThreadSummary
from forum.threads.queries import Article, Place, PostRow, Remark, ThreadPage, ThreadRow
from forum.web.api.shapes import author

TICKET, REVIEW = "api.ticket", "api.review"


def thread_document(
    request: Request, session: Session, actor: Actor, thread_id: int, after: str | None = None
) -> ThreadOut:
    """
    Raises:
        NotFound: there is no such thread, or none that the actor may see.
    """
    page = queries.thread_page(session, actor, thread_id, Place(after=after))
    answers = [*([page.solution] if page.solution and after is None else []), *page.answers]
    make = _Maker(request, session, actor, thread_id, [page.question, *answers])
    thread, question, standing = page.thread, page.question, page.standing
    if not make.has(question):
        raise NotFound(_("There is no such question."))
    body, body_html = make.text(question)
    return ThreadOut(
        id=thread.id,
        url=_url(request, thread),
        kind=thread.kind,
        title=thread.title,
        body=body,
        body_html=body_html,
        author=author(thread.author),
        tags=list(thread.tags),
        product=thread.product.slug if thread.product else None,
        environment=standing.environment,
        score=thread.score,
        resolution=thread.resolution,
        visibility=thread.visibility,
        locked=thread.locked,
        ignored=question.ignored,
        accepted_answer_id=standing.accepted_answer_id,
        duplicate_of=page.original.id if page.original else None,
        answers=[make.answer(answer) for answer in answers if make.has(answer)],
        answers_next=page.after,
        comments=make.comments(question),
        escalation=make.escalation(page),
        review_id=make.review_id(question.ref),
        revision=question.revision,
        created_at=thread.created_at,
        edited_at=question.edited_at,
    )


def answer_document(request: Request, session: Session, actor: Actor, thread_id: int, answer_id: int) -> AnswerOut:
    """An answer that was just written, and so is the newest of all that its author sees."""
    page = queries.thread_page(session, actor, thread_id, Place(sort="newest"))
    shown = [*([page.solution] if page.solution else []), *page.answers]
    article = next(one for one in shown if one.ref.id == answer_id)
    return _Maker(request, session, actor, thread_id, [article]).answer(article)


def comment_document(session: Session, actor: Actor, ref: PostRef) -> CommentOut:
    post = queries.find_post(session, actor, ref)
    who = queries.people(session, [post.author_id])
    return CommentOut(
        id=ref.id,
        author=author(who.get(post.author_id)),
        body=post.source,
        body_html=post.html,
        visibility=post.visibility,
        ignored=False,
        created_at=post.created_at,
    )


def summary(request: Request, row: ThreadRow) -> ThreadSummary:
    return ThreadSummary(
        id=row.id,
        url=_url(request, row),
        kind=row.kind,
        title=row.title,
        author=author(row.author),
        tags=list(row.tags),
        product=row.product.slug if row.product else None,
        score=row.score,
        answer_count=row.answer_count,
        resolution=row.resolution,
        visibility=row.visibility,
        locked=row.locked,
        ignored=row.ignored,
        created_at=row.created_at,
        active_at=row.active_at,
    )


def _url(request: Request, row: ThreadRow) -> str:
    return f"{request.state.site.settings.base_url}/threads/{row.id}/{row.slug}"


class _Maker:
    """Turns articles into what is sent, with two batches of queries for all of them."""

    def __init__(
        self, request: Request, session: Session, actor: Actor, thread_id: int, articles: list[Article]
    ) -> None:
        posts = [article.ref for article in articles]
        remarks = [remark.ref for article in articles for remark in article.comments]
        self.posts: Mapping[PostRef, PostRow] = queries.find_posts(session, actor, [*posts, *remarks])
        places: dict[str, list[Any]] = {TICKET: [thread_id], REVIEW: posts}
        self.filled: Filled = request.state.site.slots.fill(session, actor, places)

    def has(self, row: Article | Remark) -> bool:
        """Whether it is still there: PostgreSQL shows each query what was committed when it began."""
        return row.ref in self.posts

    def text(self, row: Article | Remark) -> tuple[str, str]:
        post = self.posts[row.ref]
        return post.source, str(post.html)

    def answer(self, row: Article) -> AnswerOut:
        body, body_html = self.text(row)
        return AnswerOut(
            id=row.ref.id,
            author=author(row.author),
            body=body,
            body_html=body_html,
            score=row.score,
            accepted=row.accepted,
            from_staff=row.from_staff,
            visibility=row.visibility,
            ignored=row.ignored,
            review_id=self.review_id(row.ref),
            comments=self.comments(row),
            created_at=row.created_at,
            edited_at=row.edited_at,
        )

    def comments(self, row: Article) -> list[CommentOut]:
        return [self._comment(remark) for remark in row.comments if self.has(remark)]

    def _comment(self, row: Remark) -> CommentOut:
        body, body_html = self.text(row)
        return CommentOut(
            id=row.ref.id,
            author=author(row.author),
            body=body,
            body_html=body_html,
            visibility=row.visibility,
            ignored=row.ignored,
            created_at=row.created_at,
        )

    def escalation(self, page: ThreadPage) -> Escalation | None:
        """What everybody may know; who may see the ticket is told as well that it was declined, or solved."""
        state, public = page.standing.staff_state, page.thread.with_staff
        reference = next((data for _none, data in self.filled.at(TICKET, page.thread.id)), None)
        if state is not None and reference is not None:
            return KnownEscalation(state=state, ticket=reference)
        return Escalation(state=public) if public is not None else None

    def review_id(self, ref: PostRef) -> int | None:
        return next((data for _none, data in self.filled.at(REVIEW, ref)), None)
