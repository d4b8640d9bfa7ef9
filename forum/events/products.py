"""What happens to products."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from forum.events import StaffAction


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductAdded(StaffAction):
    """`organisations` are the ids of those chosen to see it."""

    product_id: int
    audience: enum.StrEnum
    organisations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanged(StaffAction):
    """`previous` is the audience that it had before."""

    product_id: int
    audience: enum.StrEnum
    previous: enum.StrEnum
    organisations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductsSorted(StaffAction):
    product_id: int
    position: int
