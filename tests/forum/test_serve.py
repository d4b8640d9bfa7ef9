"""`porchlight serve`: the web server, and the worker that lives and dies with it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forum.threads.models import Thread

ROOT = Path(__file__).parents[2]


@pytest.fixture
def serve(tmp_path: Path, database_url: str) -> Iterator[Callable[..., tuple[subprocess.Popen[bytes], str]]]:
    started: list[subprocess.Popen[bytes]] = []

    def serve(*options: str) -> tuple[subprocess.Popen[bytes], str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environ = os.environ | {
            "PORCHLIGHT_VAR": str(tmp_path / "var"),
            "PORCHLIGHT_DATABASE_URL": database_url,
            "PORCHLIGHT_SECRET": "s" * 32,
        }
        command = [sys.executable, "-m", "forum", "serve", "--port", str(port), *options]
        child = subprocess.Popen(command, cwd=ROOT, env=environ, start_new_session=True)
        started.append(child)
        return child, f"http://127.0.0.1:{port}"

    yield serve
    for child in started:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as reply:
            return reply.status == 200
    except OSError:
        return False


def workers_of(group: int) -> list[int]:
    """The job workers among the processes of one session, as /proc shows them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            session = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[3])
            if session == group and b"worker" in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except (OSError, IndexError):
            continue
    return found


def test_it_serves_with_a_worker_and_both_end_when_told_to(serve):
    child, address = serve()
    assert until(lambda: answers(f"{address}/healthz"))
    assert until(lambda: answers(f"{address}/readyz")), "the worker never said that it lives"
    child.terminate()

    assert child.wait(timeout=20) == 0
    assert workers_of(child.pid) == []


def test_who_reads_a_thread_is_counted(serve, database, make):
    thread = make.thread(title="The lamp stays dark at night")
    child, address = serve("--no-worker")
    assert until(lambda: answers(f"{address}/healthz"))
    for agent in ("Mozilla/5.0 Firefox/150.0", "Mozilla/5.0 Firefox/150.0", "SomeBot/1.0"):
        visit = urllib.request.Request(f"{address}/threads/{thread.id}", headers={"User-Agent": agent})
        urllib.request.urlopen(visit, timeout=5).close()
    child.terminate()
    child.wait(timeout=20)

    with database.reading() as session:
        assert session.get_one(Thread, thread.id).view_count == 2


def test_the_worker_ends_when_the_server_was_killed(serve):
    child, address = serve()
    assert until(lambda: answers(f"{address}/readyz"))
    assert len(workers_of(child.pid)) == 1
    child.kill()
    child.wait()

    assert until(lambda: workers_of(child.pid) == [], 15)


def test_it_can_serve_without_a_worker(serve):
    child, address = serve("--no-worker")
    assert until(lambda: answers(f"{address}/healthz"))

    assert workers_of(child.pid) == []
    assert not answers(f"{address}/readyz")
