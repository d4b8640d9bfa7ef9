"""`porchlight check`: what is wrong with a set-up, and what to do."""

import shutil
import socket
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from typer.testing import CliRunner

from forum import checks, cli
from forum.app import build_site
from forum.checks import check
from forum.clock import now
from forum.jobs import Job, Worker
from forum.options import set_option
from tests.sign_in_provider import running_provider

HERE = "http://127.0.0.1:8000"
PUBLIC = {
    "base_url": "https://community.example.com",
    "trusted_proxies": ("127.0.0.1",),
    "mail_from": "Help <help@example.com>",
}


def findings(site) -> dict[str, tuple[bool, str]]:
    return {finding.what: (finding.well, finding.words) for finding in check(site)}


def remedies(site) -> dict[str, str]:
    return {finding.what: finding.remedy for finding in check(site) if not finding.well}


@pytest.fixture
def looked_at(settings):
    """What is found with other settings."""

    def looked_at(**changes):
        site = build_site(replace(settings, **changes), durable=False)
        try:
            return findings(site)
        finally:
            site.database.dispose()

    return looked_at


@pytest.fixture
def running(database, make):
    """Somebody runs the site, and a worker lives."""
    make.admin()
    with database.writing() as session:
        session.add(Worker(name="here", seen_at=now()))


def test_a_sound_set_up_is_all_well(running, looked_at):
    assert {what: words for what, (well, words) in looked_at(base_url=HERE).items() if not well} == {}


def test_a_silent_worker_dead_letters_and_a_missing_admin_are_named(site, database):
    with database.writing() as session:
        session.add(Job(kind="mail", payload={}, run_at=now(), dead_at=now(), error="no such host"))

    found = findings(site)
    assert not found["worker"][0]
    assert found["jobs"] == (False, "1 has failed for good")
    assert found["admin"] == (False, "nobody runs the site yet")
    assert remedies(site)["admin"] == "Run: porchlight create-account HANDLE --email ADDRESS --role admin"


def test_a_site_that_is_being_set_up_says_where_that_goes_on(site, database):
    with database.writing() as session:
        set_option(session, "site.doors", {"code": "x", "opened": False})

    assert not findings(site)["doors"][0]
    assert remedies(site)["admin"].startswith("Open /setup with the code")


def test_the_demonstration_is_no_site_of_one_s_own(site, database):
    with database.writing() as session:
        set_option(session, "demo.accounts", [{"handle": "ana"}])

    assert findings(site)["content"] == (False, "this database holds the demonstration")


def test_an_unreachable_database_is_said_in_one_line_and_nothing_of_what_is_in_it(looked_at):
    found = looked_at(database_url="postgresql+psycopg://nobody@127.0.0.1:9/none", base_url=HERE)

    assert [what for what, (well, _words) in found.items() if not well] == ["database"]
    assert "\n" not in found["database"][1]
    assert not {"schema", "worker", "admin"} & found.keys()


def test_a_database_behind_the_program_is_told_to_migrate(settings, tmp_path):
    (tmp_path / "empty.sqlite3").touch()
    site = build_site(replace(settings, database_url=f"sqlite:///{tmp_path / 'empty.sqlite3'}"))

    assert remedies(site)["schema"] == "Run: porchlight migrate"


def test_mail_and_redis_that_do_not_answer_are_named(looked_at):
    found = looked_at(**PUBLIC | {"smtp_url": "smtp://127.0.0.1:9", "redis_url": "redis://127.0.0.1:9/0"})

    assert not found["mail"][0]
    assert not found["Redis"][0]


class Doorkeeper:
    """A real SMTP server that lets one user in; it notes whatever is sent."""

    def __init__(self):
        self.sent = []

    def __call__(self, server, session, envelope, mechanism, given):
        return AuthResult(success=given.login == b"site" and given.password == b"secret", handled=False)

    async def handle_DATA(self, server, session, envelope):
        self.sent.append(envelope)
        return "250 OK"


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_the_mail_server_is_greeted_and_signed_in_to_and_nothing_is_sent(looked_at):
    keeper = Doorkeeper()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(
        keeper, hostname="127.0.0.1", port=port, authenticator=keeper, auth_required=True, auth_require_tls=False
    )
    controller.start()
    try:
        assert looked_at(**PUBLIC, smtp_url=f"smtp://site:secret@127.0.0.1:{port}")["mail"][0]
        well, words = looked_at(**PUBLIC, smtp_url=f"smtp://site:wrong@127.0.0.1:{port}")["mail"]
    finally:
        controller.stop()

    assert not well
    assert "535" in words
    assert keeper.sent == []


