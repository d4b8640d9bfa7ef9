"""Reading the guidelines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.guidelines.models import Guidelines


@dataclass(frozen=True, slots=True)
class GuidelinesPage:
    source: str
    html: Markup
    updated_at: datetime


def guidelines(session: Session) -> GuidelinesPage | None:
    row = session.execute(select(Guidelines.source, Guidelines.html, Guidelines.updated_at)).first()
    if row is None:
        return None
    return GuidelinesPage(row.source, Markup(row.html), row.updated_at)  # noqa: S704 - cooked, and so sanitised
