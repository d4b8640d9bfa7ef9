"""What the subjects of levels are called, for whoever may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import quote

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.following.models import Subject
from forum.following.rules import Why
from forum.markup import slugify
from forum.tags.models import Space, Tag
from forum.threads.models import Thread


class Named(NamedTuple):
    """What a subject is called, and the path of its page."""

    name: str
    path: str


def named(session: Session, actor: Actor, subjects: Iterable[tuple[Subject, int]]) -> dict[tuple[Subject, int], Named]:
    """Those of the subjects that the actor may see, in at most one query a kind."""
    wanted: dict[Subject, list[int]] = defaultdict(list)
    for subject, subject_id in subjects:
        wanted[subject].append(subject_id)
    return {
        (subject, row[0]): Named(row[1] or row[2], path_of(subject, row[0], row[2]))
        for subject, ids in wanted.items()
        for row in session.execute(_query(subject, actor, ids))
    }


def names_of(session: Session, actor: Actor, reasons: Iterable[Why]) -> dict[Why, str]:
    """What the subject of each reason is called."""
    wanted = {(why.subject, why.subject_id) for why in reasons if why.subject is not None}
    return {Why(*key): found.name for key, found in named(session, actor, wanted).items()}


def _query(subject: Subject, actor: Actor, ids: list[int]) -> Select[Any]:
    """The id of each, what it is called, and what its address is made of."""
    queries: dict[Subject, Any] = {
        Subject.THREAD: select(Thread.id, Thread.title, Thread.title).where(Thread.visible_to(actor)),
        Subject.TAG: select(Tag.id, Tag.name, Tag.name),
        Subject.PRODUCT: select(Space.id, Space.name, Space.slug).where(Space.visible_to(actor)),
        Subject.PERSON: select(Account.id, Account.display_name, Account.handle).where(Account.visible_to(actor)),
    }
    models: dict[Subject, Any] = {
        Subject.THREAD: Thread,
        Subject.TAG: Tag,
        Subject.PRODUCT: Space,
        Subject.PERSON: Account,
    }
    found: Select[Any] = queries[subject].where(models[subject].id.in_(ids))
    return found


def path_of(subject: Subject, subject_id: int, word: str) -> str:
    """The page of a subject; `word` is what its address is made of: title, name, slug or handle."""
    return {
        Subject.THREAD: f"/threads/{subject_id}/{slugify(word)}",
        Subject.TAG: f"/tags/{quote(word, safe='')}",
        Subject.PRODUCT: f"/threads?product={quote(word, safe='')}",
        Subject.PERSON: f"/people/{word}",
    }[subject]
