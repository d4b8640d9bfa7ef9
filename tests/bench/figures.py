"""What was measured, as a table for people, as Markdown for docs/operate.md, and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.load import Outcome
from tests.bench.servers import Memory

RATIOS = {"thread": 0.6, "thread-in": 0.04}
SCALE = 1.2
SEARCH_P90, SIMILAR_P90, WRITE_P95 = 200.0, 20.0, 100.0
MEMORY = 160.0
TWO_WORKERS = 1.7
BESIDE = 0.15
"""Of a core: who takes more of it to ask leaves two workers on two cores too little of the second."""


@dataclass
class Figure:
    """One scene on one server; `page` and `bare` hold the rounds.

    In a `flood` nobody who writes pauses.
    """

    scene: str
    engine: str
    threads: int
    workers: int
    writes: bool
    flood: bool = False
    queries: int = 0
    size: int = 0
    lost: int | None = None
    page: list[Outcome] = field(default_factory=list)
    bare: list[Outcome] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Replies a second in the round in the middle: a neighbour's burst of work spoils one round, not all."""
        return statistics.median(one.a_second for one in self.page) if self.page else 0.0

    @property
    def ratio(self) -> float:
        """To the bare reply of the same round."""
        pairs = [
            page.a_second / bare.a_second for page, bare in zip(self.page, self.bare, strict=False) if bare.a_second
        ]
        return statistics.median(pairs) if pairs else 0.0

    def wait(self, percent: int) -> float:
        """So many in a hundred replies came within this, in milliseconds."""
        waits = sorted(wait for one in self.page for wait in one.waits)
        return waits[min(len(waits) - 1, len(waits) * percent // 100)] * 1000 if waits else 0.0

    @property
    def load(self) -> float:
        """How much of a core the load generator took."""
        return statistics.median(one.load for one in self.page) if self.page else 0.0

    @property
    def failed(self) -> int:
        return sum(one.failed for one in (*self.page, *self.bare))

    def row(self) -> dict[str, Any]:
        return {
            "page": self.scene,
            "engine": self.engine,
            "threads": self.threads,
            "workers": self.workers,
            "bytes": self.size,
            "queries": self.queries,
            "a second": round(self.rate, 1),
            "ratio": round(self.ratio, 4),
            "load": round(self.load, 2),
            "cpu ms": round(statistics.median(self.cpu) * 1000, 2) if self.cpu else 0.0,
            "p50": round(self.wait(50), 2),
            "p90": round(self.wait(90), 2),
            "p95": round(self.wait(95), 2),
            "p99": round(self.wait(99), 2),
            "failed": self.failed,
            "lost": self.lost,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing to be reached, what was, and whether that is enough; None where this machine cannot tell."""

    what: str
    measured: str
    wanted: str
    met: bool | None

    @property
    def words(self) -> str:
        return {True: "met", False: "NOT MET", None: "not to be told here"}[self.met]


def verdicts(figures: Sequence[Figure], memories: Sequence[tuple[str, Memory]]) -> list[Verdict]:
    found = [*_ratios(figures), *_scaling(figures), *_waits(figures), *_workers(figures), *_writes(figures)]
    largest = max((memory.pss for _name, memory in memories), default=0.0)
    if memories:
        found.append(
            Verdict(
                "memory of the largest process after the run",
                f"{largest:.0f} MB",
                f"< {MEMORY:.0f} MB",
                largest < MEMORY,
            )
        )
    return found


def _ratios(figures: Sequence[Figure]) -> Iterator[Verdict]:
    for one in figures:
        if (least := RATIOS.get(one.scene)) is not None:
            yield Verdict(f"{_name(one)}, to the bare reply", f"{one.ratio:.3f}", f">= {least}", one.ratio >= least)


def _scaling(figures: Sequence[Figure]) -> Iterator[Verdict]:
    """How much longer a page takes on the largest community than on the smallest."""
    sizes = sorted({one.threads for one in figures})
    for small in figures if len(sizes) > 1 else ():
        same = (small.scene, small.engine, small.workers)
        if small.threads != sizes[0] or small.scene == "search" or (small.writes and not small.flood):
            continue
        for large in figures:
            if large.threads == sizes[-1] and (large.scene, large.engine, large.workers) == same and large.rate:
                # Round by round, for both were measured next to each other.
                pairs = zip(small.page, large.page, strict=False)
                times = statistics.median(one.a_second / other.a_second for one, other in pairs if other.a_second)
                what = f"{_name(large)}, to {small.threads:,} threads"
                yield Verdict(what, f"{times:.2f} times", f"<= {SCALE} times", times <= SCALE)


def _waits(figures: Sequence[Figure]) -> Iterator[Verdict]:
    for one in figures:
        limit = {"search": SEARCH_P90, "similar": SIMILAR_P90}.get(one.scene)
        if limit is not None:
            yield Verdict(f"{_name(one)}, p90", f"{one.wait(90):.1f} ms", f"< {limit:.0f} ms", one.wait(90) < limit)


def _workers(figures: Sequence[Figure]) -> Iterator[Verdict]:
    for two in figures:
        if two.workers != 2 or two.writes or two.scene in ("search", "similar"):
            continue
        for one in figures:
            if (one.scene, one.engine, one.threads, one.workers) == (
                two.scene,
                two.engine,
                two.threads,
                1,
            ) and one.rate:
                times = two.rate / one.rate
                met = times >= TWO_WORKERS or (None if two.load > BESIDE else False)
                what = f"{_name(two)}, to one"
                yield Verdict(what, f"{times:.2f} times", f">= {TWO_WORKERS} times", met)


def _writes(figures: Sequence[Figure]) -> Iterator[Verdict]:
    for one in figures:
        if one.writes:
            yield Verdict(f"{_name(one)}, lost", str(one.lost), "0", one.lost == 0)
        if one.writes and one.engine == "sqlite":
            pause = "nobody pausing" if one.flood else "each pausing for a second"
            yield Verdict(
                f"{_name(one)}, {pause}, p95",
                f"{one.wait(95):.0f} ms",
                f"< {WRITE_P95:.0f} ms",
                one.wait(95) < WRITE_P95,
            )


def _name(one: Figure) -> str:
    workers = "1 worker" if one.workers == 1 else f"{one.workers} workers"
    return f"{one.scene} ({one.engine}, {one.threads:,} threads, {workers})"


def as_table(rows: Sequence[dict[str, Any]]) -> str:
    """Columns that line up, on a terminal and as Markdown alike."""
    if not rows:
        return ""
    names = list(rows[0])
    lines = [names, ["-" * len(name) for name in names], *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(names))]
    lines[1] = ["-" * width for width in widths]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in lines
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)


def memory_rows(memories: Sequence[tuple[str, Memory]]) -> list[dict[str, Any]]:
    return [
        {"server": name, "process": memory.what, "PSS MB": round(memory.pss, 1), "peak MB": round(memory.peak, 1)}
        for name, memory in memories
    ]


def as_json(
    figures: Sequence[Figure], memories: Sequence[tuple[str, Memory]], found: Sequence[Verdict]
) -> dict[str, Any]:
    return {
        "figures": [one.row() for one in figures],
        "memory": memory_rows(memories),
        "targets": [asdict(one) for one in found],
    }
