"""A migration runs while the release before it still serves: it adds, and takes nothing away that old code uses.

`porchlight serve` migrates on SIGHUP, and the old processes go on for seconds, on several hosts for minutes. So a
migration expands: new tables, new columns that old code need not fill, new indexes. What a later release no longer
uses is taken away by a migration of its own (`contracts = "…"`, which says since which release nothing uses it).
docs/adr/0030-upgrades-without-a-stop.md tells more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.previous import SCHEMA

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"
SINCE = sorted(path for path in VERSIONS.glob("[0-9]*.py") if path.name[:4] > SCHEMA)
TAKES_AWAY = {"drop_table", "drop_column", "rename_table", "drop_constraint"}
BINDS = {"create_unique_constraint", "create_check_constraint", "create_foreign_key", "create_exclude_constraint"}
SQL = re.compile(
    r"(?i)\b(drop\s+(table|column)|rename\s+(to|column)|alter\s+column|set\s+not\s+null|add\s+constraint)\b"
)


def found(source: str) -> list[str]:
    """What in a migration, its `downgrade` aside, old code would stumble over."""
    tree = ast.parse(source)
    if any(isinstance(one, ast.Assign) and _names(one) == {"contracts"} and _says(one.value) for one in tree.body):
        return []
    kept = [one for one in tree.body if not (isinstance(one, ast.FunctionDef) and one.name == "downgrade")]
    made = {str(_word(call, 0)) for call in _calls(kept) if _called(call) == "create_table"}
    return [words for call in _calls(kept) if (words := _wrong(call, made))]


def _wrong(call: ast.Call, made: set[str]) -> str:
    name, line = _called(call), f"line {call.lineno}"
    if name in TAKES_AWAY:
        return f"{line}: {name}"
    if name in BINDS and str(_word(call, 1)) not in made:
        return f"{line}: {name}, which writes of old code may break"
    if name == "create_index" and _is_true(call, "unique") and str(_word(call, 1)) not in made:
        return f"{line}: a unique index, which writes of old code may break"
    if name == "alter_column" and any(
        one.arg in {"new_column_name", "type_"} or (one.arg == "nullable" and not _true(one.value))
        for one in call.keywords
    ):
        return f"{line}: alter_column"
    if name == "add_column" and (column := next((one for one in call.args if isinstance(one, ast.Call)), None)):
        filled = any(one.arg in {"server_default", "computed"} for one in column.keywords)
        needed = any(one.arg == "nullable" and not _true(one.value) for one in column.keywords)
        if needed and not filled:
            return f"{line}: a column that old code does not fill and that has no server_default"
    if name == "execute" and (sql := SQL.search(" ".join(_texts(call)))):
        return f"{line}: {sql[0]}"
    return ""


def _calls(body: list[ast.stmt]) -> Iterator[ast.Call]:
    return (node for one in body for node in ast.walk(one) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _word(call: ast.Call, at: int) -> object:
    return call.args[at].value if len(call.args) > at and isinstance(call.args[at], ast.Constant) else None


def _texts(call: ast.Call) -> list[str]:
    return [one.value for one in ast.walk(call) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def _names(assignment: ast.Assign) -> set[str]:
    return {one.id for one in assignment.targets if isinstance(one, ast.Name)}


def _says(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, str) and len(value.value) > 10


def _true(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def _is_true(call: ast.Call, name: str) -> bool:
    return any(one.arg == name and _true(one.value) for one in call.keywords)


@pytest.mark.parametrize("migration", SINCE, ids=lambda path: path.stem)
def test_the_release_before_goes_on_serving_beside_it(migration: Path):
    assert found(migration.read_text()) == [], (
        "Expand now, and contract in a later release: docs/adr/0030-upgrades-without-a-stop.md"
    )


@pytest.mark.parametrize(
    "statement",
    [
        'op.drop_table("votes")',
        'op.drop_column("votes", "value")',
        'op.rename_table("votes", "voices")',
        'op.alter_column("votes", "value", new_column_name="points")',
        'op.alter_column("votes", "value", nullable=False)',
        'op.add_column("votes", sa.Column("why", sa.String(), nullable=False))',
        'op.create_unique_constraint("uq_votes_value", "votes", ["value"])',
        'op.create_index("uq_votes_value", "votes", ["value"], unique=True)',
        'op.execute("ALTER TABLE votes RENAME COLUMN value TO points")',
        'op.execute(sa.text("DROP TABLE votes"))',
        'with op.batch_alter_table("votes") as votes:\n        votes.drop_column("value")',
    ],
)
def test_what_old_code_would_stumble_over_is_found(statement):
    source = f"def upgrade():\n    {statement}\n\n\ndef downgrade():\n    pass\n"

    assert len(found(source)) == 1
    assert found(f'contracts = "nothing reads it since 0.3"\n\n\n{source}') == []


@pytest.mark.parametrize(
    "statement",
    [
        'op.create_table("voices", sa.Column("id", BigId))\n    op.create_index("uq", "voices", ["id"], unique=True)',
        'op.add_column("votes", sa.Column("why", sa.String(), nullable=True))',
        'op.add_column("votes", sa.Column("why", sa.String(), nullable=False, server_default=""))',
        'op.alter_column("votes", "value", nullable=True)',
        'op.create_index("ix_votes_value", "votes", ["value"])',
        'op.drop_index("ix_votes_value", table_name="votes")',
        'op.execute("UPDATE votes SET value = 1 WHERE value = 2")',
    ],
)
def test_what_only_adds_is_let_through(statement):
    source = f'def upgrade():\n    {statement}\n\n\ndef downgrade():\n    op.drop_table("voices")\n'

    assert found(source) == []
