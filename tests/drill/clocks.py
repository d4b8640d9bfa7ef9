"""A clock set back under a running server: for its processes alone, by a library that tells them another time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select

from forum.jobs import Job
from tests.drill.places import FAKETIME
from tests.drill.scene import Line, Scene

SLEEP = """import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds)
"""
"""libfaketime 0.9.10 takes the end of a sleep, which the monotonic clock tells, for a date: the sleep fails."""


def environment(folder: Path) -> dict[str, str]:
    """What lets a server's clock be set by writing into a file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "offset").write_text("+0")
    (folder / "sitecustomize.py").write_text(SLEEP)
    return {
        "PYTHONPATH": str(folder),
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(folder / "offset"),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_back(scene: Scene, folder: Path, times: int) -> Iterator[Line]:
    """An hour back, and right again. What was asked for at once is still done, what the clock asks for is done once."""
    offset = folder / "offset"

    def strike() -> None:
        offset.write_text("-3600")
        time.sleep(4)
        offset.write_text("+0")
        time.sleep(4)

    line = scene.during("the clock an hour back", times, strike)
    with scene.database.reading() as session:
        keyed = select(Job.key).where(Job.key.is_not(None)).group_by(Job.key).having(func.count() > 1)
        line.found.doubled += len(session.scalars(keyed).all())
    yield line
