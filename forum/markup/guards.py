"""Refuse in words, while parsing, what would take the parser itself too long."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import table as read_table
from markdown_it.rules_core import StateCore

from forum.markup.limits import MAX_CELLS, MAX_OPEN_BRACKETS, too_many_brackets, too_many_cells

_BRACKET = re.compile(r"[\[\]]")


def guard_plugin(parser: MarkdownIt) -> None:
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    parser.core.ruler.before("inline", "brackets", _brackets)


def _table(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """Count a table's cells before they are made: a short row is filled up, so 2 KB may hold 65,000."""
    if silent or not read_table(state, startLine, endLine, True):
        return silent and read_table(state, startLine, endLine, True)
    header = state.src[state.bMarks[startLine] : state.eMarks[startLine]]
    end = startLine + 2
    while end < endLine and not state.isEmpty(end):
        end += 1
    cells = state.env["cells"] = state.env.get("cells", 0) + (header.count("|") + 1) * (end - startLine - 1)
    if cells > MAX_CELLS:
        raise too_many_cells(cells)
    return read_table(state, startLine, endLine, False)


def _brackets(state: StateCore) -> None:
    """Each bracket that opens and never closes makes the parser read on to the paragraph's end."""
    for token in state.tokens:
        if token.type != "inline" or token.content.count("[") <= MAX_OPEN_BRACKETS:
            continue
        depth = 0
        for bracket in _BRACKET.findall(token.content):
            depth = depth + 1 if bracket == "[" else max(0, depth - 1)
        if depth > MAX_OPEN_BRACKETS:
            raise too_many_brackets(depth)
