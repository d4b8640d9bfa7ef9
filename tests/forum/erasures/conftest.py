"""Somebody whose word stands everywhere it can, and what is left of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from forum import clock
from forum.accounts.factors.models import (
    Ceremony,
    Passkey,
    PasskeyChallenge,
    RecoveryCode,
    SignInStep,
    TotpSecret,
)
from forum.accounts.models import (
    Account,
    AccountSession,
    AccountToken,
    ApiToken,
    KnownDevice,
    Organisation,
    ParkedPost,
    SecurityEvent,
    SecurityKind,
    TokenPurpose,
)
from forum.accounts.oidc.models import LinkedIdentity, ProviderArrival, ProviderTrip, Purpose
from forum.app import metadata
from forum.bounces import BouncedAddress
from forum.clock import now
from forum.db import Database
from forum.erasures.actions import ask_for
from forum.events.moderation import Decision, FlagReason, SanctionKind
from forum.exports.models import DataExport
from forum.guidelines.models import THE_ONE, Guidelines
from forum.importers.models import ImportedId, ImportSource
from forum.jobs import Job, Workshop
from forum.mail import Postman, send_mail
from forum.mailin.models import InboundMail, MailedReply, ReplyState
from forum.markup import cook
from forum.notifications.models import Notification
from forum.posts import PostKind, PostRef
from forum.search.index import index_posts
from forum.threads.actions import delete_post, edit_post, follow, lock_thread
from forum.threads.models import Unhelpful
from forum.uploads.actions import add_file, attach, attach_anew
from forum.uploads.intake import keep, look_at
from forum.uploads.limits import Limits
from forum.votes.actions import cast_vote
from forum.web.api.replays import KeptReply
from moderation.flags.actions import flag_post
from moderation.reviews.models import Appeal
from moderation.sanctions.actions import impose
from support.messages.actions import open_privately
from support.messages.models import Audience, Message, Side
from support.tickets.actions.sorting import hand_over
from support.tickets.models import Ticket

WORD = "zyxquark"
SENTENCE = f"My {WORD} machine hums all night long."


class Trace:
    """One person's word in every place that people write into, by themself and by others."""

    def __init__(self, site: Any, make: Any) -> None:
        self.site, self.make, self.database = site, make, site.database
        self.admin = make.admin("root")
        self.mo = make.moderator("mo")
        self.sam = make.staff("sam", tier=1)
        make.staff("tess", tier=2)
        self.other = make.account("otto", reputation=500)
        self.person = make.account(
            WORD,
            display_name=f"{WORD.title()} Marble",
            unconfirmed_email=f"{WORD}@new.example",
            bio_source=SENTENCE,
            bio_html=f"<p>{SENTENCE}</p>",
            location=WORD,
            website=f"https://{WORD}.example",
            sanction_reason=WORD,
            team=WORD,
            skills=[WORD],
            password_hash=WORD,
            reputation=500,
        )
        self.mine = make.thread(author=self.person, title=f"The {WORD} hums", body=SENTENCE, environment=WORD)
        self.theirs = make.thread(author=self.other, title=f"For @{WORD} to see", body=f"Hello @{WORD}, look here.")
        self.answer = make.answer(self.theirs, author=self.person, body=SENTENCE)
        self.others_answer = make.answer(self.theirs, author=self.other, body=f"> {SENTENCE}\n\nI hear it, @{WORD}.")
        self.remark = make.comment(self.mine, author=self.other, body=f"Mail {WORD}@example.org or see /people/{WORD}")
        self.gone = make.comment(self.theirs, author=self.person, body=SENTENCE)

    def plant(self) -> None:
        self._posts()
        self._order()
        self._desk()
        self._rows()
        self._safety()
        self._company()
        self._uploads()
        self._files()

    def _posts(self) -> None:
        person, otto = self.make.actor(self.person), self.make.actor(self.other)
        with self.database.writing() as session:
            ref = PostRef(PostKind.THREAD, self.mine.id)
            edit_post(session, person, ref, cook(f"{SENTENCE} Still."), title=f"The {WORD} hums on", note=WORD)
            edit_post(
                session, otto, PostRef(PostKind.ANSWER, self.others_answer.id), cook(f"> {SENTENCE}\n\nYes, @{WORD}.")
            )
            edit_post(session, person, PostRef(PostKind.THREAD, self.mine.id), cook(SENTENCE), note=WORD)
            delete_post(session, person, PostRef(PostKind.COMMENT, self.gone.id), reason=WORD)
            session.add(Unhelpful(answer_id=self.answer.id, account_id=self.person.id, note=WORD))
            session.add(Unhelpful(answer_id=self.answer.id, account_id=self.other.id, note=f"Sorry @{WORD}"))
            cast_vote(session, otto, PostRef(PostKind.ANSWER, self.answer.id), 1)
            cast_vote(session, person, PostRef(PostKind.ANSWER, self.others_answer.id), 1)
            follow(session, person, self.theirs.id)
            lock_thread(session, self.make.actor(self.mo), self.theirs.id, reason=f"@{WORD} asked for it")
            index_posts(
                session,
                [PostRef(PostKind.THREAD, self.mine.id), PostRef(PostKind.THREAD, self.theirs.id)]
                + [PostRef(PostKind.ANSWER, one.id) for one in (self.answer, self.others_answer)],
            )

    def _order(self) -> None:
        mo = self.make.actor(self.mo)
        with self.database.writing() as session:
            ref = PostRef(PostKind.ANSWER, self.answer.id)
            flag_post(session, self.make.actor(self.other), ref, FlagReason.OTHER, f"This {WORD} again")
            flag_post(
                session,
                self.make.actor(self.person),
                PostRef(PostKind.ANSWER, self.others_answer.id),
                FlagReason.OTHER,
                WORD,
            )
        self._decide(ref)
        with self.database.writing() as session:
            impose(session, mo, self.person.id, SanctionKind.WARN, message=f"Dear {WORD}, please stop.", until=None)

    def _decide(self, ref: PostRef) -> None:
        from moderation.reviews.choices import Choice  # noqa: PLC0415
        from moderation.reviews.deciding import decide  # noqa: PLC0415
        from moderation.reviews.models import Review, ReviewDecision  # noqa: PLC0415

        actor = self.make.actor(self.mo)
        with self.database.writing() as session:
            review = session.scalars(select(Review).filter_by(post_kind=ref.kind, post_id=ref.id)).one()
            choice = Choice(Decision.APPROVE, grounds=None, note=f"{WORD} is harmless")
            decide(session, actor, review.id, choice, version=review.version)
            decision = session.scalars(select(ReviewDecision)).one()
            decision.message = f"Dear {WORD}"
            decision.effects = decision.effects | {"lock": {"before": {"reason": WORD}}}
            session.add(Appeal(review_id=review.id, account_id=self.person.id, reason=WORD, message=WORD))

    def _desk(self) -> None:
        with self.database.writing() as session:
            ticket = open_privately(session, self.make.actor(self.person), f"{WORD} billed twice", cook(SENTENCE))
            session.flush()
            ticket.environment = WORD
            reply = {"source": f"Dear {WORD}", "html": f"<p>Dear {WORD}</p>", "text": f"Dear {WORD}"}
            session.add(
                Message(
                    ticket_id=ticket.id, audience=Audience.REQUESTER, side=Side.STAFF, author_id=self.sam.id, **reply
                )
            )
            session.add(
                Message(
                    ticket_id=ticket.id, audience=Audience.INTERNAL, side=Side.STAFF, author_id=self.sam.id, **reply
                )
            )
            hand_over(session, self.make.actor(self.sam), ticket.reference, 2, f"{WORD} knows no more")
            theirs = open_privately(session, self.make.actor(self.other), f"About @{WORD}", cook(f"Is @{WORD} there?"))
            session.flush()
            hand_over(session, self.make.actor(self.sam), theirs.reference, 2, f"Ask @{WORD} too")
            self.ticket, self.others_ticket = ticket.reference, theirs.reference

    def _rows(self) -> None:
        mine, later = self.person.id, now() + timedelta(days=1)
        with self.database.writing() as session:
            session.add(
                AccountSession(account_id=mine, token_hash="a" * 64, user_agent=WORD, address=WORD, expires_at=later)
            )
            session.add(
                AccountToken(
                    account_id=mine,
                    purpose=TokenPurpose.RESET_PASSWORD,
                    token_hash="b" * 64,
                    email=f"{WORD}@example.org",
                    expires_at=later,
                )
            )
            session.add(BouncedAddress(address=f"{WORD}@example.org", said=f"550 No {WORD} here"))
            session.add(
                InboundMail(
                    digest="9" * 64,
                    recipient="reply+1@reply.example.org",
                    sender=f"{WORD}@example.org",
                    written_from=f"{WORD}@example.org",
                    mailbox="reply",
                    raw=SENTENCE.encode(),
                    size=9,
                    account_id=mine,
                )
            )
            session.add(
                MailedReply(
                    account_id=mine,
                    thread_id=self.theirs.id,
                    post_kind=PostKind.THREAD,
                    post_id=self.theirs.id,
                    source=SENTENCE,
                    left_out=[f"{WORD}.png: too large"],
                    state=ReplyState.ASKED,
                )
            )
            session.add(ApiToken(account_id=mine, name=WORD, token_hash="c" * 64, scopes=["read"]))
            session.add(
                ParkedPost(
                    account_id=mine,
                    token_hash="d" * 64,
                    path=f"/people/{WORD}",
                    fields={"body": SENTENCE},
                    expires_at=later,
                )
            )
            session.add(KeptReply(account_id=mine, key=WORD, digest="e" * 64, body=SENTENCE))
            session.add(KeptReply(account_id=self.other.id, key="mine", digest="f" * 64, body=f"@{WORD}"))
            told = {"text": f"@{WORD} was here", "url": f"/people/{WORD}"}
            session.add(Notification(account_id=mine, kind="mention", actor_id=self.other.id, text=WORD))
            session.add(Notification(account_id=self.other.id, kind="mention", actor_id=mine, **told))
            session.add(Notification(account_id=self.mo.id, kind="mention", actor_id=self.other.id, **told))
            session.get_one(Account, self.other.id).unread_count += 1
            session.get_one(Account, self.mo.id).unread_count += 1
            source = ImportSource(name="old.example")
            session.add(source)
            session.flush()
            session.add(ImportedId(source_id=source.id, kind="user", external_id=f"name:{WORD}", local_id=mine))
            session.add(
                Job(kind="mail", payload={"to": f"{WORD}@example.org", "text": SENTENCE}, run_at=now(), done_at=now())
            )
            session.add(
                Job(kind="mail", payload={"to": "otto@example.org", "text": SENTENCE}, run_at=now(), done_at=now())
            )
            session.add(
                Job(
                    kind="accounts.reset",
                    payload={"email": f"{WORD}@example.org"},
                    run_at=now(),
                    dead_at=now(),
                    error=f"{WORD}@example.org",
                )
            )
            session.add(
                Job(kind="mail", payload={"to": f"{WORD}@example.org", "subject": "Soon", "text": "soon"}, run_at=later)
            )

            again = {"run_at": now(), "dead_at": now(), "discarded_at": now()}
            session.add(Job(kind="accounts.reset", payload={"email": f"{WORD}@example.org"}, **again))

    def _safety(self) -> None:
        mine, later = self.person.id, now() + timedelta(days=1)
        detail = {"kind": SecurityKind.EMAIL_ASKED, "detail": f"{WORD}@example.org"}
        with self.database.writing() as session:
            session.add_all(
                [
                    TotpSecret(account_id=mine, secret=WORD),
                    RecoveryCode(account_id=mine, code_hash=WORD),
                    Passkey(account_id=mine, name=WORD, credential_id=WORD, public_key=WORD),
                    PasskeyChallenge(
                        account_id=mine, ceremony=Ceremony.CONFIRM, token_hash=WORD, challenge=WORD, expires_at=later
                    ),
                    SignInStep(account_id=mine, token_hash=WORD, remembered=True, expires_at=later),
                    KnownDevice(account_id=mine, token_hash=WORD),
                    LinkedIdentity(account_id=mine, issuer="https://id.example", subject=WORD, email=WORD),
                    ProviderTrip(
                        account_id=mine,
                        purpose=Purpose.LINK,
                        browser_hash="b",
                        state_hash="s",
                        nonce="n",
                        verifier="v",
                        next=f"/people/{WORD}",
                        expires_at=later,
                    ),
                    ProviderArrival(
                        token_hash="t",
                        issuer="https://id.example",
                        subject="s",
                        email=f"{WORD}@example.org",
                        verified=True,
                        handle=WORD,
                        display_name=WORD,
                        next="/",
                        remembered=True,
                        expires_at=later,
                    ),
                    SecurityEvent(account_id=mine, user_agent=WORD, address=WORD, **detail),
                    SecurityEvent(account_id=self.other.id, **detail),
                ]
            )

    def _company(self) -> None:
        invitation = {"purpose": TokenPurpose.JOIN_ORGANISATION, "expires_at": now() + timedelta(days=1)}
        with self.database.writing() as session:
            company = Organisation(name="Acme")
            session.add(company)
            session.flush()
            member = session.get_one(Account, self.person.id)
            member.organisation_id, member.organisation_manager = company.id, True
            member.organisation_domain = f"{WORD}.example"
            for hash_, email, sent_by in (("1", f"{WORD}@example.org", self.other), ("2", "new@else.example", member)):
                invited = {"email": email, "sent_by_id": sent_by.id, "organisation_id": company.id}
                session.add(AccountToken(token_hash=hash_ * 64, **invited, **invitation))
            told = cook(f"Ask @{WORD}.")
            session.merge(
                Guidelines(
                    id=THE_ONE, source=told.source, html=told.html, cooker_version=told.version, updated_at=now()
                )
            )

    def _uploads(self) -> None:
        """Files in what stays and in what goes, one that nothing shows, and one of somebody else's that names them."""
        with self.database.reading() as session:
            tickets = select(Ticket.id).where(Ticket.reference == self.ticket)
            messages = select(Message.id).where(Message.ticket_id.in_(tickets)).order_by(Message.id)
            said, replied, *_more = session.scalars(messages).all()
        self.bring(self.person, f"{WORD}.txt", "thread", self.mine.id)
        with self.database.writing() as session:  # only an earlier version shows it
            attach_anew(session, self.person.id, "thread", self.mine.id, "")
        for kind, holder in (("answer", self.answer.id), ("comment", self.gone.id), ("message", said), ("", 0)):
            self.bring(self.person, f"{WORD}.txt", kind, holder)
        self.bring(self.sam, f"{WORD}.txt", "message", replied)
        self.bring(self.other, f"{WORD}@example.org.txt", "answer", self.others_answer.id, b"Mine alone")

    def bring(self, who: Account, name: str, kind: str, holder: int, data: bytes = SENTENCE.encode()) -> None:
        kept = keep(self.site.storage, look_at(name, data, Limits()))
        with self.database.writing() as session:
            add_file(session, self.make.actor(who), kept)
            if kind:
                attach(session, who.id, kind, holder, f'<a href="/files/{kept.token}/x.txt">here</a>')

    def _files(self) -> None:
        var = self.site.settings.var
        (var / "exports").mkdir()
        with zipfile.ZipFile(var / "exports" / "1-x.zip", "w") as archive:
            archive.writestr("index.html", SENTENCE)
        with self.database.writing() as session:
            made = DataExport(account_id=self.person.id, asked_by_id=self.person.id, ready_at=now(), file="1-x.zip")
            made.expires_at = now() + timedelta(days=1)
            session.add(made)
            send_mail(session, to=f"{WORD}@example.org", subject="Hello", text="To you")
            send_mail(session, to="otto@example.org", subject="Quoted", text=f"Somebody wrote: {SENTENCE}")
        jobs = self.site.jobs
        jobs.sends("mail", Postman(self.site.settings).deliver)

    def work(self) -> None:
        Workshop(self.database, self.site.jobs).drain()

    def erase(self, *, content: bool = True) -> None:
        with self.database.writing() as session:
            admin = self.make.actor(self.admin)
            ask_for(session, admin, WORD, content=content, days=0, reason=f"A letter from {WORD}")
        self.finish()

    def finish(self) -> None:
        for minutes in (0, 1, 2):
            with clock.at(now() + timedelta(minutes=minutes)):
                self.work()


