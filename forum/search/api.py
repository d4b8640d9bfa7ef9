"""Searching over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import signed_in
from forum.search import queries
from forum.search.places import read_cursor
from forum.search.terms import MAX_QUERY
from forum.threads.models import Resolution
from forum.web import Access
from forum.web.api import ApiRouter, api_page
from forum.web.api.shapes import After, Author, Listed, Shown, author, known_cursor

router = ApiRouter(tags=["search"])


class HitOut(Shown):
    """A thread that was found, by its best post; `answer_id` is null when that is the question."""

    id: int
    url: str
    title: str
    excerpt: str
    answer_id: int | None
    resolution: Resolution
    score: int
    answer_count: int
    tags: list[str]
    author: Author | None
    ignored: bool
    created_at: datetime


@api_page(router, "/search", access=Access.SIGNED_IN, like="search.show", slow=True)
def search(
    request: Request,
    session: Session,
    q: Annotated[
        str, Query(max_length=MAX_QUERY, description="Words, “phrases”, -without, tag:…, product:…, user:…, is:solved")
    ],
    after: After = None,
) -> Listed[HitOut]:
    """Find threads, the best first."""
    found = queries.search(session, signed_in(request), q, after=known_cursor(after, read_cursor))
    return Listed(items=[_hit(request, hit) for hit in found.hits], next=found.next)


def _hit(request: Request, hit: queries.Hit) -> HitOut:
    return HitOut(
        id=hit.id,
        url=f"{request.state.site.settings.base_url}/threads/{hit.id}/{hit.slug}",
        title=hit.title,
        excerpt="".join(piece for piece, _marked in hit.excerpt),
        answer_id=hit.answer_id,
        resolution=hit.resolution,
        score=hit.score,
        answer_count=hit.answer_count,
        tags=list(hit.tags),
        author=author(hit.author),
        ignored=hit.ignored,
        created_at=hit.created_at,
    )
