"""What may come in and how much of it, as an admin has set it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.options import option, set_option

OPTION = "uploads.limits"
MB = 1024 * 1024
MOST_FILE_MB = 32
WITH_FILES = (MOST_FILE_MB + 1) * MB
"""The largest body of a request that may bring files, its text among them."""
MOST_AT_ONCE = 20
"""The most files in one request; how many a post may hold is a setting below that."""
EXTENSIONS = "7z conf crash csv dmp doc docx eml gz har ics ini json log md ods odt pdf tar toml txt xls xlsx yaml zip"
NEVER = frozenset(["hta", "htm", "html", "mht", "mhtml", "shtml", "svg", "svgz", "xht", "xhtml"])
"""What a browser would run; these stay out whatever an admin writes."""
EXTENSION = re.compile(r"[a-z0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Limits:
    """Megabytes are of 1,048,576 bytes. A newcomer may not yet post many links; the team is whoever has a role."""

    file_mb: int = 8
    per_post: int = 10
    megapixels: int = 24
    frames: int = 100
    newcomer_files: int = 10
    newcomer_mb: int = 20
    newcomer_total_mb: int = 100
    member_files: int = 50
    member_mb: int = 100
    member_total_mb: int = 1000
    team_files: int = 500
    team_mb: int = 1000
    team_total_mb: int = 20_000
    extensions: tuple[str, ...] = tuple(EXTENSIONS.split())


@dataclass(frozen=True, slots=True)
class Quota:
    """What one account may bring in 24 hours, and keep in all."""

    files: int
    mb: int
    total_mb: int


MOST: dict[str, int] = {
    "file_mb": MOST_FILE_MB,
    "per_post": MOST_AT_ONCE,
    "megapixels": 40,
    "frames": 300,
    "newcomer_files": 10_000,
    "newcomer_mb": 100_000,
    "newcomer_total_mb": 10_000_000,
    "member_files": 10_000,
    "member_mb": 100_000,
    "member_total_mb": 10_000_000,
    "team_files": 10_000,
    "team_mb": 100_000,
    "team_total_mb": 10_000_000,
}
"""The largest value of each number. A decoded pixel takes four bytes, and animations hold several in memory."""


def limits_of(session: Session) -> Limits:
    found: dict[str, Any] = option(session, OPTION, {})
    known = {one.name for one in fields(Limits)}
    given: dict[str, Any] = {
        name: tuple(value) if name == "extensions" else value for name, value in found.items() if name in known
    }
    return replace(Limits(), **given)


def keep_limits(session: Session, limits: Limits) -> None:
    set_option(session, OPTION, {**asdict(limits), "extensions": list(limits.extensions)})


def quota_of(limits: Limits, actor: Actor) -> Quota:
    """How much trust is worth: whoever may post many links has shown some, by the presets of the privileges."""
    if actor.roles:
        return Quota(limits.team_files, limits.team_mb, limits.team_total_mb)
    if actor.can(Privilege.MANY_LINKS):
        return Quota(limits.member_files, limits.member_mb, limits.member_total_mb)
    return Quota(limits.newcomer_files, limits.newcomer_mb, limits.newcomer_total_mb)
