"""Products, which the code calls spaces, and tags."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, String, and_, or_, select, true
from sqlalchemy.orm import Mapped, mapped_column

from forum.access import Actor, Privilege
from forum.clock import now
from forum.db import Base

COLOURS = ("amber", "red", "pink", "violet", "blue", "teal", "green", "gray")
"""The hues of the stylesheet that a product may have."""


class SpaceAudience(enum.StrEnum):
    """Who sees a product: everyone, whoever is signed in, or members of the organisations that were chosen for it."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed_in"
    ORGANISATIONS = "organisations"


class Space(Base):
    """A product. `colour` is one of `COLOURS`."""

    __tablename__ = "spaces"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    colour: Mapped[str] = mapped_column(String(20), default="amber")
    description: Mapped[str] = mapped_column(String(300), default="")
    audience: Mapped[SpaceAudience] = mapped_column(default=SpaceAudience.EVERYONE)
    position: Mapped[int] = mapped_column(default=0)
    thread_count: Mapped[int] = mapped_column(default=0)

    @classmethod
    def visible_to(cls, actor: Actor | None) -> ColumnElement[bool]:
        """Who may know that a product exists; the desk and the moderators see all of them.

        All that stands in a product asks here: its threads, and with them answers, comments, lists, feeds and search.
        """
        if actor is None:
            return cls.audience == SpaceAudience.EVERYONE
        if actor.can(Privilege.SEE_HIDDEN):  # not by roles, which a token's scopes do not narrow
            return true()
        open_to_all: ColumnElement[bool] = cls.audience.in_([SpaceAudience.EVERYONE, SpaceAudience.SIGNED_IN])
        if actor.organisation_id is None:
            return open_to_all
        chosen = select(SpaceOrganisation.space_id).where(SpaceOrganisation.organisation_id == actor.organisation_id)
        return or_(open_to_all, and_(cls.audience == SpaceAudience.ORGANISATIONS, cls.id.in_(chosen)))


class SpaceOrganisation(Base):
    """An organisation whose members see a product, while its audience is chosen organisations."""

    __tablename__ = "space_organisations"
    space_id: Mapped[int] = mapped_column(ForeignKey("spaces.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True, index=True)


class Tag(Base):
    """A tag, or a synonym: a name for the tag `main_id`, which is never a synonym itself; no thread has one.

    Both lie in one table, so that one name cannot be both.
    """

    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(35), unique=True)
    description: Mapped[str] = mapped_column(String(500), default="")
    thread_count: Mapped[int] = mapped_column(default=0, index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    main_id: Mapped[int | None] = mapped_column(ForeignKey("tags.id"), index=True)


class RemovedTag(Base):
    """A tag as it was when somebody removed it, so that it can be brought back."""

    __tablename__ = "removed_tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(35))
    description: Mapped[str] = mapped_column(String(500), default="")
    synonyms: Mapped[list[str]]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    removed_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    removed_at: Mapped[datetime] = mapped_column(default=now)
