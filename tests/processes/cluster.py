"""PostgreSQL servers to throw away: a primary, and a replica that follows it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.packaging.serving import free_port
from tests.processes.debian import folder_of, program, run_as
from tests.processes.running import until

QUICK = "fsync=off\nfull_page_writes=off\nunix_socket_directories=''\nlisten_addresses='127.0.0.1'\n"
USER = "postgres"


@dataclass
class Cluster:
    binaries: Path
    data: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/porchlight"

    def start(self) -> None:
        log = self.data.with_suffix(".log")
        run_as(USER, self.binaries / "pg_ctl", "-D", self.data, "-l", log, "-o", f"-p {self.port}", "-w", "start")

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            run_as(USER, self.binaries / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def freeze(self, number: signal.Signals = signal.SIGSTOP) -> None:
        """Stop every process of it where it is; with SIGCONT, let them go on."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        for pid in (postmaster, *_children(postmaster)):
            os.kill(pid, number)

    def thaw(self) -> None:
        self.freeze(signal.SIGCONT)

    def ask(self, statement: str) -> object:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                return connection.scalar(text(statement))
        finally:
            engine.dispose()


def _children(parent: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        found += [int(word) for word in (task / "children").read_text().split()]
    return found


@contextmanager
def primary_and_replica() -> Iterator[tuple[Cluster, Cluster]]:
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql"))
    program("initdb", "postgresql", str(binaries))
    with folder_of(USER) as folder:
        primary = Cluster(binaries, folder / "primary", free_port())
        replica = Cluster(binaries, folder / "replica", free_port())
        run_as(USER, binaries / "initdb", "-D", primary.data, "-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync")
        with (primary.data / "postgresql.conf").open("a") as settings:
            settings.write(QUICK)
        try:
            primary.start()
            run_as(USER, binaries / "createdb", "-h", "127.0.0.1", "-p", str(primary.port), "-U", USER, "porchlight")
            source = f"host=127.0.0.1 port={primary.port} user={USER}"
            run_as(USER, binaries / "pg_basebackup", "-d", source, "-D", replica.data, "-R", "-c", "fast", "--no-sync")
            replica.start()
            assert until(lambda: replica.ask("SELECT pg_is_in_recovery()") is True, 20)
            yield primary, replica
        finally:
            for cluster in (replica, primary):
                if cluster.data.exists():
                    cluster.stop()
