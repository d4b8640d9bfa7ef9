"""A list costs as many queries when it is long as when it is short: the lists that no package's own tests grow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forum.accounts.models import AccountSession, SecurityEvent, SecurityKind
from forum.clock import now
from forum.markup import cook
from forum.posts import PostKind, PostRef
from forum.threads.actions import edit_post, lock_thread
from forum.votes.actions import cast_vote


class Growth:
    """A site that gets longer everywhere at once, for one moderator who looks at all of it."""

    def __init__(self, make, database):
        self.make, self.database = make, database
        self.reader = make.moderator("mo")
        self.writer = make.account("ana", reputation=500)
        self.first = make.thread(author=self.reader, tags=("sync",))
        self.rounds = 0

    def grow(self, times):
        actor = self.make.actor(self.reader)
        for _ in range(times):
            self.rounds += 1
            mine = self.make.thread(author=self.reader, tags=("sync", f"tag{self.rounds}"))
            answer = self.make.answer(self.make.thread(), author=self.make.account())
            self.make.answer(self.make.thread(tags=("sync",)), author=self.reader)
            with self.database.writing() as session:
                cast_vote(session, self.make.actor(self.writer), PostRef(PostKind.ANSWER, answer.id), 1)
                lock_thread(session, actor, mine.id, reason=f"Settled {self.rounds} times.")
                edit_post(session, actor, PostRef(PostKind.THREAD, self.first.id), cook(f"Text number {self.rounds}."))
                session.add(SecurityEvent(account_id=self.reader.id, kind=SecurityKind.APP_ADDED))
                session.add(
                    AccountSession(
                        account_id=self.reader.id,
                        token_hash=f"{self.rounds:064}",
                        expires_at=now() + timedelta(days=1),
                    )
                )


@pytest.mark.parametrize(
    "path",
    [
        "/tags",
        "/tags/sync",
        "/threads?tag=sync",
        "/threads?filter=solved",
        "/threads?filter=unanswered",
        "/threads.atom",
        "/tags/sync.atom",
        "/people/leaders",
        "/people/mo",
        "/people/mo/questions",
        "/people/mo/answers",
        "/settings/sessions",
        "/settings/security",
        "/moderation/log",
        "/posts/thread/{first}/revisions",
    ],
)
def test_a_longer_list_costs_no_more_queries(browser, make, database, queries, path):
    site = Growth(make, database)
    site.grow(2)
    path = path.format(first=site.first.id)
    browser.sign_in(site.reader)
    assert browser.get(path).status_code == 200
    with queries() as few:
        short = browser.get(path).text
    site.grow(5)
    browser.get(path)
    with queries() as many:
        long = browser.get(path).text

    assert len(many) == len(few) > 0
    if "filter" not in path:
        assert len(long) > len(short)
