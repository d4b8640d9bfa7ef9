"""The nginx sample of docs/operate.md, run as it stands before two servers; only ports and folders are filled in."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select

from forum.accounts.models import AccountSession
from forum.threads.models import Comment
from tests.conftest import SERVER
from tests.packaging.serving import free_port
from tests.processes.debian import program
from tests.processes.load import Load, crowd
from tests.processes.running import ROOT, Running, until

pytestmark = pytest.mark.processes
HOST = "community.example.com"
CLIENT = "127.0.0.2"
PATHS = {
    "/run/nginx.pid": "nginx.pid",
    "/var/log/nginx/error.log": "error.log",
    "/var/log/nginx/access.log": "access.log",
}
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def sample() -> str:
    return re.search(r"```nginx\n(.*?)```", (ROOT / "docs/operate.md").read_text(), re.DOTALL)[1]


def filled_in(folder: Path, own: int, first: int, second: int) -> str:
    words = sample()
    for path, name in PATHS.items():
        assert path in words
        words = words.replace(path, str(folder / name))
    for before, after in ((":8000", f":{first}"), (":8001", f":{second}"), ("listen 80;", f"listen 127.0.0.1:{own};")):
        assert before in words
        words = words.replace(before, after)
    words = words.replace("/srv/porchlight/static/dist/", f"{ROOT}/static/dist/")
    temporary = "".join(f"    {name}_temp_path {folder}/{name};\n" for name in TEMPORARY)
    return words.replace("http {\n", "http {\n" + temporary, 1)


@contextmanager
def nginx(folder: Path, first: int, second: int) -> Iterator[int]:
    """The port of an nginx with the sample's settings."""
    command, own = program("nginx", "nginx-light"), free_port()
    (folder / "nginx.conf").write_text(filled_in(folder, own, first, second))
    folder.chmod(0o755)
    words = [command, "-c", folder / "nginx.conf", "-e", folder / "error.log", "-g", "daemon off; user root;"]
    with subprocess.Popen(words, cwd=folder) as server:
        try:
            assert until(lambda: _listens(own), 10), (folder / "error.log").read_text()
            yield own
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def two(serve, tmp_path: Path) -> Iterator[tuple[int, Running, Running]]:
    """nginx's port, and the two servers behind it."""
    settings = {"PORCHLIGHT_BASE_URL": f"http://{HOST}", "PORCHLIGHT_TRUSTED_PROXIES": "127.0.0.1"}
    first, second = serve("--workers", "2", **settings), serve("--workers", "1", "--no-worker", **settings)
    first.started(2)
    second.started(1)
    folder = tmp_path / "nginx"
    folder.mkdir()
    with nginx(folder, first.port, second.port) as port:
        yield port, first, second


def post(port: int, path: str, body: dict[str, str], cookie: str = "", **headers: str) -> httpx2.Response:
    """What somebody sends from another address than nginx has itself."""
    headers = {"Host": HOST, "Origin": f"http://{HOST}", "Cookie": cookie} | headers
    with httpx2.Client(transport=httpx2.HTTPTransport(local_address=CLIENT), timeout=60) as client:
        return client.post(f"http://127.0.0.1:{port}{path}", data=body, headers=headers)


