"""Child processes of a server, each of which runs this program's command anew, from the code that lies there now."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from typing import Self


class Lifeline:
    """A pipe whose one end only this process holds: when it is gone, however it went, the other end tells the child."""

    def __init__(self) -> None:
        self.child_end, self._own_end = os.pipe()


class Child:
    """One running process. Its terminal's Ctrl-C is not for it: the server tells it when to end."""

    def __init__(self, name: str, words: list[str], descriptors: tuple[int, ...] = ()) -> None:
        self.name = name
        self.born = time.monotonic()
        self.kill_at: float | None = None
        # Each thread that waits for PostgreSQL would be given a heap of its own, and keep what it once needed.
        env = {"MALLOC_ARENA_MAX": "2", **os.environ}
        command = [sys.executable, "-m", "forum", *words]
        self._process = subprocess.Popen(command, pass_fds=descriptors, process_group=0, env=env)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        """How it ended; None while it lives."""
        return self._process.poll()

    @property
    def age(self) -> float:
        return time.monotonic() - self.born

    def tell(self, number: signal.Signals, *, patience: float) -> None:
        """Ask it to end, and note when its time is up; one that was asked before keeps the shorter time."""
        if self.status is None:
            self._process.send_signal(number)
            self.kill_at = min(self.kill_at or float("inf"), time.monotonic() + patience)

    def kill(self) -> None:
        self._process.kill()


class Web(Child):
    """A process that answers requests on the server's socket."""

    def __init__(self, slot: int, listener: socket.socket, lifeline: Lifeline) -> None:
        self.slot = slot
        self.listening = False
        self.announcements, announce = os.pipe()
        handed = {"listener": listener.fileno(), "lifeline": lifeline.child_end, "ready": announce}
        options = [word for name, number in handed.items() for word in (f"--{name}", str(number))]
        super().__init__(f"web process {slot + 1}", ["web", *options], tuple(handed.values()))
        os.close(announce)

    def became_ready(self) -> bool:
        """Whether it has said, since this was last asked, that it can answer."""
        if self.listening or not select.select([self.announcements], [], [], 0)[0]:
            return False
        self.listening = os.read(self.announcements, 1) == b"1"
        return self.listening

    def forget(self) -> Self:
        """Let go of what this process keeps for it, once it has ended."""
        os.close(self.announcements)
        return self
