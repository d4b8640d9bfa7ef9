"""Two accounts of one person become one: what each package does with what names the account that goes.

Each package adds one `Joins` in `forum/app.py`. Between them they name every column that holds an account, and a test
holds that none is left out: a column moves, its rows end, it stays for a reason, or a step sees to it. All is
said of what the account has *now* and done again changes nothing, so that it is simply run once more for what came
late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum.db import Base

Column = InstrumentedAttribute[Any]
FEW = 400


@dataclass(frozen=True, slots=True)
class Merge:
    """Everything of `from_id` becomes what `to_id` has; `actor_id` None is the command line.

    `noted` is where a step that runs before anything moves leaves word for one that runs after.
    """

    from_id: int
    to_id: int
    actor_id: int | None = None
    noted: dict[str, Any] = field(default_factory=dict)

    @property
    def both(self) -> tuple[int, int]:
        return self.from_id, self.to_id


@dataclass(frozen=True, slots=True)
class GivesWay:
    """Something of which only one can stay, or that makes no sense any more, and of which there are `count`."""

    what: str
    count: int


Step = Callable[[Session, Merge], None]
Refusal = Callable[[Session, Merge], Iterator[str]]
Conflicts = Callable[[Session, Merge], Iterator[GivesWay]]
Called = str
"""How a preview calls the rows of a column; "" for those of which it does not speak."""


@dataclass(frozen=True, slots=True)
class Joins:
    """What one package does.

    `refuses` says why it cannot be. `locks` holds rows in the order in which everybody else does. `before` sees to
    what there may be only one of, then columns move and rows end, and `after` counts again.
    """

    name: str
    moves: Mapping[Column, Called] = field(default_factory=dict)
    ends: Mapping[Column, Called] = field(default_factory=dict)
    by_hand: Mapping[Column, Called] = field(default_factory=dict)
    stays: Mapping[Column, str] = field(default_factory=dict)
    refuses: tuple[Refusal, ...] = ()
    conflicts: tuple[Conflicts, ...] = ()
    locks: tuple[Step, ...] = ()
    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()

    @property
    def columns(self) -> list[Column]:
        return [*self.moves, *self.ends, *self.by_hand, *self.stays]


@dataclass(frozen=True, slots=True)
class Held:
    what: str
    count: int
    ends: bool


@dataclass
class Merging:
    all: list[Joins] = field(default_factory=list)

    def add(self, *joins: Joins) -> None:
        self.all.extend(joins)

    def refusals(self, session: Session, merge: Merge) -> list[str]:
        return [words for one in self.all for refuse in one.refuses for words in refuse(session, merge)]

    def gives_way(self, session: Session, merge: Merge) -> list[GivesWay]:
        found = (line for one in self.all for tell in one.conflicts for line in tell(session, merge))
        return [line for line in found if line.count]

    def held(self, session: Session, merge: Merge) -> list[Held]:
        """What there is of the account that goes, as far as a preview speaks of it."""
        found: dict[tuple[str, bool], int] = {}
        for one in self.all:
            for columns, ends in ((one.moves, False), (one.by_hand, False), (one.ends, True)):
                for column, called in columns.items():
                    if called:
                        key = (str(called), ends)
                        found[key] = found.get(key, 0) + count(session, column, merge.from_id)
        return [Held(what, number, ends) for (what, ends), number in found.items() if number]

    def lock(self, session: Session, merge: Merge) -> None:
        self._run(session, merge, "locks")

    def carry_out(self, session: Session, merge: Merge) -> None:
        self._run(session, merge, "before")
        for one in self.all:
            for column in one.moves:
                move(session, column, merge)
            for column in one.ends:
                session.execute(delete(column.class_).where(column == merge.from_id), **QUIETLY)
        session.expire_all()
        self._run(session, merge, "after")

    def _run(self, session: Session, merge: Merge, which: str) -> None:
        for one in self.all:
            for step in getattr(one, which):
                step(session, merge)
                session.flush()
                session.expire_all()


QUIETLY: Any = {"execution_options": {"synchronize_session": False}}


def count(session: Session, column: Column, account_id: int) -> int:
    return session.scalar(select(func.count()).select_from(column.class_).where(column == account_id)) or 0


def move(session: Session, column: Column, merge: Merge) -> None:
    session.execute(update(column.class_).where(column == merge.from_id).values({column.key: merge.to_id}), **QUIETLY)


def twice(model: type[Base], owner: Column, *same: Column) -> Any:
    """The rows of the account that goes of which the other has its own, as a condition made by a merge."""
    other: Any = model.__table__.alias("of_the_other")

    def condition(merge: Merge) -> Any:
        theirs = select(other.c[owner.key]).where(
            other.c[owner.key] == merge.to_id, *(other.c[column.key] == column for column in same)
        )
        return (owner == merge.from_id) & theirs.exists()

    return condition


def drop_twice(model: type[Base], owner: Column, *same: Column) -> Step:
    """A step that lets the row of the account that stays stand where both have one."""
    condition = twice(model, owner, *same)

    def step(session: Session, merge: Merge) -> None:
        session.execute(delete(model).where(condition(merge)), **QUIETLY)

    return step


def few(ids: Any) -> Iterator[list[Any]]:
    """Many numbers, so few at a time that a statement can name them."""
    ordered = sorted(set(ids))
    for first in range(0, len(ordered), FEW):
        yield ordered[first : first + FEW]
