"""The ledger in an export; an erasure leaves it whole, or other people's reputation would no longer add up."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.i18n import gettext as _
from forum.personal import Fate, Finding, Part, Section, Subject, count, in_batches
from reputation.ledger.models import LedgerEntry


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    mine = count(session, LedgerEntry, LedgerEntry.account_id == subject.account_id)
    why = _("It holds numbers only, and other people's reputation is counted with it.")
    yield Finding(_("entries of reputation"), mine, Fate.NAMELESS, why)


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    words = {
        "id": _("Entry"),
        "rule": _("Rule"),
        "points": _("Points"),
        "cause_kind": _("For"),
        "cause_id": _("Number"),
        "reverses_id": _("Takes back entry"),
        "created_at": _("When"),
    }
    columns = [getattr(LedgerEntry, name) for name in words]
    query = select(*columns).where(LedgerEntry.account_id == subject.account_id)
    rows = (row._asdict() for row in in_batches(session, query, LedgerEntry.id))
    yield Section("reputation", _("Reputation"), words, rows)


PART = Part(name="ledger", tables=frozenset({"ledger_entries"}), sections=sections, findings=findings)