@pytest.mark.skipif(bool(SERVER), reason="is the same on either engine")
def test_what_the_sample_promises(two, database, make, cookie_of, asker, thread):
    port, first, _second = two
    address = f"http://127.0.0.1:{port}"

    # The Host is kept: links and the check of hosts go by it.
    assert httpx2.get(f"{address}/threads/{thread.id}", headers={"Host": HOST}).status_code == 301
    assert httpx2.get(address, headers={"Host": "evil.example"}).status_code == 400

    # The cross-site rule works on plain http, by Origin and Host.
    comments, cookie = f"/posts/thread/{thread.id}/comments", cookie_of(asker)
    assert post(port, comments, {"body": "It does so here as well."}, cookie).status_code == 303
    assert post(port, comments, {"body": "x"}, cookie, Origin="http://evil.example").status_code == 403

    # The client's address is the one that connected to nginx, whatever it says of itself.
    forged = {"X-Forwarded-For": "6.6.6.6"}
    who = {"handle": "dora", "email": "dora@example.org", "password": "correct horse battery staple"}
    assert post(port, "/register", who, **forged).status_code == 303
    with database.reading() as session:
        assert session.scalars(select(AccountSession.address).order_by(AccountSession.id.desc())).first() == CLIENT

    # A body is limited by nginx, and by Porchlight below that.
    assert post(port, comments, {"body": "x" * 36_000_000}, cookie).status_code == 413
    assert post(port, comments, {"body": "x" * 2_000_000}, cookie).status_code == 413

    # Built files come from the folder, for good; Porchlight is not asked.
    asked = first.said().count("request")
    page = httpx2.get(f"{address}/", headers={"Host": HOST}).text
    style = re.search(r'href="(/static/[^"]+\.css)"', page)[1]
    reply = httpx2.get(f"{address}{style}", headers={"Host": HOST})
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/css")
    assert "immutable" in reply.headers["cache-control"]
    assert first.said().count(f"path={style}") == 0 < asked


def test_restarting_one_of_two_servers_loses_no_request_and_no_write(two, make, thread, database, cookie_of):
    port, _first, second = two
    writers = [make.account(reputation=100) for _ in range(20)]
    load = Load(port, host=HOST)
    page, comments = f"/threads/{make.thread().id}/sync-stops-halfway", f"/posts/thread/{thread.id}/comments"

    with load.running(*crowd(load, page, comments, [cookie_of(writer) for writer in writers])):
        before = second.webs
        second.signal(signal.SIGHUP)
        assert second.replaced(before), second.said()
        assert until(lambda: len(load.acknowledged) > 20 or bool(load.failures), 60)

    assert load.failures == []
    with database.reading() as session:
        assert Counter(session.scalars(select(Comment.source))) == Counter(load.acknowledged)


@pytest.mark.skipif(bool(SERVER), reason="is the same on either engine")
def test_stopping_and_killing_one_of_two_servers_loses_no_read(two, make, serve):
    port, _first, second = two
    load = Load(port, host=HOST)
    page = f"/threads/{make.thread().id}/sync-stops-halfway"
    readers = [threading.Thread(target=load.read, args=(page,), kwargs={"keep": keep}) for keep in (True, False) * 2]

    with load.running(*readers):
        assert second.stopped() == 0
        third = serve(
            "--no-worker",
            port=second.port,
            PORCHLIGHT_BASE_URL=f"http://{HOST}",
            PORCHLIGHT_TRUSTED_PROXIES="127.0.0.1",
        ).started(1)
        time.sleep(2.5)
        for pid in third.members:
            os.kill(pid, signal.SIGKILL)
        time.sleep(1)

    assert load.failures == []
    assert load.requests > 50


@pytest.mark.skipif(bool(SERVER), reason="is the same on either engine")
def test_events_pass_as_they_come_and_pages_may_be_buffered(tmp_path: Path, slowly: Callable[[], int]):
    folder, upstream = tmp_path / "nginx", slowly()
    folder.mkdir()
    with nginx(folder, upstream, upstream) as port:
        times = []
        with httpx2.stream("GET", f"http://127.0.0.1:{port}/live", headers={"Host": HOST}) as reply:
            for _chunk in reply.iter_bytes():
                times.append(time.monotonic())

    assert len(times) >= 3
    assert times[-1] - times[0] > 0.5, "the events came in one piece"


@pytest.fixture
def slowly() -> Iterator[Callable[[], int]]:
    """A server that sends three events, some time apart."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()

    def answer() -> None:
        client, _address = listener.accept()
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for number in range(3):
            client.sendall(b"data: %d\n\n" % number)
            time.sleep(0.4)
        client.close()

    thread = threading.Thread(target=answer, daemon=True)

    def start() -> int:
        thread.start()
        return int(listener.getsockname()[1])

    yield start
    listener.close()
