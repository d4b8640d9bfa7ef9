"""A server with several processes, as an administrator starts and signals it, and what /proc says of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.packaging.serving import free_port

ROOT = Path(__file__).parents[2]


class Running:
    """`porchlight serve` with options; what it says goes to `log`."""

    def __init__(
        self, environ: dict[str, str], log: Path, *options: str, port: int | None = None, program: Path = ROOT
    ) -> None:
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = log
        with log.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "forum", "serve", "--port", str(self.port), *options],
                cwd=program,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    @property
    def webs(self) -> set[int]:
        return {pid for pid, words in self._members().items() if "web" in words}

    @property
    def job_workers(self) -> set[int]:
        return {pid for pid, words in self._members().items() if "worker" in words}

    @property
    def members(self) -> set[int]:
        """Every process that it started and that still lives, itself among them."""
        return set(self._members())

    def started(self, count: int) -> Running:
        """Wait until it answers with that many processes."""

        def holds() -> bool:
            return answers(f"{self.address}/healthz") and len(webs := self.webs) == count and all(map(_serves, webs))

        assert until(holds, 150), self.said()
        return self

    def shares(self, clients: int, timeout: float = 20) -> list[int]:
        """Of so many clients who connect at once, how many each web process gets."""
        with ExitStack() as stack:
            connected = [socket.create_connection(("127.0.0.1", self.port), timeout=timeout) for _ in range(clients)]
            for client in connected:
                stack.enter_context(client).sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            for client in connected:
                assert client.recv(100)
            ports = {client.getsockname()[1] for client in connected}
            rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
            held = {f"socket:[{row[9]}]" for row in rows if int(row[2].rpartition(":")[2], 16) in ports}
            return [len(held & set(_open(web))) for web in self.webs]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stopped(self, patience: float = 20) -> int:
        self.signal(signal.SIGTERM)
        return self.process.wait(timeout=patience)

    def replaced(self, before: set[int], patience: float = 150, meanwhile: Callable[[], None] = lambda: None) -> bool:
        """Whether, after a while, every process is another than those of before, as many as they were."""
        count = len(before & self.webs)

        def holds() -> bool:
            meanwhile()
            return not before & self.members and len(self.webs) == count

        return until(holds, patience)

    def said(self) -> str:
        return self.log.read_text()

    def end(self) -> None:
        """Leave nothing behind, whatever happened."""
        for pid in self.members:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def _members(self) -> dict[int, list[str]]:
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                state, _parent, _group, session = (folder / "stat").read_text().rsplit(")", 1)[1].split()[:4]
                if int(session) == self.process.pid and state != "Z":
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().decode().split("\0")
            except (OSError, ValueError):
                continue
        return found


def until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def _open(pid: int) -> Iterator[str]:
    """What a process has open, as its descriptors name it."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            yield str(descriptor.readlink())


def _serves(pid: int) -> bool:
    """Whether a web process is past its start: it catches SIGTERM from then on."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)
