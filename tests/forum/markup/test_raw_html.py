"""HTML in Markdown: what may stay stays, everything else is text."""

# ruff: noqa: E501 - tables of cases, one a line

import pytest

from forum.markup import cook


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("<b>a</b>", "<p><b>a</b></p>"),
        ("<b>a", "<p>&lt;b&gt;a</p>"),
        ("a</b>", "<p>a&lt;/b&gt;</p>"),
        ("<b><i>a</b></i>", "<p><b>&lt;i&gt;a</b>&lt;/i&gt;</p>"),
        ("<xmp> <textarea>", "<p>&lt;xmp&gt; &lt;textarea&gt;</p>"),
        ("<b onclick=alert(1) class=btn id=top style=color:red>a</b>", "<p><b>a</b></p>"),
        ("<a name=x id=y target=_blank>a</a>", "<p><a>a</a></p>"),
        ("<span class='k'>a</span><span class='btn'>b</span>", '<p><span class="k">a</span><span>b</span></p>'),
        ("<img src=/a.png width=10 height=9999999 srcset=b>", '<img src="/a.png" width="10" alt="" loading="lazy">'),
        ("<!-- a -->b<?c?>", "b&lt;?c?&gt;"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<input type=checkbox checked><input type=text>a", "<p>☑a</p>"),
        ("<td colspan=5000 rowspan=2>a</td>", "a"),
        ("<details open ontoggle=alert(1)><summary>a</summary></details>", "<details open><summary>a</summary></details>"),
    ],
)  # fmt: skip
def test_only_what_is_allowed_stays(source, html):
    assert cook(source).html == html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#115;cript:alert(1)",
        "java&Tab;script:alert(1)",
        "java\nscript:alert(1)",
        "java&#8203;script:alert(1)",
        "vbscript:a",
        "data:text/html,a",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "blob:a",
        "//evil.example/a",
        "&#47;/evil.example",
        "ftp://a.example",
        "x:y",
    ],
)
def test_an_address_that_leads_elsewhere_than_the_web_or_mail_is_dropped(address):
    html = cook(f'<a href="{address}">a</a> <img src="{address}" alt=b>\n\n[c](<{address}>)').html

    assert "href" not in html
    assert "src" not in html


@pytest.mark.parametrize(
    "address",
    ["&#1;javascript:alert(1)", "\x01javascript:alert(1)", "/\\evil.example", "\\\\evil.example", "\\/evil.example"],
)
def test_what_browsers_skip_or_turn_round_hides_no_address(address):
    html = cook(f"<a href='{address}'>a</a> <img src='{address}' alt=b>").html

    assert "href" not in html
    assert "src" not in html


def test_an_image_without_an_address_leaves_its_description():
    assert cook('<img src="cid:1" alt="a &lt; b">').html == "a &lt; b"
