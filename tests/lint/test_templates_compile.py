"""Every template compiles in the site's own environment, and every address it names is one.

Jinja finds an unknown filter or a broken tag only when somebody opens the page, and the rarest pages (an error, an
empty queue) are opened last, by the people with the most trouble already.
"""

from __future__ import annotations

from jinja2 import TemplateError, nodes

from forum.web import Site
from tests.lint.templates import ROOT, Template, templates


def test_every_template_compiles(site: Site) -> None:
    assert [fault for name in site.templates.list_templates() if (fault := _fault(site, name))] == []


def test_every_template_is_found_by_the_site(site: Site) -> None:
    files = [file.relative_to(ROOT / "templates") for file in (ROOT / "templates").rglob("*.*")]

    assert sorted(map(str, files)) == sorted(site.templates.list_templates())


def test_every_named_route_exists(site: Site) -> None:
    known = {route.name for route in site.routes}

    assert [fault for template in templates() for fault in _unknown_routes(template, known)] == []


def _fault(site: Site, name: str) -> str:
    try:
        site.templates.get_template(name)
    except TemplateError as error:
        return f"{name}: {error}"
    return ""


def _unknown_routes(template: Template, known: set[str]) -> list[str]:
    return [
        f"{template.name}:{call.lineno}: no route is named {call.args[0].value!r}"
        for call in template.tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name == "path"
        if call.args and isinstance(call.args[0], nodes.Const) and call.args[0].value not in known
    ]
