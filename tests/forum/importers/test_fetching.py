"""Fetching from a site that answers as Discourse does: at its pace, whole, and nothing twice."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from forum.cli import main
from forum.importers.discourse.fetch import Site, fetch
from forum.importers.dump import DumpError
from forum.importers.run import Report
from forum.threads.models import Answer, Thread
from forum.uploads.models import File
from tests.forum.importers.conftest import quiet
from tests.forum.importers.discourse import ANA, BO, CATEGORIES, PNG, post, topic

KEY = "a-key-that-nobody-guesses"


class Discourse(ThreadingHTTPServer):
    """Topics 1 to 5, of which 3 is gone and 4 was deleted; ten topics a page, five posts at once."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked: list[str] = []
        self.keys: list[str | None] = []
        self.busy = 0
        self.broken: set[str] = set()
        picture = "![x](upload://abcDEF123.png) ![gone](upload://gone.png)"
        self.topics = {
            number: topic(
                number,
                f"Topic number {number}",
                [post(number * 100 + place, (ANA, BO)[place % 2], place, picture) for place in range(1, 13)],
            )
            for number in range(1, 6)
        }
        self.elsewhere: str | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answers(BaseHTTPRequestHandler):
    server: Discourse

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        self.server.asked.append(self.path)
        self.server.keys.append(self.headers.get("Api-Key"))
        if self.headers.get("Api-Key") != KEY:
            return self._say(403, {"errors": ["no"], "error_type": "invalid_access"})
        if self.server.busy:
            self.server.busy -= 1
            header = {"Retry-After": "7"} if self.server.busy % 2 else {}
            return self._say(429, {"error_type": "rate_limit", "extras": {"wait_seconds": 9}}, **header)
        if parts.path in self.server.broken:
            return self._say(502, {})
        return self._answer(parts.path, query)

    def _answer(self, path: str, query: dict[str, list[str]]) -> None:
        numbers = sorted(self.server.topics)
        if path == "/site.json":
            return self._say(200, {"categories": list(CATEGORIES), "uncategorized_category_id": 1})
        if path == "/latest.json":
            page = int(query["page"][0])
            listed = [self.server.topics[one] for one in numbers[page * 2 : page * 2 + 2]]
            short = [{k: v for k, v in one.items() if k != "post_stream"} for one in listed]
            more = {"more_topics_url": "/latest?page=9"} if numbers[page * 2 + 2 :] else {}
            return self._say(200, {"topic_list": {"topics": short} | more})
        if path.startswith("/t/"):
            number = int(path.split("/")[2].removesuffix(".json"))
            if number in (3, 4):
                return self._say(404 if number == 3 else 410, {"errors": ["gone"]})
            whole = self.server.topics[number]
            posts = whole["post_stream"]["posts"]
            if path.endswith("/posts.json"):
                wanted = {int(one) for one in query["post_ids[]"]}
                return self._say(200, {"post_stream": {"posts": [one for one in posts if one["id"] in wanted]}})
            stream = {"posts": posts[:5], "stream": [one["id"] for one in posts]}
            return self._say(200, whole | {"post_stream": stream})
        if path == "/u/ana.json" or path == "/u/Ana.json":
            return self._say(200, {"user": ANA | {"email": "ana@private.example", "ip_address": "10.0.0.1"}})
        if path == "/uploads/short-url/abcDEF123.png":
            self.send_response(302)
            self.send_header("Location", self.server.elsewhere or "/uploads/original/x.png")
            self.end_headers()
            return None
        if path == "/uploads/original/x.png":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PNG)
            return None
        return self._say(404, {"errors": ["not found"]})

    def _say(self, status: int, answer: object, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_args: object) -> None:
        return


@pytest.fixture
def serving():
    """Starts such sites, and ends them."""
    running: list[Discourse] = []

    def start() -> Discourse:
        server = Discourse()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def there(serving) -> Discourse:
    return serving()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def get(there, folder, pauses):
    def get(key: str = KEY) -> Report:
        report = Report()
        fetch(Site(there.address, key, sleep=pauses.append), folder.root, quiet, report)
        return report

    return get


