"""How one process ends: its streams at once, its connections only when their clients know."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from forum.web.closing import Closing
from tests.processes.load import Load
from tests.processes.running import ROOT
from tests.processes.test_serve_workers import once

pytestmark = [pytest.mark.processes, once]
PROGRAM = """
import os, sys
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from forum.serving.web import leave, serve
from forum.web.closing import Closing

closing = Closing()

async def events():
    yield "data: hello\\n\\n"
    await closing.wait()
    yield "data: goodbye\\n\\n"

async def live(request):
    return StreamingResponse(events(), media_type="text/event-stream")

async def who(request):
    return PlainTextResponse(str(os.getpid()))

listener, lifeline, ready = map(int, sys.argv[1:])
app = Starlette(routes=[Route("/live", live), Route("/", who)])
serve(app, closing, listener=listener, lifeline=lifeline, ready=ready)
leave()
"""


class Process:
    """A web process of a small program, on a socket that others may share."""

    def __init__(self, listener: socket.socket) -> None:
        self.lifeline, self.held = os.pipe()
        announced, ready = os.pipe()
        handed = (listener.fileno(), self.lifeline, ready)
        words = [sys.executable, "-c", PROGRAM, *map(str, handed)]
        self.process = subprocess.Popen(words, cwd=ROOT, pass_fds=handed)
        os.close(ready)
        assert os.read(announced, 1) == b"1"
        os.close(announced)

    def tell(self, number: signal.Signals | None) -> None:
        """Send a signal, or be gone as a killed server is."""
        if number is None:
            os.close(self.held)
        else:
            self.process.send_signal(number)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield listener


@pytest.fixture
def start(listener: socket.socket) -> Iterator[Callable[[], Process]]:
    started: list[Process] = []

    def start() -> Process:
        started.append(Process(listener))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, None], ids=["stopped", "replaced", "orphaned"])
def test_open_streams_end_within_a_moment_and_the_process_after_them(start, listener, number):
    web = start()
    clients = [socket.create_connection(listener.getsockname(), timeout=10) for _ in range(3)]
    for client in clients:
        client.sendall(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
    for client in clients:
        while b"hello" not in client.recv(4096):
            pass
    began = time.monotonic()
    web.tell(number)
    for client in clients:
        assert b"goodbye" in client.recv(4096)

    assert time.monotonic() - began < 0.5  # 0.1 s on a machine that has nothing else to do
    assert web.process.wait(timeout=10) == 0
    for client in clients:
        client.close()


def test_clients_that_never_rest_are_led_to_the_successor_without_a_failed_request(start, listener):
    old, load = start(), Load(listener.getsockname()[1], think=0)
    clients = [threading.Thread(target=load.read, args=("/",), kwargs={"keep": True}) for _ in range(12)]
    clients += [threading.Thread(target=load.read, args=("/",), kwargs={"keep": False}) for _ in range(4)]
    with load.running(*clients):
        for _ in range(3):
            new = start()
            old.tell(signal.SIGHUP)
            assert old.process.wait(timeout=30) == 0
            old = new

    assert load.failures == []
    assert load.requests > 500


def test_a_replaced_process_that_is_then_stopped_does_not_take_its_time(start, listener):
    web = start()
    with socket.create_connection(listener.getsockname(), timeout=10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
        web.tell(signal.SIGHUP)
        time.sleep(0.2)
        assert web.process.poll() is None
        began = time.monotonic()
        web.tell(signal.SIGTERM)
        assert web.process.wait(timeout=10) == 0

    assert time.monotonic() - began < 1.5


def test_a_wait_ends_when_told_and_one_that_comes_later_at_once():
    closing = Closing()
    waited: list[float] = []

    async def stream() -> None:
        await closing.wait()
        waited.append(time.monotonic())

    loops = [threading.Thread(target=lambda: asyncio.run(stream())) for _ in range(2)]
    for loop in loops:
        loop.start()
    time.sleep(0.2)
    assert not closing.told
    assert waited == []
    told = time.monotonic()
    closing.tell()
    for loop in loops:
        loop.join(timeout=5)
    asyncio.run(stream())

    assert closing.told
    assert len(waited) == 3
    assert max(waited[:2]) - told < 0.1


def test_a_stream_that_its_reader_left_is_not_waited_for():
    closing = Closing()

    async def leave() -> None:
        task = asyncio.create_task(closing.wait())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(leave())
    closing.tell()

    assert not closing._waiting
