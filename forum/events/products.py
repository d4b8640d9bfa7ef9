"""What happens to products."""

from __future__ import annotations

from dataclasses import dataclass

from forum.events import StaffAction


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductAdded(StaffAction):
    product_id: int
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanged(StaffAction):
    """`previous` is the audience that it had before."""

    product_id: int
    audience: str
    previous: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductsSorted(StaffAction):
    product_id: int
    position: int
