"""What happens to products."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from forum.events import StaffAction


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductAdded(StaffAction):
    product_id: int
    audience: enum.StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanged(StaffAction):
    """`previous` is the audience that it had before."""

    product_id: int
    audience: enum.StrEnum
    previous: enum.StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductsSorted(StaffAction):
    product_id: int
    position: int
