"""People and posts for tests, as the program's own rows, committed at once."""

from __future__ import annotations

from itertools import count
from typing import Any, TypeVar

from forum.access import Actor
from forum.accounts.models import Account, Organisation
from forum.accounts.queries import actor_of
from forum.clock import now
from forum.db import Base, Database
from forum.organisations.models import OrganisationDomain
from forum.tags.models import Space, SpaceAudience, SpaceOrganisation, Tag
from forum.threads.models import Answer, Comment, Thread, ThreadTag
from reputation.ledger.models import LedgerEntry, Rule

Row = TypeVar("Row", bound=Base)


class Make:
    """Rows with sensible defaults; any column can be given by name."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._numbers = count(1)

    def account(self, handle: str | None = None, **columns: Any) -> Account:
        number = next(self._numbers)
        handle = handle or f"person{number}"
        defaults = {
            "display_name": handle.title(),
            "email": f"{handle}@example.org",
            "email_verified_at": now(),
            "reputation": 1,
        }
        account = self._keep(Account(handle=handle, **(defaults | columns)))
        with self.database.writing() as session:  # so that the ledger agrees from the start
            session.add(
                LedgerEntry(
                    account_id=account.id,
                    rule=Rule.JOINED,
                    points=account.reputation,
                    nominal=account.reputation,
                    cause_kind="account",
                    cause_id=account.id,
                    key=f"joined:account:{account.id}",
                    round=1,
                    day=account.created_at.date(),
                    created_at=account.created_at,
                )
            )
        return account

    def moderator(self, handle: str | None = None, **columns: Any) -> Account:
        return self.account(handle, moderator=True, **columns)

    def staff(self, handle: str | None = None, tier: int = 1, **columns: Any) -> Account:
        return self.account(handle, staff=True, tier=tier, **columns)

    def admin(self, handle: str | None = None, **columns: Any) -> Account:
        return self.account(handle, admin=True, **columns)

    def actor(self, account: Account) -> Actor:
        """The account as somebody who acts, with the privileges it has now."""
        with self.database.reading() as session:
            row = session.get_one(Account, account.id)
            return actor_of(session, row)

    def space(self, name: str | None = None, organisations: tuple[Organisation, ...] = (), **columns: Any) -> Space:
        name = name or f"Product {next(self._numbers)}"
        if organisations:
            columns = {"audience": SpaceAudience.ORGANISATIONS} | columns
        space = self._keep(Space(name=name, **({"slug": name.lower().replace(" ", "-")} | columns)))
        for one in organisations:
            self._keep(SpaceOrganisation(space_id=space.id, organisation_id=one.id))
        return space

    def organisation(self, name: str | None = None, domains: tuple[str, ...] = (), **columns: Any) -> Organisation:
        organisation = self._keep(Organisation(name=name or f"Company {next(self._numbers)}", **columns))
        for domain in domains:
            self._keep(OrganisationDomain(domain=domain, organisation_id=organisation.id))
        return organisation

    def tag(self, name: str | None = None, **columns: Any) -> Tag:
        return self._keep(Tag(name=name or f"tag-{next(self._numbers)}", **columns))

    def thread(self, author: Account | None = None, tags: tuple[str, ...] = (), **columns: Any) -> Thread:
        author = author or self.account()
        body = columns.pop("body", "It stops at 40 % and nothing more happens.")
        defaults = {"title": "Sync stops halfway", "last_activity_at": now(), **self._text(body)}
        thread = self._keep(Thread(author_id=author.id, **(defaults | columns)))
        for position, name in enumerate(tags):
            with self.database.writing() as session:
                tag = session.query(Tag).filter_by(name=name).one_or_none() or Tag(name=name)
                tag.thread_count = (tag.thread_count or 0) + 1
                session.add(tag)
                session.flush()
                row = {"thread_id": thread.id, "tag_id": tag.id, "position": position}
                session.add(ThreadTag(**row, created_at=thread.created_at))
        return thread

    def answer(self, thread: Thread, author: Account | None = None, **columns: Any) -> Answer:
        author = author or self.account()
        body = columns.pop("body", "Restart the daemon, then wait a minute.")
        answer = self._keep(Answer(thread_id=thread.id, author_id=author.id, **(self._text(body) | columns)))
        with self.database.writing() as session:
            session.get_one(Thread, thread.id).answer_count += 1
        return answer

    def comment(self, thread: Thread, author: Account | None = None, **columns: Any) -> Comment:
        author = author or self.account()
        body = columns.pop("body", "Which version is this?")
        return self._keep(Comment(thread_id=thread.id, author_id=author.id, **(self._text(body) | columns)))

    def _text(self, body: str) -> dict[str, Any]:
        return {"source": body, "html": f"<p>{body}</p>\n", "text": body, "cooker_version": 1}

    def _keep(self, row: Row) -> Row:
        with self.database.writing() as session:
            session.add(row)
        return row
