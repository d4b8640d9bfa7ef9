"""Every word that people read passes gettext.

A page is written in English first, and a bare "Save" looks right to whoever writes it. It is found months later, by the
first reader of another language, on a page that is otherwise theirs. So the rule is checked while the page is new.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import nodes

from tests.lint.templates import Tag, Template, Text, complaints, templates

READ_ALOUD = ("alt", "aria-description", "aria-label", "aria-placeholder", "label", "placeholder", "title")
BUTTONS = {"submit", "reset", "button"}
NAMES = {"Porchlight"}
TRANSLATES = {"_", "gettext", "ngettext", "npgettext", "pgettext", "lazy"}


def test_no_text_stands_outside_a_translation() -> None:
    assert complaints(line for template in templates() for line in bare_texts(template)) == ""


def test_no_sentence_is_a_plain_string_in_an_expression() -> None:
    assert complaints(line for template in templates() for line in bare_strings(template)) == ""


def test_the_lint_sees_what_it_should() -> None:
    source = """<p title="Bare">Also bare {{ x }}</p> <b>{% trans %}fine{% endtrans %}</b> <i>{{ _("fine") }} · 3</i>
    <code>fine</code> {{ "Bare too" if y else z }} {{ card(heading="Bare three") }}
    {{ _("Fine") if y == "Not shown" else "fine-class" }}"""
    template = Template("example.html", source)

    assert len(list(bare_texts(template))) == 2
    assert len(list(bare_strings(template))) == 2


def bare_texts(template: Template) -> Iterator[str]:
    for part in template.parts:
        for text in [part.text] if isinstance(part, Text) else _spoken(part):
            address = re.fullmatch(r"\s*[/#?]\S*\s*", text)
            if not address and any(letter.isalpha() for letter in text):
                yield f"{template.name}:{part.line}: {' '.join(text.split())!r} needs {{% trans %}} or _()"


def _spoken(tag: Tag) -> Iterator[str]:
    for name, value in tag.attributes.items():
        described = name == "content" and tag.attributes.get("name") == "description"
        labelled = name == "value" and tag.name == "input" and tag.attributes.get("type") in BUTTONS
        if value and (name in READ_ALOUD or described or labelled):
            yield value


def bare_strings(template: Template) -> Iterator[str]:
    """Strings that begin like a sentence, in what is printed, set or handed to a macro."""
    for node in template.tree.find_all((nodes.Output, nodes.Assign, nodes.CallBlock, nodes.Macro)):
        for text in _strings(node):
            if text.value not in NAMES and re.match(r"[A-Z][a-z]+( |$|[.,:…?!])", text.value):
                yield f"{template.name}:{text.lineno}: {text.value!r} needs _()"


def _strings(node: nodes.Node) -> Iterator[nodes.Const]:
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.TemplateData | nodes.Compare | nodes.Stmt):
            continue
        if isinstance(child, nodes.Call) and isinstance(child.node, nodes.Name) and child.node.name in TRANSLATES:
            continue
        if isinstance(child, nodes.Const) and isinstance(child.value, str):
            yield child
        yield from _strings(child)
