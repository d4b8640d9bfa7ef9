"""Nothing that fits in a post may hold a worker: it cooks quickly, or is refused in words."""

# ruff: noqa: E501 - tables of cases, one a line

import time

import pytest

from forum.markup import MAX_HTML_BYTES, MAX_SOURCE_BYTES, Uncookable, cook
from forum.markup.highlight import LANGUAGES, MAX_HIGHLIGHTED, highlight
from tests.forum.markup.hostile import hostile
from tests.forum.markup.hostile_code import hostile_code

DEADLINE = 3.0  # seconds of processor time; on an idle machine the slowest takes less than one
INPUTS = hostile()
# The slowest of each kind, and what once was: a run of colons took eleven seconds.
SLOWEST = [
    *(f"run of {piece!r}" for piece in (":", "<?", "<!--", "![l", "![", "[", "<b><p></b>", "<p><b>", "http://", "mailto:")),
    *(f"run of {piece!r}" for piece in ('"', "&", "<", "*a **b", "@abc ", "[a](b)", "<table>", "a@b.cc ", "`", "www.a ")),
    *(f"lines of {piece!r}" for piece in ("- [x] \\n", "![a](b)", "<div>\\n", "```a\\n```\\n", "<ruby><rt>")),
    *("open comments in html", "completed table", "square table", "wide table", "tall table", "many fences of nothing"),
    *("nests 45 deep of '![' '](a)'", "paragraphs nested 20 deep of '![' '](a)'", "nest of '*a ' ' a*'", "nest of '<b>' '</b>'"),
    *("tags left open in paragraphs", "different tags left open", "attributes with brackets", "quotes growing and falling"),
    *("foster parents", "tasks in quotes", "half entities in html", "one long definition used", "html data image"),
]  # fmt: skip


def seconds(source: str) -> float:
    started = time.thread_time()
    try:
        assert len(cook(source).html.encode()) <= MAX_HTML_BYTES
    except Uncookable as error:
        refusal = error.message
    else:
        refusal = "Taken."
    assert refusal.endswith(".")
    return time.thread_time() - started


@pytest.mark.parametrize("name", [name for name in SLOWEST if name in INPUTS])
def test_the_worst_inputs_cook_in_time_or_are_refused_in_words(name):
    assert len(INPUTS[name].encode(errors="replace")) <= MAX_SOURCE_BYTES
    assert seconds(INPUTS[name]) < DEADLINE


@pytest.mark.bench
def test_every_hostile_input_cooks_in_time():
    took = {name: seconds(source) for name, source in INPUTS.items()}

    for name in sorted(took, key=lambda one: -took[one])[:20]:
        print(f"{took[name]:.3f} s  {name}")
    assert max(took.values()) < DEADLINE


@pytest.mark.bench
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_lexer_takes_long_over_hostile_code(language):
    for code in hostile_code(MAX_HIGHLIGHTED):
        started = time.thread_time()
        highlight(code, language)
        assert time.thread_time() - started < 1.0, code[:20]


@pytest.mark.parametrize(("language", "line"), [("csharp", "end\n"), ("java", "a b " * 70 + "\n"), ("hcl", "<<A\n")])
def test_code_that_is_slow_to_colour_is_shown_plain(language, line):
    started = time.thread_time()
    highlight((line * 2048)[:MAX_HIGHLIGHTED], language)

    assert time.thread_time() - started < 1.0


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a" * (MAX_SOURCE_BYTES + 1), "too long"),
        (">" * 40 + " a", "nested this deeply"),
        ("\n".join("  " * n + "- a" for n in range(20)), "nested this deeply"),
        ("[" * 1001, "square brackets"),
        ("|a" * 60 + "|\n" + "|-" * 60 + "|\n" + "|a|\n" * 60, "Tables this large"),
        ("a\n\n" * 5000, "too much formatting"),
        ("<div>" * 70 + "</div>" * 70, "nested this deeply"),
        (INPUTS["one long definition used"], "too large"),
    ],
)
def test_a_refusal_says_why(source, words):
    with pytest.raises(Uncookable, match=words):
        cook(source)


def test_the_limit_is_in_bytes_and_may_be_lowered():
    assert cook("é" * 50, limit=100).source == "é" * 50
    with pytest.raises(Uncookable, match="too long"):
        cook("é" * 51, limit=100)


def test_nothing_is_lost_at_the_deepest_level_that_is_taken():
    for depth in range(1, 40):
        try:
            assert "last" in cook(">" * depth + " last").html
        except Uncookable:
            break
    else:
        pytest.fail("no depth was refused")
    assert depth > 20
