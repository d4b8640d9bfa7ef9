"""The overview misses no setting: every option that the code reads or sets has a row there, or is explained here."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from forum.admin.catalogue import AREA_WORDS, Area, by_area, settings_of
from forum.admin.simple import declared

ROOT = Path(__file__).parents[3]
PACKAGES = ("forum", "moderation", "reputation", "support")
NOT_SETTINGS = {
    "site.doors": "whether the site was opened, which happens once, at /setup",
    "setup.put_off": "which steps of the set-up are left for later",
    "setup.mail_works": "that a test letter went out",
    "setup.invited": "that an invitation went out",
    "demo.begun": "how far the demonstration came",
    "demo.accounts": "whom a visitor of the demonstration may be",
}
"""Options that hold how far something is, not how somebody wants it, each with what it is."""
FAMILIES = {
    ("forum/retention", "rule.option"): "retention.*",
    ("forum/admin", "self.option"): "(declared)",
    ("forum/admin", "one.option"): "(declared)",
}
"""Names that are made while the program runs: those of a package, and the simple settings, which have rows anyway."""


def found_in(source: str, module: str = "forum.options", path: str = "forum/x.py") -> Iterator[str]:
    """The names of the options that a source reads or sets; one that cannot be told comes back as it is written."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("option", "set_option") and len(node.args) > 1:
            yield _name(node.args[1], module, path)


def _name(given: ast.expr, module: str, path: str) -> str:
    if isinstance(given, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in given.values)
    try:
        return str(eval(ast.unparse(given), vars(importlib.import_module(module))))
    except NameError:
        written = ast.unparse(given)
        return FAMILIES.get((str(Path(path).parent), written), f"{path}: {written}")


@pytest.fixture(scope="module")
def used() -> set[str]:
    found: set[str] = set()
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            path = str(file.relative_to(ROOT))
            source = file.read_text()
            if "option(" in source and path != "forum/options.py":
                found.update(found_in(source, path.removesuffix(".py").replace("/", "."), path))
    return found - {"(declared)"}


@pytest.fixture
def rows(site, database, make):
    root = make.actor(make.admin())
    with database.reading() as session:
        return settings_of(site.slots, session, root)


def _fits(name: str, other: str) -> bool:
    return fnmatchcase(name, other) or fnmatchcase(other, name)


def test_every_option_has_a_row_or_is_explained(used, rows):
    known = {name for row in rows for name in row.options} | NOT_SETTINGS.keys()
    missing = sorted(name for name in used if not any(_fits(name, one) for one in known))

    assert len(used) > 15
    assert missing == [], "give these a row in the overview (forum/admin/catalogue.py), or say in NOT_SETTINGS why not"


def test_nothing_is_listed_that_is_gone(site, used, rows):
    here = used | {one.option for one in declared(site.slots)}
    listed = {name for row in rows for name in row.options} | NOT_SETTINGS.keys()

    assert sorted(name for name in listed if not any(_fits(name, one) for one in here)) == []
    assert [name for name in NOT_SETTINGS if any(name in row.options for row in rows)] == []


def test_an_option_is_found_however_it_is_named():
    source = 'option(session, "a.b", 1); set_option(session, f"c.{x}", 2); options.option(s, T, 3); option(s, y.z, 4)'

    assert list(found_in(source)) == ["a.b", "c.*", str(importlib.import_module("forum.options").T), "forum/x.py: y.z"]


def test_only_one_module_touches_the_table_of_options():
    """Else an option could be read past the look-out above."""
    touching = [
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom)
        and node.module == "forum.options"
        and not {one.name for one in node.names}
        <= {"option", "set_option", "hold_options", "know_options", "EveryOption"}
    ]

    assert touching == ["forum/setup/actions.py"], "which locks a row that it has read by its name"


def test_a_row_says_what_it_does_and_leads_to_where_it_is_changed(rows, browser, make):
    browser.sign_in(make.admin("root"))

    assert len({row.name for row in rows}) == len(rows) > 30
    for row in rows:
        assert row.words.endswith("."), row.name
        assert row.default, row.name
        assert not row.changed, f"{row.name} says of a new site that it was changed: {row.now}"
    for href in {row.href for row in rows}:
        page = browser.get(href)
        assert page.status_code == 200
        _path, _, anchor = href.partition("#")
        assert not anchor or f'id="{anchor}"' in page.text, href


def test_the_areas_stand_in_their_order_each_with_its_rows(rows):
    found = by_area(rows)

    assert list(found) == list(Area) == list(AREA_WORDS)
    assert sum(len(those) for those in found.values()) == len(rows)
