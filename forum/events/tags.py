"""What happens to tags when somebody looks after them."""

from __future__ import annotations

from dataclasses import dataclass

from forum.events import StaffAction


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChanged(StaffAction):
    """A tag says something else of itself; `previous` is the name it had, empty where that stayed."""

    tag_id: int
    name: str
    previous: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsMerged(StaffAction):
    """One tag's threads went over to another, and its name became a synonym."""

    tag_id: int
    into_id: int
    threads: int
    name: str
    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagMergeUndone(StaffAction):
    """The inverse of `TagsMerged`."""

    tag_id: int
    into_id: int
    name: str
    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SynonymAdded(StaffAction):
    tag_id: int
    name: str
    synonym: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SynonymRemoved(StaffAction):
    tag_id: int
    name: str
    synonym: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRemoved(StaffAction):
    """A tag that stood on nothing is gone."""

    tag_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagBroughtBack(StaffAction):
    """The inverse of `TagRemoved`; the tag has a new id."""

    tag_id: int
    name: str
