"""Nothing in a template gets round escaping or the Content-Security-Policy.

`|safe` on a title is how a forum's first stored script usually gets in: the one field that somebody once needed a
line break in. And an inline handler works on the writer's machine until the policy's header is there, then does
nothing, silently. HTML that may stand as it is arrives as `Markup` from the one place that cooked it; behaviour belongs
to static/js, looks to static/css.
"""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from tests.lint.templates import Tag, Template, complaints, templates

DATA = {"application/json", "application/ld+json"}


def test_templates_escape_what_they_print() -> None:
    assert complaints(line for template in templates() for line in unescaped(template)) == ""


def test_templates_hold_no_inline_script_or_style() -> None:
    assert complaints(line for template in templates() for line in inline(template)) == ""


def test_the_lint_sees_what_it_should() -> None:
    source = """{{ a|safe }} {% autoescape false %}{{ b }}{% endautoescape %} <p onclick="x()" style="top: 0">
    <a href="javascript:x()" hx-on:click="x()">{{ c }}</a><style>p {}</style><script>x()</script>
    <script src="{{ d }}"></script><script type="application/json">{}</script>"""
    template = Template("example.html", source)

    assert len(list(unescaped(template))) == 2
    assert len(list(inline(template))) == 6


def unescaped(template: Template) -> Iterator[str]:
    switches = template.tree.find_all(nodes.EvalContextModifier)
    filters = (node for node in template.tree.find_all(nodes.Filter) if node.name == "safe")
    for node in (*switches, *filters):
        yield f"{template.name}:{node.lineno}: printed as it is, unescaped"


def inline(template: Template) -> Iterator[str]:
    for tag in template.parts:
        if isinstance(tag, Tag):
            yield from (f"{template.name}:{tag.line}: {fault}" for fault in _faults(tag))


def _faults(tag: Tag) -> Iterator[str]:
    if tag.name == "style":
        yield "<style> belongs in static/css"
    if tag.name == "script" and "src" not in tag.attributes and tag.attributes.get("type") not in DATA:
        yield "an inline script belongs in static/js"
    for name, value in tag.attributes.items():
        if name == "style" or name.startswith(("on", "hx-on")):
            yield f"{name}= is refused by the Content-Security-Policy"
        if (value or "").strip().lower().startswith("javascript:"):
            yield f"{name}= runs a script"
