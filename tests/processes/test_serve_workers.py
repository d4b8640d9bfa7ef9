"""`porchlight serve --workers N`: who is there, what happens when one dies, and how all of them end."""

from __future__ import annotations

import os
import signal
import socket
import time

import pytest
from sqlalchemy import select

from forum.accounts.models import AccountSession
from tests.conftest import SERVER
from tests.processes.running import answers, until

pytestmark = pytest.mark.processes
once = pytest.mark.skipif(bool(SERVER), reason="is the same on either engine")


def test_there_are_as_many_web_processes_as_asked_for_and_one_job_worker(serve):
    server = serve("--workers", "3").started(3)

    assert until(lambda: answers(f"{server.address}/readyz"), 30), server.said()
    assert len(server.job_workers) == 1
    assert server.stopped() == 0
    assert server.members == set()


def test_a_killed_web_process_is_replaced_and_nobody_is_refused_meanwhile(serve):
    server = serve("--workers", "2", "--no-worker").started(2)
    victim = min(server.webs)
    assert until(lambda: min(server.shares(32)) > 0, 30)
    os.kill(victim, signal.SIGKILL)

    assert [answers(f"{server.address}/healthz") for _ in range(100)] == [True] * 100
    assert until(lambda: len(server.webs) == 2 and victim not in server.webs, 30)
    assert until(lambda: min(server.shares(32)) > 0, 30)


@once
def test_new_clients_do_not_wait_for_the_successor_of_a_killed_process(serve):
    server = serve("--workers", "3", "--no-worker").started(3)
    assert until(lambda: min(server.shares(48)) > 0, 30)
    first, second, _third = sorted(server.webs)
    for victim in (first, second):
        os.kill(victim, signal.SIGKILL)
    assert until(lambda: server.said().count("ended unasked") == 2, 5)

    shares = [server.shares(16, timeout=1) for _ in range(3)]

    assert all(sum(taken > 0 for taken in one) == 1 for one in shares), "nobody was there yet to share with"
    assert until(lambda: min(server.shares(48)) > 0, 60)


@once
def test_clients_who_come_all_at_once_are_shared_out(serve):
    server = serve("--workers", "2", "--no-worker").started(2)
    assert until(lambda: min(server.shares(32)) > 0, 30)

    for _ in range(10):
        assert min(server.shares(32)) > 3  # by chance, once in ten thousand runs


def test_with_a_single_web_process_requests_wait_for_its_successor(serve):
    server = serve("--no-worker").started(1)
    os.kill(min(server.webs), signal.SIGKILL)

    with socket.create_connection(("127.0.0.1", server.port), timeout=90) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200")


def test_a_killed_job_worker_is_replaced(serve):
    server = serve("--workers", "1").started(1)
    assert until(lambda: answers(f"{server.address}/readyz"), 30)
    victim = min(server.job_workers)
    os.kill(victim, signal.SIGKILL)

    assert until(lambda: len(server.job_workers) == 1 and victim not in server.job_workers, 30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_that_is_under_way_is_answered_before_the_end(serve, cookie_of, asker, thread, database, number):
    server = serve("--workers", "2", "--no-worker").started(2)
    body = b"body=It+also+happens+on+a+quiet+network."
    head = (
        f"POST /posts/thread/{thread.id}/comments HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie_of(asker)}\r\n"
        "Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(head.encode() + body[:10])
        time.sleep(0.3)
        server.signal(number)
        time.sleep(0.6)
        assert server.process.poll() is None
        client.sendall(body[10:])
        reply = client.recv(65536)

    assert reply.startswith(b"HTTP/1.1 303")
    assert server.process.wait(timeout=15) == 0
    assert server.members == set()
    assert "killed" not in server.said()


@once
def test_an_idle_server_ends_at_once(serve):
    server = serve("--workers", "2").started(2)
    assert until(lambda: answers(f"{server.address}/readyz"), 30)
    with socket.create_connection(("127.0.0.1", server.port)):  # idle, as a browser leaves its connections
        began = time.monotonic()
        assert server.stopped() == 0

    assert time.monotonic() - began < 3
    assert server.members == set()


@once
def test_a_frozen_web_process_is_killed_in_the_end(serve):
    server = serve("--workers", "2", "--no-worker").started(2)
    os.kill(min(server.webs), signal.SIGSTOP)
    began = time.monotonic()

    assert server.stopped(patience=20) == 0
    assert 9 < time.monotonic() - began < 15
    assert server.members == set()


@once
def test_a_killed_server_leaves_nobody_and_its_port_can_be_used_at_once(serve):
    server = serve("--workers", "2").started(2)
    assert until(lambda: answers(f"{server.address}/readyz"), 30)
    server.process.kill()
    server.process.wait()
    successor = serve("--workers", "1", "--no-worker", port=server.port)

    assert until(lambda: server.members == set(), 5)
    assert successor.started(1).stopped() == 0


@once
def test_a_second_server_on_the_same_port_says_so_in_one_line(serve):
    server = serve("--no-worker").started(1)
    second = serve("--no-worker", port=server.port)

    assert second.process.wait(timeout=90) == 1
    assert second.said() == f"porchlight: cannot listen on 127.0.0.1:{server.port}: Address already in use.\n"


@once
def test_through_a_unix_socket_the_proxys_word_on_the_client_is_taken(serve, tmp_path, database):
    path = tmp_path / "web.sock"
    server = serve("--socket", str(path), "--no-worker", PORCHLIGHT_TRUSTED_PROXIES="unix")
    assert until(path.exists, 30), server.said()
    body = b"handle=uma&email=uma%40example.org&password=correct+horse+battery+staple"
    head = (
        "POST /register HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\nX-Forwarded-For: 198.51.100.7\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(str(path))
        client.sendall(head.encode() + body)
        assert client.recv(65536).startswith(b"HTTP/1.1 303")

    with database.reading() as session:
        assert session.scalars(select(AccountSession.address)).one() == "198.51.100.7"
    assert server.stopped() == 0
