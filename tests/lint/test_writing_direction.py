"""Styles name the start and the end of a line, not left and right, so that a page turns with its language."""

from __future__ import annotations

import re
from pathlib import Path

SHEETS = sorted((Path(__file__).parents[2] / "static" / "css").rglob("*.css"))
PHYSICAL = re.compile(
    r"(?:^|[\s;{])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[\w-]*"
    r"|left|right|(?:float|clear|text-align)\s*:\s*(?:left|right)\b)\s*[:;]"
)


def test_no_style_names_left_or_right() -> None:
    found = [
        f"{sheet.name}:{number}: {line.strip()}"
        for sheet in SHEETS
        for number, line in enumerate(sheet.read_text().splitlines(), 1)
        if PHYSICAL.search(line)
    ]

    assert found == []


def test_the_lint_sees_what_it_should() -> None:
    wrong = [
        "  left: 0;",
        "  padding-left: 1em;",
        "a { text-align: right; }",
        "  border-right-color: red;",
        "float:left;",
    ]
    fine = ["  inset-inline-start: 0;", "  text-align: start;", "  padding-inline: 1em;", "transform-origin: left top;"]

    assert [line for line in wrong if not PHYSICAL.search(line)] == []
    assert [line for line in fine if PHYSICAL.search(line)] == []
