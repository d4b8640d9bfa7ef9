"""Clients that vote, answer, ask, accept, open tickets and write in them, and read in between, until told to stop."""

from __future__ import annotations

import random
import re
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx2

from tests.drill.record import Record

PAUSE = 0.02
BUSY = 0.08
PLAINLY = {503, 507}
ANSWER = re.compile(r"#answer-(\d+)")
THREAD = re.compile(r"/threads/(\d+)")
MESSAGE = re.compile(r"data-error-message>([^<]*)<")
TICKET = re.compile(r"/tickets/([^/#?]+)")


@dataclass(frozen=True)
class Person:
    id: int
    token: str
    address: str


@dataclass
class Town:
    """What there is to act on; `busy` is a thread that many follow, so that telling of it takes a job."""

    answers: Sequence[int]
    threads: Sequence[int]
    busy: int
    tickets: dict[int, list[str]] = field(default_factory=dict)


class Client(threading.Thread):
    """One at a time, so that of its own people's acts it knows the order."""

    def __init__(self, address: str, town: Town, people: Sequence[Person], record: Record, seed: int) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.town = town
        self.people = people
        self.record = record
        self.random = random.Random(seed)
        self.stopped = threading.Event()
        self.paused = threading.Event()
        self.resting = threading.Event()
        self.http = self._connect()
        self.own: list[tuple[Person, int, list[int | None]]] = []
        """Threads that were asked here, with the answers that may be accepted."""

    def run(self) -> None:
        acts = (
            self.vote,
            self.vote,
            self.answer,
            self.ask,
            self.accept,
            self.open_ticket,
            self.write,
            self.read,
            self.read,
        )
        while not self.stopped.is_set():
            if self.paused.is_set():
                self.resting.set()
                time.sleep(0.02)
                continue
            self.resting.clear()
            self.random.choice(acts)(self.random.choice(self.people))
            time.sleep(PAUSE)
        self.http.close()

    def read(self, person: Person) -> None:
        path = self.random.choice(
            ("/", "/threads", f"/posts/thread/{self.random.choice(self.town.threads)}", "/tickets")
        )
        self.send(person, path, None)

    def vote(self, person: Person) -> None:
        answer, value = self.random.choice(self.town.answers), self.random.choice((1, 0, 1))
        reply = self.send(person, f"/answers/{answer}/vote", {"value": str(value)})
        with self.record.lock:
            before = self.record.votes.get((person.id, answer), {0})
            self.record.votes[person.id, answer] = _after(reply, before, value)

    def answer(self, person: Person) -> None:
        thread = self.town.busy if self.random.random() < BUSY else self.random.choice(self.town.threads)
        text, token = self._text()
        reply = self._post_once("answer", token, person, f"/threads/{thread}/answers", {"body": text})
        if reply is not None and reply.status_code == 303:
            with self.record.lock:
                self.record.told_of[token] = thread

    def ask(self, person: Person) -> None:
        text, token = self._text()
        title = f"Why does the lamp flicker in room {secrets.token_hex(3)}"
        fields = {"title": title, "body": text, "tags": "lamp", "kind": "question"}
        reply = self._post_once("thread", token, person, "/ask", fields)
        found = (
            THREAD.search(reply.headers.get("location", "")) if reply is not None and reply.status_code == 303 else None
        )
        if found and len(self.own) < 200:
            self.own.append((person, int(found[1]), []))

    def accept(self, _person: Person) -> None:
        """Answer a thread of one's own, and accept that answer."""
        if not self.own:
            return
        asker, thread, answers = self.random.choice(self.own)
        if not answers:
            other = self.random.choice(self.people)
            text, token = self._text()
            reply = self._post_once("answer", token, other, f"/threads/{thread}/answers", {"body": text})
            found = ANSWER.search(reply.headers.get("location", "")) if reply is not None else None
            answers += [int(found[1])] if found else []
            return
        answer = answers[0]
        reply = self.send(asker, f"/answers/{answer}/accept", {})
        with self.record.lock:
            before = self.record.accepted.get(thread, {None})
            self.record.accepted[thread] = _after(reply, before, answer)

    def open_ticket(self, person: Person) -> None:
        text, token = self._text()
        reply = self.send(person, "/tickets/new", {"subject": "The lamp of our office", "body": text})
        self._note("message", token, reply)
        found = (
            TICKET.search(reply.headers.get("location", "")) if reply is not None and reply.status_code == 303 else None
        )
        if found:
            self.town.tickets.setdefault(person.id, []).append(found[1])

    def write(self, person: Person) -> None:
        refs = self.town.tickets.get(person.id)
        if refs:
            text, token = self._text()
            self._note(
                "message", token, self.send(person, f"/tickets/{self.random.choice(refs)}/messages", {"body": text})
            )

    def send(self, person: Person, path: str, form: dict[str, str] | None) -> httpx2.Response | None:
        """Ask, and count how it went; None when no answer came."""
        headers = {
            "Cookie": f"session={person.token}",
            "X-Forwarded-For": person.address,
            "Sec-Fetch-Site": "same-origin",
        }
        began = time.monotonic()
        reply: httpx2.Response | None = None
        try:
            if form is None:
                reply = self.http.get(self.address + path, headers=headers, follow_redirects=True)
            else:
                reply = self.http.post(self.address + path, headers=headers, data=form)
        except httpx2.TransportError:
            self.http.close()
            self.http = self._connect()
            time.sleep(0.05)
        self._count(path, form is not None, reply, time.monotonic() - began)
        return reply

    def _post_once(
        self, kind: str, token: str, person: Person, path: str, form: dict[str, str]
    ) -> httpx2.Response | None:
        """Send a form that may be sent twice, as people do when no answer came: again until one does, a few times."""
        form = form | {"once": secrets.token_urlsafe(16)}
        for _ in range(4):
            reply = self.send(person, path, form)
            self._note(kind, token, reply)
            if reply is not None and reply.status_code not in PLAINLY:
                return reply
            time.sleep(0.2)
        return reply

    def _note(self, kind: str, token: str, reply: httpx2.Response | None) -> None:
        with self.record.lock:
            before = self.record.texts.get((kind, token), {0})
            self.record.texts[kind, token] = _after(reply, before, 1)

    def _count(self, path: str, writes: bool, reply: httpx2.Response | None, took: float) -> None:
        with self.record.lock:
            tally = self.record.tally
            tally.requests += 1
            if reply is None:
                tally.unanswered += 1
            elif reply.status_code < 400:
                tally.went_well(took)
                tally.acknowledged += writes
            elif reply.status_code in PLAINLY and "retry-after" in reply.headers:
                tally.refused += 1
                tally.examples[f"{reply.status_code} plainly: {_words(reply)}"] += 1
            elif reply.status_code == 429:
                tally.rated += 1
            else:
                tally.failed += 1
                tally.examples[f"{reply.status_code} {re.sub(r'[0-9]+', 'N', path)}"] += 1

    def _text(self) -> tuple[str, str]:
        token = f"drill-{secrets.token_hex(8)}"
        return f"Turn it off, wait a minute and turn it on again. ({token})", token

    def _connect(self) -> httpx2.Client:
        return httpx2.Client(timeout=30)


def _words(reply: httpx2.Response) -> str:
    """What the page says happened."""
    found = MESSAGE.search(reply.text)
    return found[1] if found else "without words"


def _after(reply: httpx2.Response | None, before: set, value: object) -> set:
    """What may hold after an attempt: the new value when it was acknowledged, the old when it was refused.

    Where nobody answered, or a 503 did, nobody knows whether the commit was still made: either.
    """
    if reply is None or (reply.status_code >= 500 and reply.status_code != 507):
        return before | {value}
    return {value} if reply.status_code < 400 else before