def test_what_was_fetched_is_imported(there, folder, pauses, carry, database):
    asked = Site(there.address, KEY, sleep=pauses.append)
    report = carry(folder, fetch=lambda show, report: fetch(asked, folder.root, show, report))

    assert (report.added["questions"], report.added["answers"], report.added["files"]) == (3, 33, 1)
    assert report.skipped["fetched topics", "it was removed, or is not for this key"] == 2
    with database.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(model)) for model in (Thread, Answer, File)]
    assert counts == [3, 33, 1]


def test_a_second_fetching_asks_for_what_moved_alone(there, get, folder):
    get()
    before = len(there.asked)
    report = get()
    assert report.added.total() == 0
    assert not [
        path for path in there.asked[before:] if path.startswith(("/t/1.", "/t/2.", "/t/5.", "/uploads/short-url/abc"))
    ]
    there.topics[2]["post_stream"]["posts"].append(post(999, BO, 13, "More"))
    there.topics[2] |= {"posts_count": 13, "last_posted_at": "2020-01-01T00:00:00Z"}

    assert get().added["fetched topics"] == 1
    assert "More" in "".join(file.read_text() for file in folder.root.glob("topics/2*.json"))


def test_it_waits_as_long_as_the_site_says(there, get, pauses):
    there.busy = 3
    get()

    assert pauses == [9.5, 7.5, 9.5]


def test_a_site_that_stays_busy_or_broken_ends_it_in_one_line_and_it_goes_on_later(there, get, folder):
    there.broken = {"/t/2.json"}
    with pytest.raises(DumpError, match="answered 502") as refusal:
        get()
    assert "\n" not in str(refusal.value)
    assert KEY not in str(refusal.value)
    assert (folder.root / "topics" / "1.json").exists()
    there.broken, before = set(), len(there.asked)
    get()

    assert not [path for path in there.asked[before:] if path.startswith("/t/1.")]
    assert (folder.root / "topics" / "2.json").exists()
    there.busy = 10**6
    with pytest.raises(DumpError, match="too often"):
        get()


def test_a_wrong_key_is_said(get, folder):
    with pytest.raises(DumpError, match="refuses this key"):
        get("another-key")


def test_the_key_goes_to_no_other_host(there, serving, get, folder):
    elsewhere = serving()
    there.elsewhere = f"{elsewhere.address}/uploads/original/x.png"
    get()

    assert elsewhere.asked
    assert set(elsewhere.keys) == {None}


def test_a_key_is_never_sent_in_the_clear_nor_written_down(there, get, folder):
    with pytest.raises(DumpError, match="https"):
        Site("http://forum.example.org", KEY)
    for address in ("ftp://x", "https://", "forum.example.org", "https://a:b@c.example"):
        with pytest.raises(DumpError):
            Site(address, KEY)
    get()

    assert KEY not in repr(Site(there.address, KEY))
    assert not [file for file in folder.root.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]


def test_what_admins_see_of_people_is_not_kept(get, folder):
    get()
    said = "".join(file.read_text() for file in folder.root.glob("users/*.json"))

    assert "I fix lamps" in said
    assert "ana@private.example" not in said
    assert "10.0.0.1" not in said


def test_a_half_written_file_is_none(get, folder, carry):
    get()
    (folder.root / "topics" / ".7.json.part").write_text('{"id": 7, "ti')

    assert carry(folder).added["questions"] == 3


def test_it_is_asked_for_by_a_command(there, monkeypatch, tmp_path, database_url):
    key = tmp_path / "key"
    key.write_text(f"{KEY}\n")
    for name, value in {"DATABASE_URL": database_url, "VAR": str(tmp_path / "var"), "SECRET": "x" * 40}.items():
        monkeypatch.setenv(f"PORCHLIGHT_{name}", value)
    run = CliRunner().invoke(main, ["import", "discourse", there.address, "--key-file", str(key)])
    assert run.exit_code == 0, run.output
    assert "33" in run.output
    assert KEY not in run.output
    assert CliRunner().invoke(main, ["import", "discourse", there.address]).exit_code == 1
    assert CliRunner().invoke(main, ["import", "discourse", str(tmp_path / "none")]).exit_code == 1
