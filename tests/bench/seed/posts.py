"""What was asked, answered and remarked: counts with a long tail, times that only go forward, counters that agree.

One thread is the same in every size: the newest, with exactly twenty answers.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.bench.seed.bulk import Row
from tests.bench.seed.people import YEARS, People
from tests.bench.seed.words import Text, Writer

KNOWN_ANSWERS = 20
SPACES = ("Desktop", "Mobile", "Teams", "Backup", "Web")
COLOURS = ("amber", "blue", "green", "violet", "red")
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Post:
    """A question (`thread` is itself) or an answer, as far as others depend on it."""

    id: int
    thread: int
    author: int
    at: datetime
    score: int = 0
    comments: int = 0


@dataclass(slots=True)
class Question(Post):
    tags: list[int] = field(default_factory=list)
    answers: list[Post] = field(default_factory=list)
    accepted: Post | None = None
    accepted_at: datetime | None = None
    last: tuple[datetime, int] | None = None
    followers: int = 0
    staff_state: str | None = None

    @property
    def kind(self) -> str:
        """One in twelve is a discussion, which nothing solves."""
        return "discussion" if self.id % 12 == 7 and self.accepted is None else "question"


class Posts:
    def __init__(self, threads: int, people: People, writer: Writer) -> None:
        self.people, self.words, self.random = people, writer, random.Random(23)
        self.tags = [self._tag(place) for place in range(max(60, min(2000, threads // 20)))]
        self.tag_weights = list(itertools.accumulate(1 / (place + 3) for place in range(len(self.tags))))
        self.questions = self._questions(threads)
        self.answers = self._answers()
        self._accept()
        self.comments = list(self._comments())

    @property
    def known(self) -> Question:
        return self.questions[-1]

    @property
    def asked(self) -> Counter[int]:
        return Counter(one.author for one in self.questions)

    @property
    def answered(self) -> Counter[int]:
        return Counter(one.author for one in self.answers)

    def _tag(self, place: int) -> str:
        """Known words are taken one by one, so that each name is there once; the first are the most used."""
        return self.words.vocabulary[200 + 5 * place]

    def _questions(self, count: int) -> list[Question]:
        authors, began = self.people.some(count), self.people.moment - YEARS
        step = YEARS / (count + 1)
        found = []
        for place, author in enumerate(authors, 1):
            chosen = self.random.choices(range(1, len(self.tags) + 1), cum_weights=self.tag_weights, k=4)
            tags = list(dict.fromkeys(chosen))[: self.random.choice((1, 2, 2, 3, 3, 4))]
            found.append(Question(place, place, author, began + step * (place + self.random.random() / 2), tags=tags))
        found[-1].tags = [1, 2, 3]
        return found

    def _answers(self) -> list[Post]:
        """In the order in which they were given, whatever they answer."""
        given: list[tuple[datetime, int, Question]] = []
        for one in self.questions:
            for at in self._moments(one, self._how_many(one)):
                given.append((at, one.id, one))
        given.sort(key=lambda answer: answer[:2])
        answers = []
        for number, ((at, _id, question), author) in enumerate(
            zip(given, self.people.some(len(given)), strict=True), 1
        ):
            answer = Post(number, question.id, author, at)
            question.answers.append(answer)
            question.last = (at, author)
            answers.append(answer)
        return answers

    def _how_many(self, question: Question) -> int:
        if question is self.known:
            return KNOWN_ANSWERS
        if (chance := self.random.random()) < 0.24:
            return 0
        return min(40, 1 + int(self.random.expovariate(0.1 if chance > 0.99 else 0.42)))

    def _moments(self, question: Question, count: int) -> Iterator[datetime]:
        left = self.people.moment - question.at
        for _ in range(count):
            yield question.at + min(HOUR * self.random.expovariate(1 / 30), left * self.random.random())

    def _accept(self) -> None:
        for one in self.questions:
            chosen = self.random.choice(one.answers[:3]) if one.answers and self.random.random() < 0.55 else None
            if one is self.known:
                chosen = one.answers[3]
            if chosen is not None and chosen.author != one.author:
                one.accepted, one.accepted_at = chosen, min(chosen.at + HOUR * 5, self.people.moment)

    def _comments(self) -> Iterator[tuple[Post, int, datetime]]:
        for post in itertools.chain(self.questions, self.answers):
            post.comments = 1 if self.random.random() < 0.33 else 0
            if post.thread == self.known.id:
                post.comments = 1 if isinstance(post, Question) else self.known.answers.index(post) % 2
            for author in self.people.some(post.comments):
                yield post, author, min(post.at + HOUR, self.people.moment)

    def space_of(self, question: Question) -> int | None:
        return None if question.id % 6 == 0 else 1 + question.id % len(SPACES)

    def tag_rows(self) -> Iterator[Row]:
        used = Counter(tag for one in self.questions for tag in one.tags)
        at = self.people.moment - YEARS
        for number, name in enumerate(self.tags, 1):
            yield {"id": number, "name": name, "thread_count": used[number], "created_by_id": 1, "created_at": at}

    def space_rows(self) -> Iterator[Row]:
        used = Counter(self.space_of(one) for one in self.questions)
        for number, name in enumerate(SPACES, 1):
            named = {"slug": name.lower(), "name": name, "colour": COLOURS[number - 1], "audience": "everyone"}
            yield {"id": number, **named, "position": number, "thread_count": used[number]}

    def follows(self) -> Iterator[Row]:
        for one in self.questions:
            there = dict.fromkeys((one.author, *(answer.author for answer in one.answers)))
            one.followers = len(there)
            for account in there:
                subject = {"subject": "thread", "subject_id": one.id, "level": "follow"}
                yield {"account_id": account, **subject, "created_at": one.at}

    def thread_tags(self) -> Iterator[Row]:
        for one in self.questions:
            for position, tag in enumerate(one.tags):
                yield {"thread_id": one.id, "tag_id": tag, "position": position, "created_at": one.at}

    def written(self) -> Iterator[tuple[str, Row, Text]]:
        """Each post's row and text; the same text goes into the search index."""
        per_thread = defaultdict(int)
        for post, _author, _at in self.comments:
            per_thread[post.thread] += 1
        for one in self.questions:
            with self._same_if_known(one):
                text = self.words.body()
                row = self._thread_row(one, text, per_thread[one.id])
            yield "threads", row, text
        for answer in self.answers:
            with self._same_if_known(answer):
                text = self.words.body()
            yield "answers", _body(answer, text) | {"thread_id": answer.thread, "score": answer.score}, text

    def comment_rows(self) -> Iterator[Row]:
        for number, (post, author, at) in enumerate(self.comments, 1):
            of_answer = None if isinstance(post, Question) else post.id
            with self._same_if_known(post):
                row = _body(Post(number, post.thread, author, at), self.words.remark())
            yield row | {"thread_id": post.thread, "answer_id": of_answer}

    def _same_if_known(self, post: Post) -> AbstractContextManager[None]:
        if post.thread != self.known.id:
            return nullcontext()
        place = 0 if isinstance(post, Question) else 1 + self.known.answers.index(post)
        return self.words.same(f"known {place}")

    def _thread_row(self, one: Question, text: Text, comments: int) -> Row:
        at, by = one.last or (one.at, one.author)
        return _body(one, text) | {
            "kind": one.kind,
            "title": self.words.title(),
            "space_id": self.space_of(one),
            "score": one.score,
            "answer_count": len(one.answers),
            "comment_count": comments,
            "follower_count": one.followers,
            "view_count": int(self.random.expovariate(1 / 90)),
            "last_activity_at": at,
            "last_activity_by_id": by,
            "accepted_answer_id": one.accepted.id if one.accepted else None,
            "accepted_at": one.accepted_at,
            "accepted_by_id": one.author if one.accepted else None,
            "staff_state": one.staff_state,
            "staff_state_at": at if one.staff_state else None,
        }


def _body(post: Post, text: Text) -> Row:
    return {
        "id": post.id,
        "author_id": post.author,
        "source": text.source,
        "html": text.html,
        "text": text.text,
        "cooker_version": text.version,
        "visibility": "published",
        "created_at": post.at,
    }
