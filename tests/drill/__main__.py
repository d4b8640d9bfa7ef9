"""Run every drill and print what happened; exit status 1 when something was lost, doubled or answered badly.

`PORCHLIGHT_DRILL=short` strikes once where the whole drill strikes ten times. Words given
name the engines (sqlite, postgresql) and the groups of faults (kills, disk, clock) to take.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.drill import clocks
from tests.drill.disks import full_disk
from tests.drill.kills import kills, redis_faults, restarts
from tests.drill.places import FAKETIME, ROOT_USER, Cluster, Redis, cluster, small_disk
from tests.drill.scene import Line, scene

SHORT = os.environ.get("PORCHLIGHT_DRILL") == "short"
TIMES = 1 if SHORT else 10
FEW = 1 if SHORT else 3
HEAD = ("engine", "fault", "times", "requests", "refused", "cut off", "failed", "writes", "lost", "doubled", "outage s")
WIDTHS = (11, 34, 6, 9, 8, 8, 7, 7, 5, 8, 9)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended, too
    engines = [word for word in sys.argv[1:] if word in ENGINES] or ENGINES
    groups = [word for word in sys.argv[1:] if word in GROUPS] or list(GROUPS)
    if unknown := set(sys.argv[1:]) - {*ENGINES, *GROUPS}:
        print(f"{' '.join(sorted(unknown))}: give some of {' '.join((*ENGINES, *GROUPS))}, or nothing", file=sys.stderr)
        return 2
    began, lines = time.monotonic(), []
    print(_row(HEAD), flush=True)
    with tempfile.TemporaryDirectory(prefix="porchlight-drill-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for engine in engines:
            for line in _drill(engine, folder / engine, groups):
                lines.append(line)
                _show(line)
    bad = [line for line in lines if not line.well]
    print(f"\n{len(lines)} faults in {time.monotonic() - began:.0f} s, {len(bad)} of them not as they should be.")
    return 1 if bad else 0


def _drill(engine: str, folder: Path, groups: list[str]) -> Iterator[Line]:
    folder.mkdir()
    with ExitStack() as stack:
        server = stack.enter_context(cluster(folder / "cluster")) if engine == "postgresql" else None
        for group in groups:
            yield from GROUPS[group](engine, folder / group, server)


def _database(folder: Path, server: Cluster | None, name: str, tablespace: str = "") -> str:
    if server is None:
        return f"sqlite:///{folder / 'porchlight.sqlite3'}"
    server.sql(f"CREATE DATABASE {name}{tablespace}")
    return server.url + name


def _killed(engine: str, folder: Path, server: Cluster | None) -> Iterator[Line]:
    folder.mkdir()
    env: dict[str, str] = {}
    redis = Redis(folder) if shutil.which("redis-server") and shutil.which("redis-cli") else None
    if redis is None:
        _skip(engine, "Redis", "redis-server is not installed")
    else:
        redis.start()
        env["PORCHLIGHT_REDIS_URL"] = redis.url
    try:
        with scene(engine, folder, _database(folder, server, "kills"), **env) as ground:
            yield from kills(ground, TIMES)
            if server is not None:
                yield from restarts(ground, server, FEW)
            if redis is not None:
                yield from redis_faults(ground, redis, FEW)
    finally:
        if redis is not None:
            redis.stop()


def _full(engine: str, folder: Path, server: Cluster | None) -> Iterator[Line]:
    if not ROOT_USER:
        _skip(engine, "the disk full", "only root can mount a small one")
        return
    with small_disk(folder, 24 if server is None else 64) as disk:
        tablespace = ""
        if server is not None:
            (disk / "space").mkdir()
            shutil.chown(disk / "space", "postgres")
            server.sql(f"CREATE TABLESPACE small LOCATION '{disk / 'space'}'")
            tablespace = " TABLESPACE small"
        outside = folder.with_name("disk-log")
        with scene(engine, outside, _database(disk, server, "full_disk", tablespace), var=disk / "var") as ground:
            yield from full_disk(ground, disk, FEW)
        if server is not None:
            server.sql("DROP DATABASE full_disk WITH (FORCE)")
            server.sql("DROP TABLESPACE small")


def _clock(engine: str, folder: Path, server: Cluster | None) -> Iterator[Line]:
    if FAKETIME is None:
        _skip(engine, "the clock an hour back", "Debian's libfaketime is not installed")
        return
    env = clocks.environment(folder)
    with scene(engine, folder, _database(folder, server, "clock"), **env) as ground:
        yield from clocks.set_back(ground, folder, FEW)


ENGINES = ["sqlite", "postgresql"]
GROUPS = {"kills": _killed, "disk": _full, "clock": _clock}


def _show(line: Line) -> None:
    tally, found = line.tally, line.found
    cells = (
        *(line.engine, line.fault, line.times, tally.requests, tally.refused, tally.unanswered, tally.failed),
        *(tally.acknowledged, found.lost, found.doubled, f"{tally.longest:.1f}"),
    )
    print(_row(cells), flush=True)
    notes = [f"{count} × {what}" for what, count in tally.examples.most_common(6)]
    if tally.rated:
        notes.append(f"{tally.rated} × 429")
    if found.letters_again:
        notes.append(f"{found.letters_again} of {found.letters} letters came again from the same job")
    for note in (*notes, *(f"WRONG: {wrong}" for wrong in found.wrong[:10])):
        print(f"{'':11} {note}", flush=True)


def _row(cells: tuple[object, ...]) -> str:
    left = [f"{cell:<{width}}" for cell, width in zip(cells[:2], WIDTHS[:2], strict=True)]
    return " ".join(left + [f"{cell!s:>{width}}" for cell, width in zip(cells[2:], WIDTHS[2:], strict=True)])


def _skip(engine: str, fault: str, why: str) -> None:
    print(f"{engine:<11} {fault:<34} left out: {why}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
