"""Counting how often threads are read."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import update
from sqlalchemy.orm import Session

from forum.threads.models import Thread


def add_views(session: Session, counts: Mapping[int, int]) -> None:
    for thread_id, count in sorted(counts.items()):
        session.execute(update(Thread).where(Thread.id == thread_id).values(view_count=Thread.view_count + count))
