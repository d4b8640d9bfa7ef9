"""The release before this one, as its own code: taken out of the history, and put in the place of this one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.running import ROOT

PREVIOUS = "d863b992a871b5cdc543c8a77e25eab3d06cb541"
"""The last commit of the release before this one; a release moves it on, and its migrations may then be contracted."""
SCHEMA = "0023"
PARTS = ("forum", "moderation", "reputation", "support", "templates", "migrations")


def unpack(folder: Path) -> Path:
    """The previous release, ready to run. The assets are today's: an old page asks for no others."""
    if _git("rev-parse", "--is-shallow-repository") != (0, "false"):
        pytest.skip(f"The history does not reach back to {PREVIOUS}: fetch all of it (git fetch --unshallow).")
    if _git("cat-file", "-e", f"{PREVIOUS}^{{commit}}")[0]:
        pytest.fail(f"There is no commit {PREVIOUS}; name that of the release before this one.", pytrace=False)
    folder.mkdir()
    archive = subprocess.run(["git", "archive", PREVIOUS, *PARTS], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
    shutil.copytree(ROOT / "static" / "dist", folder / "static" / "dist")
    return folder


def _git(*words: str) -> tuple[int, str]:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


def replace(folder: Path) -> None:
    """Put this release into its place, as an installer does: one file after the other, while the old one runs."""
    for part in PARTS:
        shutil.rmtree(folder / part)
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))


def run(folder: Path, environ: dict[str, str], *words: str) -> str:
    """What a command of the release that lies in a folder says."""
    done = subprocess.run(
        [sys.executable, "-m", "forum", *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
