"""A disk that fills up, and has room again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from tests.drill.scene import Line, Scene

BALLAST = "ballast"


def full_disk(scene: Scene, disk: Path, times: int) -> Iterator[Line]:
    """Fill the disk to its last byte under load, and make room again; reads must go on meanwhile."""

    def strike() -> None:
        fill(disk)
        time.sleep(4)
        reads = [scene.served.status(path) for path in ("/", "/threads", "/healthz")]
        scene.record.tally.failed += sum(status != 200 for status in reads)
        (disk / BALLAST).unlink()
        time.sleep(2)

    line = scene.during("the disk full", times, strike)
    if line.tally.refused == 0:
        line.found.wrong.append("nothing was refused: the disk was never full")
    yield line


def fill(disk: Path) -> None:
    """Take all the room there is."""
    with (disk / BALLAST).open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"\0" * 4096)
        except OSError:
            return
