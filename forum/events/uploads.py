"""What happens to files."""

from __future__ import annotations

from dataclasses import dataclass

from forum.events import StaffAction


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRemoved(StaffAction):
    """A file was taken from everybody's eyes, or, when `removed` is False, given back; `account_id` brought it."""

    file_id: int
    account_id: int
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimitsChanged(StaffAction):
    """An admin changed what may come in, and how much of it."""
