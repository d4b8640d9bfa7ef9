"""Votes in an export; an erasure leaves them, for other people's reputation rests on them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.i18n import gettext as _
from forum.personal import Fate, Finding, Part, Section, Subject, count
from forum.votes.models import Vote


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    why = _("The scores of other people's posts, and their reputation, rest on them.")
    yield Finding(_("votes"), count(session, Vote, Vote.account_id == subject.account_id), Fate.NAMELESS, why)


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    words = {"post_kind": _("Kind of post"), "post_id": _("Number"), "value": _("Vote"), "created_at": _("When")}
    columns = [getattr(Vote, name) for name in words]
    query = select(*columns).where(Vote.account_id == subject.account_id).order_by(Vote.created_at)
    yield Section("votes", _("Votes"), words, (row._asdict() for row in session.execute(query).yield_per(500)))


PART = Part(name="votes", tables=frozenset({"votes"}), sections=sections, findings=findings)
