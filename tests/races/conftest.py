"""Two server processes on one database, and many requests at the same moment."""

from __future__ import annotations

import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import urlencode

import pytest

from forum.accounts.models import Account, AccountSession
from forum.accounts.queries import token_hash
from forum.clock import now
from tests.conftest import SECRET
from tests.doors import open_doors

Crowd = Callable[..., Counter[int]]
READY_WITHIN = 90
METRICS_TOKEN = "let-monitoring-read"


@pytest.fixture
def servers(settings) -> Iterator[list[int]]:
    """The ports of two processes that serve the test's database."""
    open_doors(settings.database_url)
    ports = [_free_port(), _free_port()]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    environ |= {
        "PORCHLIGHT_DATABASE_URL": settings.database_url,
        "PORCHLIGHT_VAR": str(settings.var),
        "PORCHLIGHT_SECRET": SECRET,
        "PORCHLIGHT_LOG_FORMAT": "json",
        "PORCHLIGHT_METRICS_TOKEN": METRICS_TOKEN,
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "forum", "serve", "--no-worker", "--port", str(port)],
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for port in ports
    ]
    try:
        for port in ports:
            _wait(port)
        yield ports
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=20)


@pytest.fixture
def metrics_token() -> str:
    return METRICS_TOKEN


@pytest.fixture
def at_once(servers, database) -> Crowd:
    """Send one POST many times at the same moment, shared out between the servers; how often each status came back."""

    def send(account: Account, path: str, data: dict[str, object] | None = None, *, times: int = 30) -> Counter[int]:
        cookie, start = _sign_in(database, account), Barrier(times)

        def post(number: int) -> int:
            start.wait()
            return _post(servers[number % len(servers)], path, data or {}, cookie)

        with ThreadPoolExecutor(times) as pool:
            return Counter(pool.map(post, range(times)))

    return send


def _post(port: int, path: str, data: dict[str, object], cookie: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"session={cookie}",
        "Sec-Fetch-Site": "same-origin",
    }
    connection.request("POST", path, urlencode(data), headers)
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status


def _sign_in(database, account: Account) -> str:
    token = secrets.token_urlsafe(32)
    with database.writing() as session:
        session.add(
            AccountSession(account_id=account.id, token_hash=token_hash(token), expires_at=now() + timedelta(days=1))
        )
    return token


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _wait(port: int, *, patience: float = READY_WITHIN) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The server on port {port} did not start.")
