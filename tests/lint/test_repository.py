"""What git tracks names no machine and no registry, and what is locked is locked whole.

A lock file records where it was made: a mirror's address, a folder of somebody's machine. It then installs there and
nowhere else, and the failure looks like the network's. Hashes say what a file is; any index may say where.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.lint.templates import ROOT, complaints

# In pieces, or this file would be the first to be found.
HOSTS = [
    f"{name}.{end}" for name, end in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))
]
FOLDERS = [f"/{name}/" for name in ("root", "work", "opt/wheels", "opt/pypi")]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
MADE = re.compile(r"\.(sqlite3|db|log|eml|pyc)(-wal|-shm)?$|(^|/)(secret|\.env)$")
BUNDLED = re.compile(r"\.min\.(js|css)$|(^|/)(vendor|node_modules)/")


def test_no_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    assert complaints(_names(HOSTS + FOLDERS)) == ""


def test_no_code_of_others_is_tracked() -> None:
    assert [name for name in _tracked() if BUNDLED.search(name)] == []


def test_nothing_that_a_site_makes_while_it_runs_is_tracked() -> None:
    """A folder of somebody's trial run went in once, its secret and its database with it."""
    assert [name for name in _tracked() if MADE.search(name)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_has_its_hashes_and_no_address(lock: Path) -> None:
    pins = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", lock.read_text(), flags=re.MULTILINE).strip())

    assert [pin for pin in pins if not re.match(r"[\w.-]+==\S+( ; [^\n]*)? \\\n +--hash=sha256:", pin)] == []
    assert "://" not in lock.read_text()


def test_every_requirement_is_pinned_within_its_range() -> None:
    """Otherwise the editable install would fetch what no lock has seen, or fail where it may not."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"].values()
    wanted = {"runtime": [*project["project"]["dependencies"], *(line for lines in extras for line in lines)]}
    wanted |= project["dependency-groups"]

    assert complaints(line for name, lines in wanted.items() for line in _unpinned(name, lines)) == ""


def test_the_scripts_lock_records_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert [name for name, package in packages.items() if "resolved" in package or "integrity" not in package] == []


def _unpinned(name: str, lines: list[str]) -> Iterator[str]:
    text = (ROOT / "requirements" / f"{name}.lock").read_text()
    pins = {canonicalize_name(one): version for one, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}
    for requirement in map(Requirement, lines):
        version = pins.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement} is not pinned in {name}.lock: run `make lock`"


def _names(words: list[str]) -> Iterator[str]:
    for name in _tracked():
        try:
            text = (ROOT / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        yield from (f"{name}: {word}" for word in words if word in text)


def _tracked() -> list[str]:
    try:
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        if "CI" in os.environ:
            raise
        pytest.skip("This is no git checkout.")
    return listed.stdout.splitlines()
