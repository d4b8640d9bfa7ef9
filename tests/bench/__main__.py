"""`make bench`: the real server against a bare one, both loaded in turn in one run.

Nothing here fails for being slow; it fails when a request is not answered, or when what
was acknowledged is not there afterwards. The environment chooses a part:

    BENCH             names of scenes, "thread,vote"      all of them
    BENCH_ENGINES     sqlite, postgresql                  sqlite, and postgresql where a server is named
    BENCH_SIZES       numbers of threads                  1000,100000
    BENCH_WORKERS     numbers of web processes            1,2
    BENCH_ROUNDS      how often each is loaded in turn    5
    BENCH_SECONDS     for how long each time              1
    BENCH_WRITES      requests of a flood, half of which people send    600
    BENCH_PORT        the first of a few ports in a row   any that are free
    BENCH_OUT         the file for the figures            var/bench/figures.json
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import event

from forum import logs
from forum.app import build_site, create_app
from forum.settings import Settings
from tests.bench.figures import Figure, as_json, as_table, memory_rows, verdicts
from tests.bench.kept import missing
from tests.bench.load import Job, Outcome, send
from tests.bench.scenes import READERS, Known, Scene, know, scenes
from tests.bench.seed.community import Size
from tests.bench.seeds import KEPT, community
from tests.bench.servers import Memory, Server, bare, cpu_of, memory, porchlight
from tests.browse import Browser
from tests.conftest import SECRET, SERVER

SMOKE = os.environ.get("PORCHLIGHT_BENCH") == "smoke"
WARM_UP = 0.2
FLOOD_ROUNDS = 3
UNTIL_WARM = 0.2 if SMOKE else 1.0
"""Seconds before a page is measured: it is asked for all the time where a site is in use, so what is kept of it is."""


def _words(name: str, default: str) -> list[str]:
    return os.environ.get(name, default).replace(",", " ").split()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does, from the environment; a smoke run does little of everything."""

    chosen: list[Scene]
    engines: list[str]
    sizes: list[Size]
    workers: list[int]
    rounds: int
    seconds: float
    port: int | None
    out: Path

    @classmethod
    def from_environment(cls) -> Plan:
        there = scenes(int(os.environ.get("BENCH_WRITES", "100" if SMOKE else "600")))
        wanted = _words("BENCH", " ".join(there)) or list(there)
        unknown = [name for name in wanted if name not in there]
        if unknown:
            sys.exit(f"There is no scene {unknown[0]!r}; there are {', '.join(there)}.")
        sizes = _words("BENCH_SIZES", "300" if SMOKE else "1000,100000")
        return cls(
            chosen=[there[name] for name in wanted],
            engines=_words("BENCH_ENGINES", "sqlite,postgresql" if SERVER else "sqlite"),
            sizes=[Size(int(size), **({"pool": 60} if SMOKE else {})) for size in sizes],
            workers=[int(count) for count in _words("BENCH_WORKERS", "1" if SMOKE else "1,2")],
            rounds=int(os.environ.get("BENCH_ROUNDS", "1" if SMOKE else "5")),
            seconds=float(os.environ.get("BENCH_SECONDS", "0.3" if SMOKE else "1")),
            port=int(os.environ["BENCH_PORT"]) if os.environ.get("BENCH_PORT") else None,
            out=Path(os.environ.get("BENCH_OUT", KEPT / "figures.json")),
        )


@dataclass
class House:
    """One community being served, and what is known of it."""

    url: str
    size: Size
    server: Server
    known: Known
    figures: dict[str, Figure] = field(default_factory=dict)


