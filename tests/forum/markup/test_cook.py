"""What a person types and what is stored."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from forum.markup import COOKER_VERSION, cook

REL = 'rel="nofollow ugc noopener"'


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>"),
        ("- [ ] a\n- [x] b", "<ul>\n<li>☐ a</li>\n<li>☑ b</li>\n</ul>"),
        ("[a](/b)", f'<p><a href="/b" {REL}>a</a></p>'),
        ("[a](mailto:b@c.example)", f'<p><a href="mailto:b@c.example" {REL}>a</a></p>'),
        ("https://a.example/b_c_d.", f'<p><a href="https://a.example/b_c_d" {REL}>https://a.example/b_c_d</a>.</p>'),
        ('"www.a.example"', f'<p>"<a href="http://www.a.example" {REL}>www.a.example</a>"</p>'),
        ("main.rs and setup.py", "<p>main.rs and setup.py</p>"),
        ("![a](https://b.example/c.png)", '<p><img src="https://b.example/c.png" alt="a" loading="lazy"></p>'),
        ("![a](http://b.example/c.png)", '<p><img src="https://b.example/c.png" alt="a" loading="lazy"></p>'),
        (
            "[![](/c.png)](https://b.example/d)",
            '<p><a href="https://b.example/d" rel="nofollow ugc noopener">'
            '<img src="/c.png" alt="b.example" loading="lazy"></a></p>',
        ),
        ("![a](/c.png)", '<p><img src="/c.png" alt="a" loading="lazy"></p>'),
        ("H<sub>2</sub>O <kbd>Ctrl</kbd>", "<p>H<sub>2</sub>O <kbd>Ctrl</kbd></p>"),
        ("A `List<String>` or a List<String>", "<p>A <code>List&lt;String&gt;</code> or a List&lt;String&gt;</p>"),
        ("a\r\nb\rc", "<p>a\nb\nc</p>"),
        ("", ""),
    ],
)
def test_markdown_becomes_html(source, html):
    assert cook(source).html.replace("&quot;", '"') == html


def test_a_table_keeps_its_alignment_without_a_style():
    html = cook("|a|b|\n|:-:|-:|\n|1|2|").html

    assert '<th align="center">a</th>' in html
    assert '<td align="right">2</td>' in html
    assert "style" not in html


def test_code_is_coloured_by_class_and_unknown_languages_are_plain():
    assert '<span class="k">def</span>' in cook("```python\ndef f(): pass\n```").html
    assert cook("```klingon\ndef <f>\n```").html == ('<pre><code class="language-klingon">def &lt;f&gt;\n</code></pre>')


def test_code_too_large_to_colour_is_shown_plain():
    html = cook("```python\n" + "def f(): pass\n" * 1000 + "```").html

    assert html.count("def f(): pass") == 1000
    assert "<span" not in html


def test_details_may_hold_markdown():
    html = cook("<details>\n<summary>More</summary>\n\nin *it*\n\n</details>").html

    assert html == "<details>\n<summary>More</summary>\n<p>in <em>it</em></p>\n</details>"


def test_control_characters_and_lone_surrogates_are_taken_out():
    cooked = cook("\ufeffa\x00b\x1b[0m\ud800c\x85\td")

    assert cooked.source == "ab[0mc\td"
    cooked.html.encode()


def test_what_is_cooked_says_by_which_version():
    assert cook("a").version == COOKER_VERSION


def test_headings_begin_below_the_page_title_and_skip_no_level():
    html = cook("### a\n\n# b\n\n#### c\n\n###### d\n\n## e").html

    assert html == "<h2>a</h2>\n<h2>b</h2>\n<h3>c</h3>\n<h4>d</h4>\n<h3>e</h3>"


def test_mentions_are_links_and_are_listed_once_in_lower_case():
    cooked = cook("@Ana, ask @bo_b-2 (@ana): **@eve**.")

    assert cooked.mentions == ("ana", "bo_b-2", "eve")
    assert '<a class="mention" href="/people/ana">@Ana</a>' in cooked.html
    assert '<strong><a class="mention" href="/people/eve">@eve</a></strong>.' in cooked.html


@pytest.mark.parametrize(
    "source",
    [
        "`@ana`",
        "```\n@ana\n```",
        "    @ana",
        "[@ana](/b)",
        "<kbd>@ana</kbd>",
        "bob@ana.example",
        "x@ana",
        "@an",
        "@" + "a" * 31,
        "https://a.example/@ana",
        "a/@ana",
        "@ana@social.example",
        "@ana.example",
        "![@ana](/b.png)",
    ],
)
def test_what_only_looks_like_a_mention_is_none(source):
    cooked = cook(source)

    assert cooked.mentions == ()
    assert "mention" not in cooked.html


def test_links_that_leave_the_site_are_counted():
    source = (
        "http://a.example [b](https://b.example) <a href='HTTP&colon;//c.example'>c</a> [d](/d) [e](mailto:e@f.example)"
    )

    assert cook(source).external_links == 3


def test_threads_cooking_at_once_do_not_mix_their_texts():
    sources = [f"<b>{n}</b> *{n}* [a](/{n}) @user{n}\n\n```py\nx = {n}\n```\n\n|{n}|\n|-|\n" * 5 for n in range(120)]
    alone = [cook(source) for source in sources]

    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(cook, sources * 3))

    assert together == alone * 3
