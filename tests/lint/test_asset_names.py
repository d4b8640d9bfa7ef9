"""Every asset and icon that a template names is there.

A wrong icon name is an empty square that nobody notices in review, and a wrong asset an unstyled page.
"""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from tests.lint.templates import ROOT, Template, complaints, templates


def test_every_named_asset_exists() -> None:
    there = {file.name for kind in ("css", "js") for file in (ROOT / "static" / kind).glob("*.*")}
    there |= {f"img/{file.name}" for file in (ROOT / "static" / "img").glob("*.*")} | {"icons.svg"}

    assert complaints(_strange("asset", _arguments("asset"), there)) == ""


def test_every_named_icon_is_in_the_list() -> None:
    assert complaints(_strange("icon", _arguments("icon", "symbol"), _listed())) == ""


def _listed() -> set[str]:
    file = ROOT / "static" / "icons.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    return {name for line in lines if (name := line.partition("#")[0].strip())}


def _strange(kind: str, named: Iterator[tuple[Template, nodes.Const]], there: set[str]) -> Iterator[str]:
    for template, name in named:
        if name.value not in there:
            yield f"{template.name}:{name.lineno}: no {kind} is named {name.value!r}"


def _arguments(function: str, keyword: str = "") -> Iterator[tuple[Template, nodes.Const]]:
    """The constant names handed to a function first, or to any macro by keyword."""
    for template in templates():
        for call in template.tree.find_all(nodes.Call):
            first = call.args[:1] if isinstance(call.node, nodes.Name) and call.node.name == function else []
            for value in [*first, *(pair.value for pair in call.kwargs if pair.key == keyword)]:
                yield from ((template, name) for name in _choices(value))


def _choices(value: nodes.Expr) -> Iterator[nodes.Const]:
    if isinstance(value, nodes.Const) and isinstance(value.value, str):
        yield value
    if isinstance(value, nodes.CondExpr):
        for one in (value.expr1, value.expr2):
            if one is not None:
                yield from _choices(one)
