"""The mailbox of replies to letters: who wrote, whether it was them, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import Message

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum import i18n
from forum.accounts import tokens
from forum.accounts.models import Account, AccountToken, TokenPurpose
from forum.accounts.queries import actor_of, token_hash
from forum.clock import now
from forum.db import Database
from forum.errors import Invalid, NotFound, PorchlightError, TooLarge, Unavailable
from forum.i18n import gettext as _
from forum.letters import send_letter
from forum.mailin import proof, reading
from forum.mailin.actions import hold_waiting, settle
from forum.mailin.addresses import ReplyTo, read_reply_address
from forum.mailin.automatic import BOUNCE, why_automatic
from forum.mailin.bouncing import count_bounce
from forum.mailin.mailboxes import Kept, Mailbox
from forum.mailin.models import MailedReply, MailState, ReplyState
from forum.mailin.places import MAILED_REPLY
from forum.mailin.replying import is_with_staff, post_reply
from forum.markup import Cooked, Uncookable, cook, excerpt
from forum.notifications import notify
from forum.posts import PostRef
from forum.settings import Settings
from forum.storage import Storage
from forum.threads.models import POSTS, Thread
from forum.threads.queries import find_post
from forum.uploads import actions as uploads
from forum.uploads import intake, names
from forum.uploads.limits import MB, Limits, limits_of

log = structlog.get_logger()
UNKNOWN = "unknown"
UNREADABLE = "unreadable"
GONE = "gone"
AN_HOUR = 60
"""The most mails that one address of ours takes within an hour."""
LETTERS_AN_HOUR = 10
"""The most that somebody is written because of what they wrote."""
KEPT_WORDS = 5000
LONGEST_NAMES = 800


@dataclass
class Draft:
    """A reply on its way: its words, and what could not come along."""

    body: str
    left_out: list[str] = field(default_factory=list)
    cooked: Cooked | None = None
    refusal: str = ""


class Replies:
    def __init__(self, settings: Settings, storage: Storage) -> None:
        self.settings = settings
        self.storage = storage

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox("reply", lambda local: self._opened(local) is not None, self.work_off, hourly=AN_HOUR)

    def _opened(self, local: str) -> ReplyTo | None:
        return read_reply_address(self.settings, local)

    def work_off(self, database: Database, mail: Kept) -> None:
        """Read one mail, and post it, keep it for its writer, hold it or let it be."""
        to = self._opened(mail.local)
        if to is None:  # the secret has changed since
            database.write(lambda session: _end(session, mail.id, MailState.IGNORED, UNKNOWN))
            return
        try:
            message, written_from = reading.parse(mail.raw)
            why = why_automatic(self.settings, message, mail.sender, written_from)
            if why == BOUNCE:
                database.write(lambda session: count_bounce(session, self.settings, mail))
                return
            if why is None and not self._proven(database, to, mail, message, written_from):
                return
            incoming = reading.read(mail.raw) if why is None else None
        except reading.Unreadable as error:
            log.warning("mail cannot be read", mail=mail.id, error=str(error))
            why, incoming = UNREADABLE, None
        if incoming is None:
            database.write(lambda session: _end(session, mail.id, MailState.IGNORED, why or "", to.account_id))
            return
        draft = self._draft(database, to, incoming)
        database.write(lambda session: self._decide(session, to, mail, draft))

    def _proven(self, database: Database, to: ReplyTo, mail: Kept, message: Message, written_from: str) -> bool:
        """Whether it is from whom it should be; otherwise it is held, and they are told."""

        def look(session: Session) -> bool:
            account = session.get(Account, to.account_id)
            if account is None or account.anonymised_at is not None or account.offboarded_at is not None:
                _end(session, mail.id, MailState.IGNORED, GONE)
                return False
            why = proof.why_not_proven(self.settings, message, written_from, account.email)
            if why is None or mail.released:
                return True
            row = hold_waiting(session, mail.id)
            if row is not None:
                settle(row, MailState.HELD, why)
                row.account_id, row.written_from = account.id, written_from
                _tell_held(session, account, written_from, why)
            return False

        return database.write(look)

    def _draft(self, database: Database, to: ReplyTo, incoming: reading.Incoming) -> Draft:
        """The words with the files that came along shown in them, cooked before any transaction begins."""
        draft = Draft(incoming.body)
        with database.reading() as session:
            account = session.get(Account, to.account_id)
            locale = account.locale if account is not None else None
        with i18n.use_locale(locale):
            self._take_files(database, to.account_id, incoming.attached, draft)
            try:
                draft.cooked = cook(draft.body)
            except Uncookable as refusal:
                draft.refusal = refusal.message
        return draft

    def _take_files(
        self, database: Database, account_id: int, attached: Sequence[reading.Attached], draft: Draft
    ) -> None:
        """Keep files by the rules of uploads. Pictures that only a quote or a signature shows are none of the reply."""
        wanted = [one for one in attached if not one.inline or any(mark in draft.body for mark in one.marks)]
        if not wanted:
            return
        with database.reading() as session:
            limits = limits_of(session)
        for number, one in enumerate(wanted):
            name = names.clean_name(one.name)
            try:
                if number >= limits.per_post:
                    words = _("{most} files at once is the most.").format(most=limits.per_post)
                    raise Invalid({"files": words})
                if len(one.data) > limits.file_mb * MB:
                    raise intake.too_large(limits)
                shown = self._take_file(database, account_id, name, one.data)
            except (Invalid, TooLarge, NotFound) as refusal:
                draft.left_out.append(f"{name}: {refusal.message}")
                shown = ""
            _show(draft, one, shown)

    def _take_file(self, database: Database, account_id: int, name: str, data: bytes) -> str:
        """Raises: as `intake.look_at`, and Unavailable, upon which the whole job is tried again."""

        def welcome(session: Session) -> Limits:
            limits = limits_of(session)
            uploads.check_quota(session, actor_of(session, session.get_one(Account, account_id)), limits)
            return limits

        limits = database.read(welcome)
        kept = intake.keep(self.storage, intake.look_at(name, data, limits))

        def add(session: Session) -> None:
            uploads.add_file(session, actor_of(session, session.get_one(Account, account_id)), kept)

        database.write(add)
        return kept.markdown

    def _decide(self, session: Session, to: ReplyTo, mail: Kept, draft: Draft) -> None:
        row = hold_waiting(session, mail.id)
        account = session.get(Account, to.account_id)
        if row is None or account is None:
            return
        row.account_id = account.id
        thread_id = _thread_of(session, to.post)
        if thread_id is None or account.anonymised_at is not None:
            settle(row, MailState.IGNORED, GONE)
            return
        settle(row, MailState.DONE)
        with i18n.use_locale(account.locale):
            if not draft.refusal:
                draft.refusal = self._refusal(session, account, to, draft)
            if draft.refusal:
                keep_refused(session, account, to.post, thread_id, draft, mail_id=mail.id)
            elif mail.released or is_with_staff(session, thread_id):
                keep_asked(session, account, to.post, thread_id, draft, mail_id=mail.id, staff=not mail.released)
            else:
                _post(session, account, to.post, thread_id, draft, mail_id=mail.id)

    def _refusal(self, session: Session, account: Account, to: ReplyTo, draft: Draft) -> str:
        if not draft.body.strip():
            return _("There was nothing to read in your mail, beside what it quotes.")
        if to.expired:
            return _("The letter that you replied to is too old for that. You can still post it on the page.")
        try:
            find_post(session, actor_of(session, account), to.post)
        except NotFound as refusal:
            return refusal.message
        return ""


def _post(session: Session, account: Account, ref: PostRef, thread_id: int, draft: Draft, *, mail_id: int) -> None:
    assert draft.cooked is not None
    try:
        with session.begin_nested():
            post_reply(session, actor_of(session, account), ref, draft.cooked, once=f"mail-{mail_id}")
    except Unavailable:
        raise
    except PorchlightError as refusal:
        draft.refusal = refusal.message
        keep_refused(session, account, ref, thread_id, draft, mail_id=mail_id)
        return
    if draft.left_out and _may_write_to(session, account):
        thread = session.get_one(Thread, thread_id)
        left = "; ".join(draft.left_out)[:LONGEST_NAMES]
        path = f"/threads/{thread.id}/{thread.slug}"
        send_letter(session, "reply_files", str(account.email), account, path=path, title=thread.title, files=left)


def keep_refused(
    session: Session, account: Account, ref: PostRef, thread_id: int, draft: Draft, *, mail_id: int
) -> MailedReply:
    """Keep what cannot be posted for its writer, and say why."""
    reply = _keep(session, account, ref, thread_id, draft, mail_id, ReplyState.REFUSED)
    if _may_write_to(session, account):
        title = _title(session, account, thread_id)
        words = {"title": title, "reason": draft.refusal, "quote": excerpt(draft.body, KEPT_WORDS)}
        send_letter(session, "reply_refused", str(account.email), account, path=path_of(reply), **words)
    return reply


def keep_asked(
    session: Session, account: Account, ref: PostRef, thread_id: int, draft: Draft, *, mail_id: int, staff: bool
) -> MailedReply:
    """Keep a reply that staff alone may have been meant to read, and ask its writer: on a page, and by a link.

    Without `staff` it is one that came from elsewhere, and may not be theirs.
    """
    reply = _keep(session, account, ref, thread_id, draft, mail_id, ReplyState.ASKED)
    notify(session, account.id, MAILED_REPLY, url=path_of(reply), mail=False, key=f"mailed-reply:{reply.id}")
    if _may_write_to(session, account):
        email = str(account.email)
        token = tokens.issue(session, account.id, TokenPurpose.MAILED_REPLY, email)
        if token is not None:
            session.flush()
            found = select(AccountToken.id).where(AccountToken.token_hash == token_hash(token))
            reply.token_id = session.scalars(found).one()
        path = f"/mailed/link/{token}" if token else path_of(reply)
        title = _title(session, account, thread_id)
        words = {"title": title, "quote": excerpt(draft.body, KEPT_WORDS)}
        send_letter(session, "reply_asked", email, account, path=path, staff=int(staff), **words)
    return reply


def path_of(reply: MailedReply) -> str:
    return f"/mailed/{reply.id}"


def _keep(
    session: Session,
    account: Account,
    ref: PostRef,
    thread_id: int,
    draft: Draft,
    mail_id: int,
    state: ReplyState,
) -> MailedReply:
    reply = MailedReply(
        account_id=account.id,
        mail_id=mail_id,
        thread_id=thread_id,
        post_kind=ref.kind,
        post_id=ref.id,
        source=draft.body,
        left_out=[one[:300] for one in draft.left_out[:20]],
        state=state,
        said=draft.refusal[:1000],
        created_at=now(),
    )
    session.add(reply)
    session.flush()
    return reply


def _end(session: Session, mail_id: int, state: MailState, why: str, account_id: int | None = None) -> None:
    row = hold_waiting(session, mail_id)
    if row is not None:
        settle(row, state, why)
        if account_id is not None and session.get(Account, account_id) is not None:
            row.account_id = account_id


def _tell_held(session: Session, account: Account, written_from: str, why: str) -> None:
    """Tell whoever the address was made for, once a day at most; nobody else is ever answered."""
    if account.email is None:
        return
    key = f"mail-held:{account.id}:{now():%Y-%m-%d}"
    unproven = why == proof.UNPROVEN
    send_letter(session, "reply_held", account.email, account, key=key, address=written_from, unproven=int(unproven))


def _may_write_to(session: Session, account: Account) -> bool:
    """Whether one more answer by mail does no harm: to a confirmed address, and a few an hour."""
    lately = (MailedReply.account_id == account.id, MailedReply.created_at > now() - timedelta(hours=1))
    count = session.scalar(select(func.count()).select_from(MailedReply).where(*lately)) or 0
    return account.email is not None and count <= LETTERS_AN_HOUR


def _thread_of(session: Session, ref: PostRef) -> int | None:
    model = POSTS[ref.kind]
    column = Thread.id if model is Thread else model.thread_id  # type: ignore[union-attr]
    return session.scalar(select(column).where(model.id == ref.id))


def _title(session: Session, account: Account, thread_id: int) -> str:
    """What a thread is called, for those who may still see it or asked it."""
    visible = Thread.visible_to(actor_of(session, account)) | (Thread.author_id == account.id)
    return session.scalar(select(Thread.title).where(Thread.id == thread_id, visible)) or ""


def _show(draft: Draft, one: reading.Attached, shown: str) -> None:
    for mark in one.marks:
        if mark in draft.body:
            draft.body = draft.body.replace(mark, shown)
            return
    if shown:
        draft.body = f"{draft.body.rstrip()}\n\n{shown}".lstrip()
