"""Places on a page, in an export or in an erasure that sibling packages fill.

A sibling registers, for a named place, one batched query and a partial; the page's
view runs them once for all its rows, and the template asks for each row's share.

Places in use, and what a key is there:
    thread.state      thread id    pills and lines under a thread's title
    thread.actions    thread id    buttons under the question
    thread.aside      thread id    boxes beside the thread
    thread.reply      thread id    what stands under the reply box
    thread.row        thread id    marks in a list of threads
    answer.marks      answer id    marks beside an answer's author
    answer.actions    answer id    buttons under an answer
    post.vote         PostRef      the vote control of a question or an answer
    post.menu         PostRef      entries in a post's menu
    post.notice       PostRef      a notice above a post's text
    profile.sections  account id   sections of a profile
    profile.badges    account id   marks beside a name on the profile
    people.actions    0            buttons beside the title of the list of people
    home.notices      0            what stands above everything on the home page
    home.waiting      0            what waits for the reader, above the home page's lists
    home.sections     0            boxes beside the home page's lists
    review.cost       0            what spam or abuse costs its author, where a moderator decides
    nav               0            entries of the navigation, with a count
    ask.notices       0            what stands above the ask form
    ask.aside         0            boxes beside the ask form
    ask.similar       title        threads like the one being asked, by the title typed so far
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor

SlotQuery = Callable[[Session, Actor | None, Sequence[Any]], Mapping[Any, Any]]


@dataclass(frozen=True, slots=True)
class Filling:
    template: str
    query: SlotQuery
    order: int


@dataclass(frozen=True, slots=True)
class Filled:
    """What the siblings put on one page: for a place and key, partials with their data, in order."""

    parts: dict[tuple[str, Hashable], list[tuple[str, Any]]] = field(default_factory=dict)

    def at(self, place: str, key: Hashable) -> list[tuple[str, Any]]:
        return self.parts.get((place, key), [])


class Slots:
    def __init__(self) -> None:
        self._fillings: dict[str, list[Filling]] = defaultdict(list)

    def register(self, place: str, template: str, query: SlotQuery, *, order: int = 50) -> None:
        """Fill a place: `query` maps each key it has something for to the data its partial is rendered with."""
        self._fillings[place].append(Filling(template, query, order))
        self._fillings[place].sort(key=lambda filling: filling.order)

    def fill(self, session: Session, actor: Actor | None, places: Mapping[str, Sequence[Any]]) -> Filled:
        """Run each registered query once, for all keys of its place."""
        parts: dict[tuple[str, Hashable], list[tuple[str, Any]]] = defaultdict(list)
        for place, keys in places.items():
            for filling in self._fillings.get(place, ()) if keys else ():
                for key, data in filling.query(session, actor, keys).items():
                    parts[place, key].append((filling.template, data))
        return Filled(dict(parts))
