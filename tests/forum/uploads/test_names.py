"""What files are called: as typed, less what is no name; in Markdown a name says what it says."""

from __future__ import annotations

import pytest

from forum.markup import cook
from forum.uploads.names import address, clean_name, markdown, shown_in, with_ending

TOKEN = "AbCdEfGhIjKlMnOpQrStUv"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Screenshot 2024-05-01 14:02.png", "Screenshot 2024-05-01 14:02.png"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\ana\Über mich.TXT", "Über mich.TXT"),
        ("a\0b\r\nc.log", "ab c.log"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("...", "file"),
        ("", "file"),
        (".htaccess", "htaccess"),
        ("x" * 300 + ".png", "x" * 96 + ".png"),
    ],
)
def test_names_stay_as_typed_less_what_is_no_name(typed, kept):
    assert clean_name(typed) == kept


@pytest.mark.parametrize(
    ("name", "ending", "becomes"),
    [("a.JPEG", "jpg", "a.JPEG"), ("a.gif", "png", "a.png"), ("a.log", "png", "a.log.png"), ("a", "webp", "a.webp")],
)
def test_a_name_ends_as_what_the_file_has_become(name, ending, becomes):
    assert with_ending(name, ending) == becomes


@pytest.mark.parametrize(
    "name", ["plain.png", "a](javascript:x) [b.png", "![x](y).png", "**b** <i>_c_ `d`.png", "100 %&.png"]
)
def test_a_name_cannot_say_anything_else_in_markdown(name):
    cooked = cook(markdown(name, address(TOKEN, name, 20, 10), image=True))

    assert cooked.html.count("<img") == 1
    assert "<a " not in cooked.html
    assert 'width="20" height="10"' in cooked.html
    assert shown_in(cooked.html) == [TOKEN]
    assert cooked.text == name


def test_only_what_is_shown_or_linked_counts():
    html = cook(f"`/files/{TOKEN}/a.png` and /files/{TOKEN}/a.png").html

    assert shown_in(html) == []
    assert shown_in(cook(f"[a](/files/{TOKEN}/a.txt) ![b](https://x.example/files/{TOKEN}/b.png)").html) == [TOKEN]