@pytest.mark.parametrize(
    ("changes", "what", "words"),
    [
        ({"base_url": "http://community.example.com"}, "address", "links in mail lead to http://community.example.com"),
        ({"trusted_proxies": ()}, "proxy", "no proxy is trusted"),
        ({"smtp_url": None}, "mail", "goes into files in"),
        ({"mail_from": "Porchlight <porchlight@localhost>", "smtp_url": "smtp://127.0.0.1:9"}, "mail", "most servers"),
    ],
)
def test_what_a_public_site_needs_is_asked_for(running, looked_at, changes, what, words):
    well, said = looked_at(**PUBLIC | changes)[what]

    assert not well
    assert words in said


def test_a_full_disk_and_a_secret_that_others_read_are_named(looked_at, settings, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9, 10**6))
    (settings.var / "secret").write_text(settings.secret)
    (settings.var / "secret").chmod(0o644)
    found = looked_at()

    assert not found["disk"][0]
    assert "can be read by others" in found["secret"][1]
    (settings.var / "secret").chmod(0o600)
    assert looked_at()["secret"][0]


def test_a_clock_that_goes_wrong_is_told_by_that_of_the_database(looked_at, site, monkeypatch):
    if site.database.dialect == "sqlite":
        assert "clock" not in looked_at()
        return
    assert looked_at()["clock"][0]
    monkeypatch.setattr(checks, "APART", -checks.APART)
    assert not looked_at()["clock"][0]


def test_an_old_postgresql_is_named(looked_at, site, monkeypatch):
    monkeypatch.setattr(checks, "OLDEST_POSTGRESQL", 99)

    assert ("version" in looked_at()) == (site.database.dialect == "postgresql")


def everything_below(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_looking_makes_nothing(tmp_path):
    env = {"PORCHLIGHT_VAR": str(tmp_path / "var")}
    done = CliRunner().invoke(cli.main, ["check"], env=env)

    assert done.exit_code == 1
    assert "BAD  database: there is none yet at" in done.stdout
    assert "Run: porchlight serve, or porchlight migrate" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_looking_at_what_is_there_changes_nothing(tmp_path):
    env = {"PORCHLIGHT_VAR": str(tmp_path / "var")}
    words = ["create-account", "rosa", "--email", "rosa@example.org", "--password-stdin"]
    CliRunner().invoke(cli.main, words, env=env, input="four plain words here\n")
    before = everything_below(tmp_path)
    done = CliRunner().invoke(cli.main, ["check"], env=env)

    assert "BAD  worker: has not been heard of in the last minute" in done.stdout
    assert "ok   schema: is at the newest revision" in done.stdout
    assert everything_below(tmp_path) == before


def test_the_exit_status_says_whether_all_is_well(settings, running):
    env = {
        "PORCHLIGHT_VAR": str(settings.var),
        "PORCHLIGHT_DATABASE_URL": settings.database_url,
        "PORCHLIGHT_SECRET": settings.secret,
    }
    done = CliRunner().invoke(cli.main, ["check"], env=env)

    assert (done.exit_code, "BAD" in done.stdout) == (0, False), done.stdout


def test_a_sign_in_provider_that_answers_is_well_and_the_way_back_is_named(looked_at):
    with running_provider("") as provider:
        given = {"oidc_issuer": provider.address, "oidc_name": "Example", "oidc_client_id": "x", "base_url": HERE}
        assert looked_at(**given)["sign-in provider"] == (
            True,
            f"Example answers; the address to give it for the way back is {HERE}/login/oidc/callback",
        )
        provider.broken = 500
        well, words = looked_at(**given)["sign-in provider"]
        assert not well
        assert "500" in words
        provider.broken = 0
        well, words = looked_at(**given | {"oidc_issuer": f"{provider.address}/"})["sign-in provider"]
        assert not well
        assert "it calls itself" in words


def test_without_one_nothing_is_said_of_it(looked_at):
    assert "sign-in provider" not in looked_at()
