"""What admins do with the log itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from forum.events import StaffAction


@dataclass(frozen=True, slots=True, kw_only=True)
class LogExported(StaffAction):
    """Entries left the site as a file; `action` and `who` narrowed them where they are not empty."""

    action: str = ""
    who: str = ""
    since: datetime | None = None
    until: datetime | None = None
