"""What `porchlight serve` says to whoever starts it, and what it refuses to serve as a demonstration."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from forum import cli
from forum.options import set_option
from forum.serving.master import Master
from forum.web.metrics import SHARED_FOLDER
from tests.forum.test_serve import answers, until

ROOT = Path(__file__).resolve().parents[3]
CODE = re.compile("([2-9A-Z]{4}-){3}[2-9A-Z]{4}")


@pytest.fixture
def env(settings):
    return {
        "PORCHLIGHT_VAR": str(settings.var),
        "PORCHLIGHT_DATABASE_URL": settings.database_url,
        "PORCHLIGHT_SECRET": settings.secret,
    }


@pytest.fixture
def serve(env, monkeypatch):
    """Start it as far as the moment at which it would begin to listen for good."""
    monkeypatch.setattr(Master, "run", lambda _self: 0)
    monkeypatch.setattr("forum.serving.web.leave", sys.exit)
    monkeypatch.setenv(SHARED_FOLDER, "")  # which `serve` sets for its children, and here for tests to come

    def serve(*options, **more):
        return CliRunner().invoke(cli.main, ["serve", "--port", "0", *options], env=env | more)

    return serve


def create(env, *options):
    words = ["create-account", "rosa", "--email", "rosa@example.org", "--password-stdin", *options]
    return CliRunner().invoke(cli.main, words, env=env, input="four plain words here\n")


def test_it_prints_a_code_until_there_is_an_admin(serve, env):
    first, second = serve(), serve()
    codes = [CODE.search(done.stdout).group() for done in (first, second)]

    assert "Open http://127.0.0.1:8000/setup and give this code" in first.stdout
    assert codes[0] != codes[1]
    assert create(env, "--role", "admin").exit_code == 0
    done = serve()
    assert CODE.search(done.stdout) is None
    assert "This site is not open yet. Go on as its admin at http://127.0.0.1:8000/setup" in done.stdout


def test_for_machines_the_code_is_a_line_of_the_log(serve):
    done = serve(PORCHLIGHT_LOG_FORMAT="json")
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]

    (line,) = [line for line in lines if "code" in line]
    assert CODE.fullmatch(line["code"])
    assert line["setup"] == "http://127.0.0.1:8000/setup"
    assert "code" not in done.stdout


def test_an_admin_made_in_a_shell_first_makes_a_site_that_is_open_at_once(serve, env, site):
    assert create(env, "--role", "admin").exit_code == 0
    done = serve()

    assert "setup" not in done.stdout
    with site.database.reading() as session:
        assert site.doors.look(session)


def test_nobody_else_can_use_the_code_once_a_shell_has_made_an_admin(serve, env, browser, site):
    code = CODE.search(serve().stdout).group()
    site.doors.known_open = False
    create(env, "--role", "admin")
    eve = {"code": code, "handle": "eve", "email": "eve@example.org", "password": "four plain words here"}

    assert browser.post("/setup", eve).status_code == 409


@pytest.mark.parametrize(
    "options", [("--host", "0.0.0.0"), ("--host", "::"), ("--host", "192.0.2.1"), ("--socket", "web.sock")]
)
def test_a_demonstration_is_served_to_this_machine_only(serve, options):
    done = serve(*options, PORCHLIGHT_DEMO="1")

    assert done.exit_code == 1
    assert "demo mode serves this machine only" in done.stderr


def test_a_site_of_one_s_own_is_never_served_as_a_demonstration(serve, env, make):
    make.account("eva")
    for words in (["serve", "--port", "0"], ["demo"]):
        done = CliRunner().invoke(cli.main, words, env=env | {"PORCHLIGHT_DEMO": "1"})
        assert done.exit_code == 1
        assert "this database holds a site of your own" in done.stderr


def test_a_demonstration_is(serve, database):
    with database.writing() as session:
        set_option(session, "demo.accounts", [{"handle": "ana"}])

    assert serve(PORCHLIGHT_DEMO="1").exit_code == 0


def test_the_server_itself_begins_with_the_first_step(env, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    with (tmp_path / "log").open("w+") as log:
        command = [sys.executable, "-m", "forum", "serve", "--no-worker", "--port", str(port)]
        server = subprocess.Popen(command, cwd=ROOT, env=clean | env, stdout=log, stderr=log)
        try:
            assert until(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
            front = httpx2.get(f"http://127.0.0.1:{port}/")
            api = httpx2.get(f"http://127.0.0.1:{port}/api/v1/threads")
            log.seek(0)
            printed = log.read()
        finally:
            server.terminate()
            server.wait(timeout=20)

    assert (front.status_code, front.headers["location"]) == (303, "/setup")
    assert api.status_code == 503
    assert CODE.search(printed)


def test_a_server_that_stopped_takes_nothing_apart(serve, monkeypatch):
    left = []
    monkeypatch.setattr("forum.serving.web.leave", left.append)
    serve()

    assert left == [0]


def test_a_job_worker_that_stopped_takes_nothing_apart(env, monkeypatch):
    left = []
    monkeypatch.setattr("forum.serving.web.leave", lambda: left.append(0))
    monkeypatch.setattr("forum.jobs.Workshop.run", lambda _self, _stop: None)
    monkeypatch.setattr("signal.signal", lambda *_given: None)
    CliRunner().invoke(cli.main, ["worker"], env=env)

    assert left == [0]
