"""Cooked HTML as text for mail, search and excerpts, and HTML from elsewhere as Markdown."""

import re
import tarfile
import xml.etree.ElementTree as ET

import pytest

from forum.markup import cook, excerpt, plain_text
from forum.markup.from_html import html_to_markdown
from tests.shared_data import shared


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("# A\n\nb *c*\nd", "A\n\nb c d"),
        ("- a\n- b\n  1. c\n  2. d\n- e", "- a\n- b\n  1. c\n  2. d\n- e"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- [x] a", "- ☑ a"),
        ("> a\n>\n> b\n> > c\n\nd", "> a\n>\n> b\n>\n> > c\n\nd"),
        ("```py\ndef f():\n\n    return '<b>'\n```\n\na", "def f():\n\n    return '<b>'\n\na"),
        ("|a|b|\n|-|-|\n|1|2|", "a | b\n1 | 2"),
        ("a  \nb", "a\nb"),
        ("![a cat](/c.png) & <b>", "a cat & <b>"),
        ("@ana `x < y`", "@ana x < y"),
        ("", ""),
    ],
)
def test_text_reads_like_what_was_typed(source, text):
    assert cook(source).text == text


def test_addresses_follow_where_they_are_asked_for():
    html = cook("See [the guide](https://a.example/guide), https://b.example or [here](/c).").html

    assert plain_text(html) == "See the guide, https://b.example or here."
    assert plain_text(html, links=True) == "See the guide <https://a.example/guide>, https://b.example or here."


@pytest.mark.parametrize(
    ("text", "length", "short"),
    [
        ("a  b\n\nc", 10, "a b c"),
        ("one two three", 9, "one two…"),
        ("one two three", 7, "one two…"),
        ("abcdefghij", 5, "abcde…"),
        ("one, two", 5, "one…"),
        ("", 5, ""),
    ],
)
def test_an_excerpt_is_one_line_cut_between_words(text, length, short):
    assert excerpt(text, length) == short


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>a <strong>b</strong> <em>c</em></p>", "a **b** *c*"),
        ("<P>a<Br>b</P>", "a  \nb"),
        ('<A HREF="http://b.example">a</A>', "[a](http://b.example)"),
        ("<p>2 * 3 * 4 and a_b_c</p>", r"2 \* 3 \* 4 and a\_b\_c"),
        ("<pre class='lang-py prettyprint-override'><code>x &lt; 1\n\n  y\n</code></pre>", "```py\nx < 1\n\n  y\n```"),
        ("<pre><code>```\na\n```\n</code></pre>", "````\n```\na\n```\n````"),
        ("<p>H<sub>2</sub>O <kbd>Q</kbd></p>", "H<sub>2</sub>O <kbd>Q</kbd>"),
        ("<p>a</p><script>alert(1)</script>", "a"),
    ],
)
def test_html_becomes_markdown(html, markdown):
    assert html_to_markdown(html) == markdown


def test_html_nested_past_reading_becomes_its_text():
    assert html_to_markdown("<b>" * 5000 + "a") == "a"


def test_imported_posts_keep_their_words():
    with tarfile.open(shared("se-conlang.meta-2020-08.tar.xz")) as archive:
        name = next(one for one in archive.getnames() if one.endswith("Posts.xml"))
        posts = [row.attrib.get("Body", "") for row in ET.parse(archive.extractfile(name)).getroot()]

    assert len(posts) > 160
    # A linked picture without a description is named after where it leads, in words that were not there.
    plain = [body for body in posts if not re.search(r"<a [^>]*>\s*<img", body)]
    differing = [body for body in plain if _words(plain_text(body)) != _words(cook(html_to_markdown(body)).text)]
    # One shows HTML with a bold word inside an address, which Markdown cannot say.
    assert len(differing) <= 1


def _words(text: str) -> list[str]:
    return text.replace(">", " ").split()
