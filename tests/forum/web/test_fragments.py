"""Fragments: drawn once from values alone, kept in bounded memory, each form on a page with a token of its own."""

from __future__ import annotations

import pytest
from jinja2 import ChoiceLoader, DictLoader, UndefinedError, meta, nodes
from markupsafe import Markup

from forum import i18n
from forum.bounded import Bounded
from forum.web import times
from forum.web.fragments import ONCE, Fragments, with_tokens

TEMPLATES = {
    "text.html": "<p>{{ text }}</p>",
    "nosy.html": "{{ actor.handle }}{{ request.url }}",
    "when.html": "{{ at | when }}",
    "words.html": "{{ number | number }}",
}


@pytest.fixture
def fragments(site):
    site.templates.loader = ChoiceLoader([DictLoader(TEMPLATES), site.templates.loader])
    return Fragments(site.templates)


def test_the_same_values_are_drawn_once(fragments):
    first = fragments.draw("text.html", text="tea")
    assert fragments.draw("text.html", text="tea") is first
    assert fragments.draw("text.html", text="coffee") == "<p>coffee</p>"
    assert (fragments.kept.hits, fragments.kept.misses) == (1, 2)


def test_a_text_is_never_taken_for_the_markup_that_it_equals(fragments):
    assert fragments.draw("text.html", text=Markup("<b>")) == "<p><b></p>"
    assert fragments.draw("text.html", text="<b>") == "<p>&lt;b&gt;</p>"


def test_a_fragment_can_see_neither_the_request_nor_its_reader(fragments):
    with pytest.raises(UndefinedError):
        fragments.draw("nosy.html")


def test_zone_and_language_are_part_of_what_is_kept(fragments):
    moment = times.datetime(2026, 3, 1, 23, 30, tzinfo=times.UTC)
    assert "Mar 1, 2026" in fragments.draw("when.html", at=moment)
    times.use_time_zone("Asia/Ho_Chi_Minh")
    assert "Mar 2, 2026" in fragments.draw("when.html", at=moment)
    times.use_time_zone("UTC")

    assert fragments.draw("words.html", number=1.5) == "1.5"
    token = i18n._current.set("de")
    assert fragments.draw("words.html", number=1.5) == "1,5"
    i18n._current.reset(token)


def test_each_form_of_a_page_gets_a_token_of_its_own():
    page = with_tokens(f"<a>{ONCE}</a><b>{ONCE}</b>")
    first, second = page[3:19], page[26:42]

    assert ONCE not in page
    assert page == f"<a>{first}</a><b>{second}</b>"
    assert first != second
    assert with_tokens("<p>no form</p>") == "<p>no form</p>"


def test_no_more_is_kept_than_there_is_room_for():
    kept = Bounded(room=10, weigh=len)
    for number in range(8):
        kept.get(number, lambda: "xxx")
        kept.get(0, lambda: "xxx")  # what is asked for again and again stays

    assert kept.size <= 10
    assert kept.evictions == 5
    misses = kept.misses
    kept.get(0, lambda: "xxx")
    assert kept.misses == misses
    kept.get("large", lambda: "x" * 11)
    assert kept.size <= 10


def free_names(site, template):
    """Everything that a template, and what it includes, takes from the page around it."""
    env, found, left = site.templates, set(), [template]
    while left:
        tree = env.parse(env.loader.get_source(env, left.pop())[0])
        found |= meta.find_undeclared_variables(tree) - set(env.globals)
        left += [node.template.value for node in tree.find_all(nodes.Include)]
    return found


def test_what_stands_in_a_slot_is_drawn_from_its_data_alone(site):
    for fillings in site.slots._fillings.values():
        for filling in (one for one in fillings if one.template):
            assert not free_names(site, filling.template) & {"actor", "request", "page", "slots"}, filling.template


@pytest.mark.parametrize("name", ["_article", "_head", "_order"])
def test_the_parts_of_a_thread_are_drawn_without_reader_and_request(site, name):
    assert not free_names(site, f"forum/threads/{name}.html") & {"actor", "request", "session"}
