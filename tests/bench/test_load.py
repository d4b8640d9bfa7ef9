"""The load generator: every request is sent, every reply is read whole, and what went wrong is said."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.bench.load import Job, run, send

BIG = 300_000


def test_each_request_of_a_list_is_sent_once_and_its_reply_read_whole():
    requests = [_get(f"/{number}") for number in range(40)]
    with server(lambda path: (200, b"x" * BIG if path == "/7" else path.encode())) as (port, asked):
        outcome = run(Job(port, requests, connections=5))

    assert sorted(asked) == sorted(f"/{number}" for number in range(40))
    assert sorted(outcome.answered) == list(range(40))
    assert len(outcome.waits) == outcome.replies == 40
    assert outcome.failed == 0


def test_refusals_are_counted_and_acknowledge_nothing():
    with server(lambda path: (429 if path == "/1" else 303, b"")) as (port, _asked):
        outcome = run(Job(port, [_get("/0"), _get("/1"), _get("/2")], connections=2))

    assert outcome.failed == 1
    assert sorted(outcome.answered) == [0, 2]


def test_a_connection_that_ends_half_way_is_no_answer():
    with server(lambda path: None if path == "/2" else (200, b"ok")) as (port, _asked):
        outcome = run(Job(port, [_get(f"/{number}") for number in range(3)], connections=3))

    assert outcome.broken == 1
    assert sorted(outcome.answered) == [0, 1]


def test_the_first_replies_are_waited_for_and_not_counted():
    with server(lambda _path: (200, b"ok")) as (port, asked):
        outcome = run(Job(port, [_get(f"/{number}") for number in range(20)], connections=2, uncounted=5))

    assert len(asked) == len(outcome.answered) == 20
    assert len(outcome.waits) == 15


def test_who_pauses_asks_no_sooner_and_everything_is_asked():
    with server(lambda _path: (200, b"ok")) as (port, asked):
        outcome = run(Job(port, [_get(f"/{number}") for number in range(6)], connections=2, pause=0.1))

    assert sorted(asked) == [f"/{number}" for number in range(6)]
    assert len(outcome.answered) == 6
    assert outcome.seconds >= 0.25


def test_a_timed_job_goes_through_its_requests_again_and_again_in_a_process_of_its_own():
    with server(lambda _path: (200, b"ok")) as (port, asked):
        outcome = send(Job(port, [_get("/0"), _get("/1")], connections=2, seconds=0.3))

    assert len(asked) > 4
    assert outcome.a_second > 0
    assert outcome.statuses == {200: len(outcome.waits)}


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode()


@contextmanager
def server(reply: Callable[[str], tuple[int, bytes] | None]) -> Iterator[tuple[int, list[str]]]:
    """A server that keeps connections open and sends each reply in two pieces; without a reply it hangs up."""
    asked: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            while request := connection.recv(65536):
                path = request.split()[1].decode()
                asked.append(path)
                if (answer := reply(path)) is None:
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-le")
                    return
                whole = f"HTTP/1.1 {answer[0]} Words\r\nContent-Length: {len(answer[1])}\r\n\r\n".encode() + answer[1]
                connection.sendall(whole[:20])
                connection.sendall(whole[20:])

    def accept() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1], asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
