"""Places on a page that sibling packages fill; `forum.personal` is the same for exports and erasures.

A sibling registers, for a named place, one batched query and a partial; the page's
view runs them once for all its rows, and the template asks for each row's share. A partial
is drawn from its data and key alone, and data is a value: frozen rows, nothing of the ORM.

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
    data.sections     account id   what stands under the archives of one's data
    review.cost       0            what spam or abuse costs its author, where a moderator decides
    nav               0            entries of the navigation, with a count
    api.ticket        thread id    the reference of its ticket, for the API
    api.review        PostRef      the id of the review that concerns the reader, for the API
    ask.notices       0            what stands above the ask form
    ask.aside         0            boxes beside the ask form
    admin.settings    0            settings that an admin can change: a tuple of forum.admin.catalogue.Setting
    admin.simple      (declared)   settings that are a switch or a number: each a forum.admin.simple.Simple
    setup.steps       0            what there is to do before a site opens: a tuple of forum.setup.steps.Step
    ask.similar       title        threads like the one being asked, by the title typed so far
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from forum.access import Actor

SlotQuery = Callable[[Session, Actor | None, Sequence[Any]], Mapping[Any, Any]]
Stake = Callable[[Actor], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Filling:
    template: str
    query: SlotQuery
    order: int


@dataclass(frozen=True, slots=True)
class NavEntry:
    """What a package puts into "nav"; `current` marks one that is not alone at its address.

    `in_menu` is for what is needed seldom: it stands in the menu of one's account.
    """

    label: str
    href: str
    count: int
    current: bool = False
    in_menu: bool = False


class Share(NamedTuple):
    """What stands in some places of a page: a value, so that two shares of the same are one."""

    parts: tuple[tuple[str, Hashable, tuple[tuple[str, Any], ...]], ...] = ()

    def at(self, place: str, key: Hashable) -> Sequence[tuple[str, Any]]:
        return next((filled for name, of, filled in self.parts if name == place and of == key), ())


@dataclass(frozen=True, slots=True)
class Filled:
    """What the siblings put on one page: for a place and key, partials with their data, in order."""

    parts: dict[tuple[str, Hashable], list[tuple[str, Any]]] = field(default_factory=dict)

    def at(self, place: str, key: Hashable) -> list[tuple[str, Any]]:
        return self.parts.get((place, key), [])

    def share(self, places: Iterable[tuple[str, Hashable]]) -> Share:
        """Those of these places in which anything stands."""
        parts = self.parts
        return Share(tuple([(*where, tuple(parts[where])) for where in places if where in parts]))


class Slots:
    """`stakes` are conditions about a reader and `bindparam("thread_id")`: true, the thread's page is their own."""

    def __init__(self) -> None:
        self._fillings: dict[str, list[Filling]] = defaultdict(list)
        self._declared: dict[str, list[Any]] = defaultdict(list)
        self.stakes: tuple[Stake, ...] = ()

    def register(self, place: str, template: str, query: SlotQuery, *, order: int = 50) -> None:
        """Fill a place: `query` maps each key it has something for to the data its partial is rendered with."""
        self._fillings[place].append(Filling(template, query, order))
        self._fillings[place].sort(key=lambda filling: filling.order)

    def stake(self, build: Stake) -> None:
        """Say what somebody has in a thread that its page shows them: whoever puts it there has to name it here."""
        self.stakes += (build,)

    def declare(self, place: str, *what: Any) -> None:
        """Add what is the same whoever looks, and needs no query."""
        self._declared[place] += what

    def declared(self, place: str) -> list[Any]:
        return list(self._declared.get(place, ()))

    def fill(self, session: Session, actor: Actor | None, places: Mapping[str, Sequence[Any]]) -> Filled:
        """Run each registered query once, for all keys of its place; in two places with the same keys it is one too."""
        parts: dict[tuple[str, Hashable], list[tuple[str, Any]]] = defaultdict(list)
        answers: dict[tuple[SlotQuery, tuple[Hashable, ...]], Mapping[Any, Any]] = {}
        for place, keys in places.items():
            for filling in self._fillings.get(place, ()) if keys else ():
                asked = (filling.query, tuple(keys))
                if asked not in answers:
                    answers[asked] = filling.query(session, actor, keys)
                for key, data in answers[asked].items():
                    parts[place, key].append((filling.template, data))
        return Filled(dict(parts))
