"""The real server in a session of its own, and the processes in it, to be found and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.conftest import SECRET
from tests.packaging.serving import environment, free_port

ROOT = Path(__file__).resolve().parents[2]


class Served:
    """`porchlight serve --workers 2`; `more` is environment on top of what every run has."""

    def __init__(self, folder: Path, url: str, *, var: Path | None = None, **more: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.env = environment(
            var or folder / "var",
            PORCHLIGHT_DATABASE_URL=url,
            PORCHLIGHT_SECRET=SECRET,
            PORCHLIGHT_BASE_URL=self.address,
            PORCHLIGHT_TRUSTED_PROXIES="127.0.0.1",
            **more,
        )
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        command = [sys.executable, "-m", "forum", "serve", "--workers", "2", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.env, start_new_session=True, stdout=log, stderr=log
            )
        self.starts += 1

    def keep_up(self) -> None:
        """Start it again where it has ended, as a service manager would."""
        if self.process is None or self.process.poll() is not None:
            self.start()

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.address + path, timeout=2) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def until_ready(self, patience: float = 90) -> bool:
        """Whether it, its database and its worker answered in time."""
        return until(lambda: (self.keep_up(), self.status("/readyz") == 200)[1], patience)

    def processes(self) -> dict[int, list[str]]:
        """The words of every process in its session, by number."""
        found: dict[int, list[str]] = {}
        if self.process is None:
            return found
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                session = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[3])
                words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except (OSError, IndexError):
                continue
            if session == self.process.pid and words != [""]:
                found[int(folder.name)] = words
        return found

    def web_processes(self) -> list[int]:
        """All but the first process, the job worker, and the helper that keeps Python's books."""
        first = self.process.pid if self.process else 0
        others = {pid: words for pid, words in self.processes().items() if pid != first and "worker" not in words}
        return [pid for pid, words in others.items() if "resource_tracker" not in " ".join(words)]

    def at_work(self) -> int:
        """How many web processes have come so far as to have threads: one that is still starting has none beside it."""
        found = 0
        for pid in self.web_processes():
            with suppress(OSError):
                found += len(list(Path(f"/proc/{pid}/task").iterdir())) > 2
        return found

    def job_workers(self) -> list[int]:
        return [pid for pid, words in self.processes().items() if "worker" in words]

    def kill_everything(self) -> None:
        if self.process is None:
            return
        for pid in self.processes():
            kill(pid)
        self.process.wait()

    def stop(self) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=30)
        self.kill_everything()


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def until(holds: Callable[[], bool], patience: float, pause: float = 0.1) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(pause)
    return holds()