@dataclass
class Run:
    plan: Plan
    figures: list[Figure] = field(default_factory=list)
    memories: list[tuple[str, Memory]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def everything(self) -> None:
        for engine in self.plan.engines:
            for workers in self.plan.workers:
                with tempfile.TemporaryDirectory(prefix="porchlight-bench-") as folder:
                    self._served(engine, workers, Path(folder))

    def _served(self, engine: str, workers: int, work: Path) -> None:
        """All sizes at once, so that each is loaded next to the others, and next to the bare server."""
        with ExitStack() as stack:
            first = self.plan.port
            plain = stack.enter_context(bare(work / "bare", workers, first))
            houses = [
                stack.enter_context(_house(engine, size, workers, work, first and first + place))
                for place, size in enumerate(self.plan.sizes, 1)
            ]
            for scene in self.plan.chosen:
                self._scene(scene, engine, workers, houses, plain)
            for house in houses:
                name = f"{engine}, {house.size.threads:,} threads, {workers} worker{'s' if workers > 1 else ''}"
                self.memories += [(name, one) for one in memory(house.server)]
            self.memories += [("bare", one) for one in memory(plain)] if workers == 1 else []

    def _scene(self, scene: Scene, engine: str, workers: int, houses: Sequence[House], plain: Server) -> None:
        made = [
            Figure(scene.name, engine, house.size.threads, workers, bool(scene.writes), scene.flood) for house in houses
        ]
        for house, figure in zip(houses, made, strict=True):
            figure.queries = _count_queries(house, scene)
        rounds = range(FLOOD_ROUNDS if scene.flood else 1 if scene.writes else self.plan.rounds)
        for number in rounds:
            for house, figure in zip(houses, made, strict=True):
                self._round(scene, house, figure, plain, slice(number, None, len(rounds)))
        self.figures += made
        for figure in made:
            row = figure.row()
            print("  ".join(f"{name} {value}" for name, value in row.items() if value is not None), flush=True)

    def _round(self, scene: Scene, house: House, figure: Figure, plain: Server, part: slice) -> None:
        """Once for a while, or with a part of what is written."""
        requests = scene.requests(house.known, house.server.port)
        places = range(len(requests))[part]
        if scene.writes:
            requests = requests[part]
        seconds = None if scene.writes else self.plan.seconds
        cpu = cpu_of(house.server)
        warm_up, uncounted = (0.0, len(requests) // 10) if scene.writes else (UNTIL_WARM, 0)
        outcome = send(Job(house.server.port, requests, scene.connections, seconds, warm_up, uncounted, scene.pause))
        taken = cpu_of(house.server) - cpu
        figure.page.append(outcome)
        figure.cpu.append(taken / max(1, outcome.replies))
        figure.size = outcome.size
        figure.bare.append(_bare(plain, outcome.size, scene.connections, min(self.plan.seconds, 0.5)))
        if outcome.failed or not outcome.waits:
            self.wrong.append(f"{scene.name}: {outcome.failed} were not answered ({dict(outcome.statuses)})")
        if scene.writes:
            outcome.answered = [places[place] for place in outcome.answered]
            site = build_site(_settings(house.url))
            with site.database.reading() as session:
                lost = missing(session, scene, house.known, outcome)
            site.database.dispose()
            figure.lost = (figure.lost or 0) + len(lost)
            self.wrong += lost


def _bare(plain: Server, size: int, connections: int, seconds: float) -> Outcome:
    request = f"GET /{size} HTTP/1.1\r\nHost: 127.0.0.1:{plain.port}\r\n\r\n".encode()
    return send(Job(plain.port, [request], connections, seconds, WARM_UP))


@contextmanager
def _house(engine: str, size: Size, workers: int, work: Path, port: int | None) -> Iterator[House]:
    with community(engine, size, work) as url:
        site = build_site(_settings(url))
        with site.database.reading() as session:
            known = know(session)
        site.database.dispose()
        var = work / f"var-{size.threads}"
        var.mkdir()
        with porchlight(url, var, workers, port) as server:
            yield House(url, size, server, known)


def _settings(url: str) -> Settings:
    hosts = ("127.0.0.1", "testserver")
    return Settings(database_url=url, var=KEPT, secret=SECRET, allowed_hosts=hosts, trusted_proxies=("127.0.0.1",))


def _count_queries(house: House, scene: Scene) -> int:
    """Statements of one such request, made by the same program in this process; the last of a writing scene's."""
    site = build_site(_settings(house.url), rate_limits=False)
    seen: list[str] = []
    for engine in site.database.engines:
        event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    head, _blank, body = scene.requests(house.known, house.server.port)[-1].partition(b"\r\n\r\n")
    asked, *lines = head.decode().split("\r\n")
    method, path, _version = asked.split()
    headers = dict(line.split(": ", 1) for line in lines)
    headers.pop("Content-Length", None)
    counts = []
    with redirect_stderr(io.StringIO()), Browser(create_app(site), site) as browser:
        # The first request of a process also reads what it keeps from then on, or until something moves.
        for _ in range(1 if scene.writes else 4):
            seen.clear()
            browser.client.request(method, path, content=body, headers=headers, follow_redirects=False)
            counts.append(len(seen))
    site.database.dispose()
    return min(counts)


def _calibrate(plan: Plan) -> str:
    """That the load generator does clearly more than what it measures."""
    with tempfile.TemporaryDirectory(prefix="porchlight-bench-") as folder, bare(Path(folder), 1, plan.port) as plain:
        outcome = _bare(plain, 10_000, READERS, 1.0)
    able = outcome.a_second / max(outcome.load, 1e-9)
    return (
        f"The load generator took {outcome.load:.0%} of a core for the {outcome.a_second:,.0f} replies"
        f" of 10,000 bytes a second that the bare server gave: it could do {able:,.0f}."
    )


def main() -> None:
    logs.configure("console")
    # Ended from outside, it takes its servers and its copies with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended before it was done."))
    plan = Plan.from_environment()
    run = Run(plan)
    calibration = _calibrate(plan)
    print(calibration, flush=True)
    run.everything()
    found = verdicts(run.figures, run.memories)
    print(f"\n{as_table([one.row() for one in run.figures])}\n\n{as_table(memory_rows(run.memories))}\n")
    marks = [{"target": one.what, "measured": one.measured, "wanted": one.wanted, "": one.words} for one in found]
    print(f"{as_table(marks)}\n\n{calibration}")
    plan.out.parent.mkdir(parents=True, exist_ok=True)
    plan.out.write_text(json.dumps(as_json(run.figures, run.memories, found), indent=1))
    print(f"The figures are in {plan.out}.")
    if run.wrong:
        sys.exit("\n".join(run.wrong[:20]))


if __name__ == "__main__":
    main()