def places(database: Database, var: Path, word: str = WORD) -> set[str]:
    """The tables, the search index and the files in which a word stands."""
    found = set()
    with database.reading() as session:
        for table in metadata.sorted_tables:
            rows = session.execute(select(table)).all()
            found |= {table.name for row in rows if word in str(tuple(row)).lower()}
        index = session.execute(text("SELECT * FROM search_index")).all()
        found |= {"search_index" for row in index if word in str(tuple(row)).lower()}
    for file in var.rglob("*"):
        if word in file.name.lower() or (file.is_file() and word in _said(file)):
            found.add(f"VAR/{file.relative_to(var).parts[0]}")
    return found


def _said(file: Path) -> str:
    said = file.read_bytes()
    if zipfile.is_zipfile(io.BytesIO(said)):
        with zipfile.ZipFile(file) as archive:
            return b"".join(archive.read(name) for name in archive.namelist()).decode().lower()
    return said.decode(errors="replace").lower()


@pytest.fixture
def trace(site: Any, make: Any) -> Trace:
    return Trace(site, make)


@pytest.fixture
def left(database: Database, site: Any) -> Callable[[], set[str]]:
    return lambda: places(database, site.settings.var)


@pytest.fixture
def planted(trace: Trace) -> Trace:
    trace.plant()
    trace.work()
    return trace
