"""The log as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.events import emit
from forum.events.audit import LogExported
from moderation.audit import queries
from moderation.audit.queries import Wanted

MOST = 20_000
"""How many entries one file holds, the newest first: more are had by days."""
HEADINGS = ("number", "time (UTC)", "who", "act", "act as the program calls it", "facts", "words", "hash")


def note_export(session: Session, actor: Actor, wanted: Wanted) -> None:
    """Let the log say that it was taken out.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    event = LogExported(actor_id=actor.id, action=wanted.action, who=wanted.who, since=wanted.since, until=wanted.until)
    emit(session, event)


def as_csv(session: Session, actor: Actor, wanted: Wanted, named: Callable[[str], str]) -> str:
    """The newest of these entries; `named` gives the words of an act."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for row in queries.exported(session, actor, wanted, MOST):
        words = "(erased)" if row.texts is None and row.text_digest else _plain(row.texts or {})
        cells = (row.id, row.at.isoformat(), row.handle or "", named(row.action), row.action, _plain(row.facts), words)
        writer.writerow([harmless(cell) for cell in (*cells, row.hash)])
    return "\ufeff" + out.getvalue()  # with a mark by which spreadsheets know that it is UTF-8


def harmless(cell: Any) -> str:
    """A cell that no spreadsheet takes for a formula: whoever wrote a display name would else write one."""
    text = str(cell)
    return f"'{text}" if text.lstrip()[:1] in {"=", "+", "-", "@"} or text[:1] in {"\t", "\r", "\n"} else text


def _plain(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
