"""What the server stands on, made for the drill and thrown away: PostgreSQL, Redis, a small disk, a mailbox."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller

from tests.drill.served import until
from tests.packaging.serving import free_port

ROOT_USER = os.geteuid() == 0
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


class Cluster:
    """A PostgreSQL of one's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        self.url = f"postgresql+psycopg://drill@127.0.0.1:{self.port}/"

    def make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if ROOT_USER:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", str(self.data), "-U", "drill", "--auth=trust", "--encoding=UTF8", "--no-sync")
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n")
            conf.write("max_connections = 80\nshared_buffers = '64MB'\n")
        self.control("start")

    def control(self, *words: str) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.folder / "log"), "-w", *words)

    def sql(self, statement: str, database: str = "postgres") -> str:
        words = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "drill", "-d", database, "-qAtc", statement]
        return self._run("psql", *words)

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self.control("stop", "-m", "immediate")

    def _run(self, program: str, *words: str) -> str:
        before = ["runuser", "-u", "postgres", "--"] if ROOT_USER else []
        command = [*before, str(postgres_programs() / program), *words]
        done = subprocess.run(
            command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}")
        return done.stdout.strip()


def postgres_programs() -> Path:
    """Where the newest server's programs lie; Debian keeps most of them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    if initdb is None:
        raise RuntimeError("PostgreSQL's server programs are not installed")
    return Path(initdb).resolve().parent


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    made = Cluster(folder)
    made.make()
    try:
        yield made
    finally:
        made.stop()


class Redis:
    """A Redis of one's own, to be stopped and frozen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(self.folder),
        ]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        asked = ["redis-cli", "-p", str(self.port), "ping"]
        until(lambda: subprocess.run(asked, capture_output=True, check=False).stdout.strip() == b"PONG", 10)

    def signal(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of so many megabytes, in memory; only root can mount one."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


class Mailbox:
    """A mail server that counts what it was given, by the job that sent it."""

    def __init__(self) -> None:
        self.letters: Counter[str] = Counter()
        self.port = free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:
        head = bytes(getattr(envelope, "content", b"")).split(b"\r\n\r\n", 1)[0].decode(errors="replace")
        line = next(line for line in head.splitlines() if line.lower().startswith("x-job:"))
        self.letters[line.split(":", 1)[1].strip()] += 1
        return "250 taken"

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()
