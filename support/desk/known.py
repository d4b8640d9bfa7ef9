"""What we know already when a ticket is opened, read afresh each time, so that nobody has to say anything twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Organisation
from forum.markup import excerpt
from forum.organisations.words import importance_words
from forum.posts import SHOWN, Visibility
from forum.search.queries import Similar, similar
from forum.tags.models import Space, Tag
from forum.threads.models import Answer, Comment, Resolution, Thread, ThreadTag, Unhelpful
from support.escalations.models import MeToo
from support.people import Person, people
from support.tickets.models import Ticket, TicketState
from support.tickets.words import state_for_staff

TRIED = 20
OTHERS = 8
SIMILAR = 5
SAID = 30
LONG, START = 700, 400


@dataclass(frozen=True, slots=True)
class Tried:
    """An answer that was tried: what it said, how it was rated, and what the asker says happened."""

    id: int
    author: Person | None
    text: str
    score: int
    from_staff: bool
    accepted: bool
    unhelpful: list[str] | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A comment of whoever asked, under the question or an answer."""

    id: int
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KnownThread:
    """`start` is how a long question begins, "" for one that is short; `said` what the asker wrote since."""

    id: int
    slug: str
    title: str
    html: Markup
    start: str
    tags: list[str]
    created_at: datetime
    visibility: Visibility
    locked: bool
    resolution: Resolution
    tried: list[Tried]
    said: list[Said]
    me_too: int


@dataclass(frozen=True, slots=True)
class OtherTicket:
    reference: str
    subject: str
    state: TicketState

    @property
    def words(self) -> str:
        return state_for_staff(self.state)


@dataclass(frozen=True, slots=True)
class OtherThread:
    id: int
    slug: str
    title: str
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class Known:
    """`thread` is the one it grew from, or points at."""

    thread: KnownThread | None
    environment: str
    product: str | None
    organisation: str | None
    plan: str | None
    importance: int | None
    similar: Sequence[Similar]
    tickets: list[OtherTicket]
    threads: list[OtherThread]

    @property
    def importance_words(self) -> str:
        return importance_words(self.importance) if self.importance is not None else ""


def what_we_know(session: Session, actor: Actor, ticket: Ticket) -> Known:
    thread = session.scalars(
        select(Thread).where(Thread.id == (ticket.thread_id or ticket.about_thread_id), Thread.visible_to(actor))
    ).one_or_none()
    organisation = session.get(Organisation, ticket.organisation_id) if ticket.organisation_id else None
    space_id = ticket.space_id or (thread.space_id if thread else None)
    return Known(
        thread=_thread(session, thread) if thread else None,
        environment=thread.environment if thread and thread.environment else ticket.environment,
        product=session.scalar(select(Space.name).where(Space.id == space_id)),
        organisation=organisation.name if organisation else None,
        plan=organisation.plan if organisation else None,
        importance=organisation.importance if organisation else None,
        similar=_similar(session, actor, thread.title if thread else ticket.subject, thread.id if thread else None),
        tickets=_other_tickets(session, ticket),
        threads=_other_threads(session, actor, ticket),
    )


def _thread(session: Session, thread: Thread) -> KnownThread:
    names = select(Tag.name).join(ThreadTag, ThreadTag.tag_id == Tag.id).where(ThreadTag.thread_id == thread.id)
    return KnownThread(
        id=thread.id,
        slug=thread.slug,
        title=thread.title,
        html=Markup("" if thread.withheld else thread.html),  # noqa: S704 - cooked
        start=excerpt(thread.text, START) if len(thread.text) > LONG and not thread.withheld else "",
        tags=list(session.scalars(names.order_by(ThreadTag.position))),
        created_at=thread.created_at,
        visibility=thread.visibility,
        locked=thread.locked,
        resolution=thread.resolution,
        tried=_tried(session, thread),
        said=_said(session, thread),
        me_too=session.scalar(select(func.count()).where(MeToo.thread_id == thread.id)) or 0,
    )


def _said(session: Session, thread: Thread) -> list[Said]:
    """The asker's latest comments, oldest first."""
    query = select(Comment.id, Comment.text, Comment.created_at).where(
        Comment.thread_id == thread.id,
        Comment.author_id == thread.author_id,
        Comment.visibility.in_(SHOWN),
        Comment.withheld.is_(False),
    )
    rows = session.execute(query.order_by(Comment.id.desc()).limit(SAID)).all()
    return [Said(*row) for row in reversed(rows)]


def _tried(session: Session, thread: Thread) -> list[Tried]:
    query = select(Answer).where(Answer.thread_id == thread.id, Answer.visibility.in_(SHOWN))
    answers = session.scalars(query.order_by(Answer.score.desc(), Answer.id).limit(TRIED)).all()
    notes: dict[int, list[str]] = {}
    for note in session.scalars(select(Unhelpful).where(Unhelpful.answer_id.in_([answer.id for answer in answers]))):
        notes.setdefault(note.answer_id, []).extend([note.note] if note.note else [])
    authors = people(session, [answer.author_id for answer in answers])
    return [
        Tried(
            id=answer.id,
            author=authors.get(answer.author_id),
            text="" if answer.withheld else excerpt(answer.text, 280),
            score=answer.score,
            from_staff=answer.from_staff,
            accepted=answer.id == thread.accepted_answer_id,
            unhelpful=notes.get(answer.id),
            created_at=answer.created_at,
        )
        for answer in answers
    ]


def _similar(session: Session, actor: Actor, title: str, without: int | None) -> list[Similar]:
    """Similar threads that were solved: a ready answer may lie there."""
    found = similar(session, actor, title, limit=SIMILAR * 3, without=without)
    return [row for row in found if row.accepted_answer_id is not None][:SIMILAR]


def _other_tickets(session: Session, ticket: Ticket) -> list[OtherTicket]:
    query = (
        select(Ticket.reference, Ticket.subject, Ticket.state)
        .where(Ticket.requester_id == ticket.requester_id, Ticket.id != ticket.id)
        .order_by(Ticket.id.desc())
        .limit(OTHERS)
    )
    return [OtherTicket(*row) for row in session.execute(query)]


def _other_threads(session: Session, actor: Actor, ticket: Ticket) -> list[OtherThread]:
    query = (
        select(Thread)
        .where(Thread.author_id == ticket.requester_id, Thread.visible_to(actor), Thread.visibility.in_(SHOWN))
        .order_by(Thread.id.desc())
        .limit(OTHERS + 1)
    )
    rows = [row for row in session.scalars(query) if row.id != ticket.thread_id]
    return [OtherThread(row.id, row.slug, row.title, row.resolution) for row in rows[:OTHERS]]
