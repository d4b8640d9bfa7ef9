"""Streams of real processes: they end with them, hear of each other's writes, and need no Redis for it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import update

from forum.threads.models import Thread
from tests.conftest import SECRET
from tests.packaging.serving import free_port

ROOT = Path(__file__).parents[3]
Serve = Callable[..., tuple[subprocess.Popen[bytes], int]]


class Open:
    """A stream over HTTP."""

    def __init__(self, port: int, query: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.request("GET", f"/live?{query}", headers={"Accept": "text/event-stream"})
        self.reply = self.connection.getresponse()

    def next(self) -> dict[str, object]:
        """The facts of the next event."""
        while line := self.reply.readline():
            if line.startswith(b"data:"):
                return json.loads(line[5:])["facts"]
        raise AssertionError("The stream ended.")

    def until(self, name: str, answers: int) -> float:
        """When it was told that a thread has so many answers."""
        while self.next()[name]["answers"] != answers:  # type: ignore[index]
            pass
        return time.monotonic()

    def rest(self) -> bytes:
        return self.reply.read()


@pytest.fixture
def serve(settings) -> Iterator[Serve]:
    started: list[subprocess.Popen[bytes]] = []

    def serve(*options: str, **environ: str) -> tuple[subprocess.Popen[bytes], int]:
        port = free_port()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
        clean |= {
            "PORCHLIGHT_DATABASE_URL": settings.database_url,
            "PORCHLIGHT_VAR": str(settings.var),
            "PORCHLIGHT_SECRET": SECRET,
            **environ,
        }
        command = [sys.executable, "-m", "forum", "serve", "--no-worker", "--port", str(port), *options]
        child = subprocess.Popen(
            command, cwd=ROOT, env=clean, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        started.append(child)
        _wait(port)
        return child, port

    yield serve
    for child in started:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _wait(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The server on port {port} did not start.")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_with_fifty_open_streams_ends_as_soon_as_one_with_none(serve, thread, number):
    """How long an interpreter takes to go depends on the machine, so one without streams goes first."""
    bare = _end(*serve(), [], number)[1]
    child, port = serve()
    streams = [Open(port, f"thread={thread.id}") for _ in range(50)]
    for stream in streams:
        stream.next()
    ended, gone = _end(child, port, streams, number)

    assert ended < 1
    assert gone < 2 * bare + 1


def _end(child: subprocess.Popen[bytes], _port: int, streams: list[Open], number: int) -> tuple[float, float]:
    """How long after a signal the streams had ended, in order and without another event, and the process."""
    began = time.monotonic()
    if number == signal.SIGINT:
        os.killpg(child.pid, number)  # as a terminal sends it, to all of them
    else:
        child.send_signal(number)
    assert all(b"event:" not in stream.rest() for stream in streams)
    ended = time.monotonic() - began
    assert child.wait(timeout=20) == 0
    return ended, time.monotonic() - began


def test_a_worker_that_is_renewed_ends_its_streams_and_the_next_serves_on(serve, thread):
    child, port = serve()
    stream = Open(port, f"thread={thread.id}")
    stream.next()
    child.send_signal(signal.SIGHUP)

    assert b"event:" not in stream.rest(), "it ended in order once another process was ready"
    for _ in range(100):
        again = Open(port, f"thread={thread.id}")
        if again.reply.status == 200:
            assert again.next()
            return
        time.sleep(0.1)  # the old one says 503 while it goes
    raise AssertionError("Nobody is let in any more.")


def test_every_process_hears_of_what_another_wrote(serve, thread, database):
    """This process writes, and two others serve."""
    ports = [serve()[1] for _ in range(2)]
    streams = [Open(port, f"thread={thread.id}") for port in ports]
    for stream in streams:
        stream.next()
    for answers in (1, 2, 3):
        with database.writing() as session:
            session.execute(update(Thread).values(answer_count=answers))
        wrote = time.monotonic()
        for stream in streams:
            assert stream.until(f"thread:{thread.id}", answers) - wrote < 4


def test_two_workers_of_one_server_hear_the_same(serve, thread, database):
    _child, port = serve("--workers", "2")
    streams = [Open(port, f"thread={thread.id}") for _ in range(8)]
    for stream in streams:
        stream.next()
    with database.writing() as session:
        session.execute(update(Thread).values(answer_count=7))

    for stream in streams:
        stream.until(f"thread:{thread.id}", 7)


@contextmanager
def redis_server(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A Redis of one's own, to be stopped and frozen."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    try:
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        if os.environ.get("CI"):
            raise
        pytest.skip("There is no redis-server.")
    try:
        _listens(port)
        yield server, f"redis://127.0.0.1:{port}/0"
    finally:
        server.send_signal(signal.SIGCONT)
        server.terminate()
        server.wait(timeout=10)


def _listens(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("It does not listen.")


@pytest.mark.parametrize("redis", ["alive", "absent", "frozen"])
def test_a_server_tells_of_writes_whether_its_redis_lives_or_not(serve, thread, database, tmp_path, redis):
    with redis_server(tmp_path) as (server, url):
        at = f"redis://127.0.0.1:{free_port()}/0" if redis == "absent" else url
        _child, port = serve(PORCHLIGHT_REDIS_URL=at)
        stream = Open(port, f"thread={thread.id}")
        stream.next()
        if redis == "frozen":
            server.send_signal(signal.SIGSTOP)
        with database.writing() as session:
            session.execute(update(Thread).values(answer_count=6))

        stream.until(f"thread:{thread.id}", 6)
