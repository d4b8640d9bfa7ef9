"""Who is told what, and why: the one place that decides it.

What happens is in a *place* (a thread, which has tags and may be of a product) and was done by a *person*. The rules
run in this order, and the first that says something ends it:

| # | when | told? |
|---|---|---|
| 1 | it was done to one's own post or account, or is a ticket's: nothing that has a level | yes |
| 2 | the person is muted, and did not speak for the company | no |
| 3 | the place is muted | no |
| 4 | it concerns oneself: one is mentioned, answered, or one's answer was accepted | yes |
| 5 | the place's level tells of such news (`TELLS`) | yes |
| 6 | the person's level tells of such news | yes |
| 7 | nothing of that | no |

The level of a place is the most specific that was chosen: the thread's own, else that of its tags, else its product's.
Of several tags mute counts before watch, watch before follow, follow before normal. So muting a thread silences it in a
watched tag, and watching one is heard out of a muted tag; a muted colleague's answer *from staff* is still told, and
what staff write in one's ticket is never touched by a level.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from forum.following.models import Level, Subject


class News(enum.StrEnum):
    """What is told to those who chose to hear of it."""

    THREAD = "thread"
    ANSWER = "answer"
    COMMENT = "comment"
    SOLVED = "solved"


_EVERY_WORD = frozenset({News.THREAD, News.ANSWER, News.COMMENT, News.SOLVED})
TELLS: dict[tuple[Subject, Level], frozenset[News]] = {
    (Subject.THREAD, Level.WATCH): _EVERY_WORD,
    (Subject.THREAD, Level.FOLLOW): frozenset({News.ANSWER, News.SOLVED}),
    (Subject.TAG, Level.WATCH): _EVERY_WORD,
    (Subject.TAG, Level.FOLLOW): frozenset({News.THREAD}),
    (Subject.PRODUCT, Level.WATCH): _EVERY_WORD,
    (Subject.PRODUCT, Level.FOLLOW): frozenset({News.THREAD}),
    (Subject.PERSON, Level.WATCH): frozenset({News.THREAD, News.ANSWER, News.COMMENT}),
    (Subject.PERSON, Level.FOLLOW): frozenset({News.THREAD}),
}
AMONG_TAGS = (Level.MUTE, Level.WATCH, Level.FOLLOW, Level.NORMAL)


class Why(NamedTuple):
    """Why somebody is told: what they chose a level for, or nothing such, as it concerns themselves."""

    subject: Subject | None = None
    subject_id: int = 0

    def __str__(self) -> str:
        return f"{self.subject}:{self.subject_id}" if self.subject else ""


PERSONAL = Why()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The levels that one person has for what happened: its thread, tags (by id), product, and who did it."""

    thread: Level | None = None
    tags: Mapping[int, Level] = field(default_factory=dict)
    product: Level | None = None
    person: Level | None = None
    ids: Mapping[Subject, int] = field(default_factory=dict)

    @property
    def place(self) -> tuple[Level | None, Why]:
        """The level of the place, and what it was chosen for."""
        if self.thread is not None:
            return self.thread, self._why(Subject.THREAD)
        if self.tags:
            tag_id, level = min(self.tags.items(), key=lambda tag: (AMONG_TAGS.index(tag[1]), tag[0]))
            return level, Why(Subject.TAG, tag_id)
        return self.product, self._why(Subject.PRODUCT)

    def _why(self, subject: Subject) -> Why:
        return Why(subject, self.ids.get(subject, 0))


def why_told(chosen: Chosen, news: News | None, *, from_staff: bool = False) -> Why | None:
    """Why somebody is told of what happened, or None; `news` is None for what concerns themselves."""
    if chosen.person is Level.MUTE and not from_staff:
        return None
    level, why = chosen.place
    if level is Level.MUTE:
        return None
    if news is None:
        return PERSONAL
    if level is not None and why.subject is not None and news in TELLS.get((why.subject, level), ()):
        return why
    if chosen.person is not None and news in TELLS.get((Subject.PERSON, chosen.person), ()):
        return chosen._why(Subject.PERSON)
    return None


def levels_that_tell(subject: Subject, news: News) -> tuple[Level, ...]:
    """At which levels a subject tells of such news."""
    return tuple(level for level in Level if news in TELLS.get((subject, level), ()))
