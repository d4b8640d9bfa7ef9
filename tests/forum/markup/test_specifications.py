"""The parser agrees with CommonMark's and GitHub's own examples, before anything is sanitised."""

import json
from typing import Any

import pytest

from forum.markup.parser import make_parser
from tests.shared_data import shared

_LINKED = "a bare address becomes a link, as GitHub's extension asks"
_COLOURED = "the fence's language is known, so its tokens are coloured"
COMMONMARK_EXCEPTIONS = {
    142: _COLOURED,
    143: _COLOURED,
    602: _LINKED,
    608: _LINKED,
    611: _LINKED,
    612: _LINKED,
}
GFM_EXCEPTIONS = {
    19: "an address with an emoji for a host is written in punycode, which every browser resolves",
    20: "its expected output is <IGNORE>: it only must not crash",
    22: "tags like <xmp> become text in the sanitiser, which follows; see the tests of raw HTML",
    23: "no footnotes: they need ids, which would collide between the posts of a page",
}


def examples(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shared(name).read_text(encoding="utf-8"))
    return found


def failing(name: str) -> dict[int, str]:
    parser = make_parser()
    rendered = {one["example"]: (parser.render(one["markdown"]), one["html"]) for one in examples(name)}
    return {number: ours for number, (ours, theirs) in rendered.items() if ours != theirs}


@pytest.mark.parametrize(
    ("name", "count", "exceptions"),
    [("commonmark-0.31.2.json", 652, COMMONMARK_EXCEPTIONS), ("gfm-extensions.json", 28, GFM_EXCEPTIONS)],
)
def test_every_example_passes_but_those_with_a_reason_and_no_reason_is_stale(name, count, exceptions):
    assert len(examples(name)) == count
    assert failing(name).keys() == exceptions.keys()


def test_the_excepted_autolinks_differ_only_in_punycode():
    ours = failing("gfm-extensions.json")[19]
    theirs = next(one["html"] for one in examples("gfm-extensions.json") if one["example"] == 19)

    differing = [line for line, other in zip(ours.splitlines(), theirs.splitlines(), strict=True) if line != other]
    assert differing == [
        '<p><a href="http://xn--ei8h.ga/">http://🍄.ga/</a> <a href="http://xn--x-jq2s.ga/">http://x🍄.ga/</a></p>'
    ]
