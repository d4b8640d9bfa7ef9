"""The cooking beside an import: the same texts, no matter who cooks them, and nobody left in the kitchen afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from forum.importers import actions, dishes
from forum.importers.dishes import Dish
from forum.importers.kitchen import Kitchen, cooks_for, kitchen
from forum.markup import cook
from forum.threads.models import Answer, Comment, Thread
from reputation.ledger import rebuild

ROOT = Path(__file__).parents[3]
TEXTS = [Dish(f"Turn *lamp {number}* off, then [on](https://example.org/{number}).") for number in range(130)]


@pytest.fixture
def two_cooks() -> Iterator[Kitchen]:
    with kitchen(2) as place:
        yield place


def cooks_of(parent: int) -> list[int]:
    """The cooks that a process started, wherever they hang since, as /proc shows them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            session = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[3])
        except (OSError, IndexError):
            continue
        if b"forum.importers.cook" in words and session == parent:
            found.append(int(folder.name))
    return found


def until(holds: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not holds():
        time.sleep(0.02)
    return holds()


def test_cooks_serve_what_would_have_been_cooked_here_in_the_order_asked(two_cooks):
    assert two_cooks.order(TEXTS)() == dishes.serve(TEXTS)


def test_a_text_is_taken_from_its_html_where_its_markdown_cannot_be_cooked():
    tangled = "> " * 60 + "deep"

    assert dishes.serve([Dish(tangled)]) == [None]
    assert dishes.serve([Dish(tangled, "<p>Plain.</p>")])[0].source == "Plain."
    assert dishes.serve([Dish(None, "<p>Plain.</p>")])[0].source == "Plain."


def test_what_a_cook_died_over_is_cooked_here(two_cooks):
    waiting = two_cooks.order(TEXTS)
    for one in two_cooks._cooks:
        one.process.kill()

    assert waiting() == two_cooks.order(TEXTS)() == dishes.serve(TEXTS)


def test_a_failure_while_cooking_is_the_failure_of_the_import(two_cooks):
    with pytest.raises(TypeError):
        two_cooks.order([Dish(5)])()
    assert two_cooks.order(TEXTS)() == dishes.serve(TEXTS)


def test_one_core_or_a_small_dump_needs_no_cooks(tmp_path, monkeypatch):
    posts = tmp_path / "Posts.xml"
    posts.write_bytes(b" " * 1024 * 1024)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    assert cooks_for(posts) == 2
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {1})
    assert cooks_for(posts) == 0
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    posts.write_bytes(b" " * 1024)
    assert cooks_for(posts) == 0


def test_an_import_with_cooks_keeps_each_text_with_its_post(bring, conlang, database):
    bring(conlang, cooks=2)
    with database.reading() as session:
        posts = [post for model in (Thread, Answer, Comment) for post in session.scalars(select(model))]
        differences = list(rebuild.check(session, lambda _count: None))

    assert len(posts) == 54 + 115 + 230
    for post in posts:
        assert post.html == cook(post.source, limit=256 * 1024).html
    assert differences == []


def test_no_more_than_three_batches_are_ever_being_cooked(bring, write, monkeypatch):
    """So that memory stays flat however fast a dump is read."""
    order, most, now = Kitchen.order, 0, 0

    def counted(self, texts):
        nonlocal most, now
        served, now = order(self, texts), now + 1
        most = max(most, now)

        def serve():
            nonlocal now
            now -= 1
            return served()

        return serve

    monkeypatch.setattr(Kitchen, "order", counted)
    monkeypatch.setattr(actions, "batches", lambda things: ([one] for one in things))
    comment = {"PostId": 1, "Score": 0, "Text": "So it is.", "CreationDate": "2019-05-01T10:00:00"}
    post = {"Id": 1, "PostTypeId": 1, "CreationDate": "2019-05-01T10:00:00", "Score": 1, "Body": "?", "Title": "How"}
    bring(write(Posts=[post], Comments=[comment | {"Id": number} for number in range(20)]))

    assert (most, now) == (3, 0)


def test_a_number_that_stands_twice_in_a_dump_is_one_thing(bring, write, database, monkeypatch):
    monkeypatch.setattr(actions, "batches", lambda things: ([one] for one in things))
    post = {"Id": 1, "PostTypeId": 1, "CreationDate": "2019-05-01T10:00:00", "Score": 1, "Body": "?", "Title": "How"}
    bring(write(Posts=[post, post | {"Title": "How else"}]))

    with database.reading() as session:
        assert session.scalars(select(Thread.title)).all() == ["How else"]


@pytest.fixture
def importing(conlang, database_url, tmp_path) -> Iterator[subprocess.Popen[bytes]]:
    """The command at work with two cooks, in a session of its own."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom forum.settings import Settings\nfrom forum.app import build_site\n"
        "from forum.importers.actions import import_stackexchange\nfrom forum.progress import progress\n"
        "url, folder, var = sys.argv[1:]\n"
        "site = build_site(Settings(database_url=url, var=Path(var), secret='x' * 32))\n"
        "import_stackexchange(site.database, Path(folder), var=Path(var), progress=progress, cooks=2)\n"
    )
    command = [sys.executable, "-c", script, database_url, str(conlang), str(tmp_path)]
    child = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE)
    yield child
    if child.poll() is None:
        child.kill()
    child.communicate()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_an_import_that_is_ended_leaves_no_cook_behind(importing, database, bring, conlang, sent):
    def answers() -> int:
        with database.reading() as session:
            return session.scalar(select(func.count()).select_from(Answer))

    assert until(lambda: answers() > 0 or importing.poll() is not None, 60)
    os.killpg(importing.pid, sent)  # as a terminal does
    importing.wait(timeout=20)

    assert until(lambda: cooks_of(importing.pid) == [], 10)
    bring(conlang)
    assert answers() == 115
