"""Programs of Debian's that a test runs as they come: in CI a missing one is a failure, elsewhere a skip."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SYSTEM = "/usr/sbin:/usr/bin:/sbin:/bin"


def program(name: str, package: str, where: str = SYSTEM) -> Path:
    """Where a program lies."""
    found = shutil.which(name, path=where)
    if found is None:
        line = f"There is no {name}; install it with: apt install {package}"
        if os.environ.get("CI"):
            pytest.fail(line, pytrace=False)
        pytest.skip(line)
    return Path(found)


@contextmanager
def folder_of(user: str) -> Iterator[Path]:
    """An empty folder that belongs to a user; what `tmp_path` gives, only its owner may enter."""
    folder = Path(tempfile.mkdtemp(prefix="porchlight-"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam(user)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_as(user: str, *words: str | Path) -> str:
    """What a command says, run as somebody else where this is root; a failure shows what it said."""
    command = [str(word) for word in words]
    if os.geteuid() == 0:
        command = ["runuser", "-u", user, "--", *command]
    done = subprocess.run(
        command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
    return done.stdout
