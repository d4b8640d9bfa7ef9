"""The domains of organisations. The organisation itself stands with accounts, which belong to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base

IMPORTANCE = (1, 2, 3, 4, 5)
"""Of an organisation to the company, the highest first."""
NORMAL = 3


class OrganisationDomain(Base):
    """A domain of mail that is an organisation's alone, as an admin has made sure; in lower case and ASCII."""

    __tablename__ = "organisation_domains"
    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
