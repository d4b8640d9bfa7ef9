"""How fast an import goes, and that its memory does not grow with the dump.

The real command imports a real site, and the same site made many times larger. Posts are
questions and answers; people, comments, revisions, tags and bookmarks come on top and are in
the time. With `PORCHLIGHT_BENCH=smoke` the larger dump is only twice as large.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from forum.threads.models import Answer, Thread
from tests.conftest import SECRET
from tests.forum.importers.multiply import multiply
from tests.packaging.serving import environment
from tests.shared_data import shared

pytestmark = pytest.mark.bench
ROOT = Path(__file__).parents[2]
SMOKE = os.environ.get("PORCHLIGHT_BENCH") == "smoke"
SIZES = (1, 2) if SMOKE else (1, 20)


@dataclass(frozen=True)
class Imported:
    seconds: float
    cpu: float
    megabytes: float
    """The most that the largest of its processes took."""


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dump")
    with tarfile.open(shared("se-ai-2016-12.tar.xz")) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.rglob("Posts.xml")).parent


def test_the_rate_of_an_import(database, database_url, dump, tmp_path):
    print(f"\n\n{database.dialect:12}{'posts':>8}{'seconds':>9}{'posts/s':>9}{'CPU s':>8}{'a core':>8}{'MB':>6}")
    before = 0
    for times in SIZES:
        folder = multiply(dump, times, tmp_path / f"times-{times}")
        took = run(folder, database_url, tmp_path / "var")
        with database.reading() as session:
            there = sum(session.scalar(select(func.count()).select_from(model)) or 0 for model in (Thread, Answer))
        posts, before = there - before, there
        print(
            f"{f'times {times}':12}{posts:8}{took.seconds:9.1f}{posts / took.seconds:9.0f}{took.cpu:8.1f}"
            f"{posts / took.cpu:8.0f}{took.megabytes:6.0f}"
        )
        assert posts


def run(folder: Path, database_url: str, var: Path) -> Imported:
    env = environment(var, PORCHLIGHT_DATABASE_URL=database_url, PORCHLIGHT_SECRET=SECRET)
    command = [sys.executable, "-m", "forum", "import", "stackexchange", str(folder)]
    began = time.monotonic()
    child = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _pid, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return Imported(time.monotonic() - began, _cpu(used), used.ru_maxrss / 1024)


def _cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime
