"""What an act sees: who does it, in which thread and ticket, and what the script's names stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.accounts.queries import actor_of
from forum.demo.script import Cue
from forum.markup import Cooked, cook
from forum.posts import PostKind, PostRef
from forum.threads.models import Thread
from forum.threads.queries import find_posts

LINK = re.compile(r"\{thread:([a-z0-9-]+)\}")


@dataclass(slots=True)
class Names:
    """What has been named so far: posts by (thread, name), and by name alone; tickets by their reference."""

    posts: dict[tuple[str, str], PostRef] = field(default_factory=dict)
    anywhere: dict[str, PostRef] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)

    def keep(self, thread: str, name: str, ref: PostRef) -> None:
        self.posts[thread, name] = self.anywhere[name] = ref

    def find(self, thread: str, name: str) -> PostRef:
        return self.posts.get((thread, name)) or self.anywhere[name]


@dataclass(frozen=True, slots=True)
class Scene:
    session: Session
    cue: Cue
    names: Names

    @property
    def actor(self) -> Actor:
        return actor_of(self.session, self.account(self.cue.who))

    @property
    def thread_id(self) -> int:
        return self.names.find("", self.cue.thread).id

    @property
    def reference(self) -> str:
        return self.names.tickets[self.cue.ticket]

    @property
    def cooked(self) -> Cooked:
        return cook(self.text)

    @property
    def text(self) -> str:
        return LINK.sub(lambda match: self._path(match[1]), self.cue.body)

    def account(self, handle: str) -> Account:
        return self.session.scalars(select(Account).where(Account.handle == handle)).one()

    def post(self, name: str | None = None) -> PostRef:
        """The post a line is about: `on=`, or the thread itself."""
        name = name or self.cue.args.get("on", "t")
        return self.names.find("", self.cue.thread) if name == "t" else self.names.find(self.cue.thread, name)

    def answer_id(self) -> int | None:
        ref = self.post()
        return ref.id if ref.kind is PostKind.ANSWER else None

    def keep(self, kind: PostKind, post_id: int) -> None:
        if name := self.cue.args.get("as"):
            self.names.keep(self.cue.thread, name, PostRef(kind, post_id))

    def thread(self) -> Thread:
        return self.session.get_one(Thread, self.thread_id)

    def _path(self, key: str) -> str:
        ref = self.names.find("", key)
        return find_posts(self.session, None, [ref])[ref].path
