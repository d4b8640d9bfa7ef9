"""Dumps to import, real and made up, and the importing of them."""

from __future__ import annotations

import tarfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from forum.importers.actions import import_stackexchange
from forum.importers.discourse.actions import import_discourse
from tests.forum.importers.discourse import Folder, fill
from tests.shared_data import shared


@contextmanager
def quiet(_words, _total):
    yield lambda _count: None


@pytest.fixture(scope="session")
def conlang(tmp_path_factory) -> Path:
    """A whole small site."""
    folder = tmp_path_factory.mktemp("dump")
    with tarfile.open(shared("se-conlang.meta-2020-08.tar.xz")) as archive:
        archive.extractall(folder, filter="data")
    return folder / "conlang.meta-2020-08"


@pytest.fixture
def bring(database, tmp_path):
    """Import a folder, and say what the report says."""
    return lambda folder, **options: import_stackexchange(database, folder, var=tmp_path, progress=quiet, **options)


@pytest.fixture
def write(tmp_path):
    """A dump of one's own making: each table from its rows."""

    def write(name: str = "dump", **tables: list[dict[str, object]]) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for table, lines in tables.items():
            body = "".join("<row " + " ".join(f'{k}="{quoted(v)}"' for k, v in line.items()) + " />" for line in lines)
            text = f'\ufeff<?xml version="1.0" encoding="utf-8"?><{table.lower()}>{body}</{table.lower()}>'
            (folder / f"{table}.xml").write_text(text, encoding="utf-8")
        return folder

    return write


def quoted(value: object) -> str:
    text = str(value)
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\n", "&#xA;")):
        text = text.replace(char, entity)
    return text


@pytest.fixture
def folder(tmp_path) -> Folder:
    """A folder of what Discourse's API gave, still empty."""
    return Folder(tmp_path / "lamps")


@pytest.fixture
def lamps(folder) -> Folder:
    fill(folder)
    return folder


@pytest.fixture
def carry(site, tmp_path):
    """Import a folder of Discourse's, and say what the report says."""

    def carry(folder: Folder, **options):
        return import_discourse(
            site.database, site.storage, folder.root, var=tmp_path, progress=quiet, **{"cooks": 0} | options
        )

    return carry
