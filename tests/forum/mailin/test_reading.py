"""Mail as programs make it: what is its text, and which files are the reply's own."""

from __future__ import annotations

import contextlib
import time
from email.message import EmailMessage

import pytest

from forum.mailin.reading import Unreadable, read, with_breaks


def test_lines_that_were_wrapped_flow_and_lines_that_were_ended_stay():
    wrapped = "This is a long line that a mail program has wrapped where it ended at the\nedge, so it goes on."
    assert with_breaks(wrapped) == wrapped
    assert with_breaks("Version 4.2\nDebian 12") == "Version 4.2  \nDebian 12"
    assert with_breaks("- one\n- two\n\n> a\n> b\n\n```\na\nb\n```") == "- one\n- two\n\n> a\n> b\n\n```\na\nb\n```"


@pytest.mark.parametrize("delsp", ["no", "yes"])
def test_flowed_text_has_its_lines_whole(delsp):
    raw = (
        f"From: bo@example.org\nContent-Type: text/plain; format=flowed; delsp={delsp}\n\n"
        "A line that \ngoes on. \nAnd on.\n  indented\n"
    ).encode()
    gap = "" if delsp == "yes" else " "

    assert read(raw).body.split("\n")[0] == f"A line that{gap}goes on.{gap}And on.  "


def message_with_picture(text, disposition="inline"):
    message = EmailMessage()
    message["From"] = "bo@example.org"
    message.set_content(text)
    message.add_attachment(b"png", "image", "png", filename="shot.png", disposition=disposition, cid="<abc@here>")
    return message.as_bytes()


def test_a_picture_in_the_text_is_known_by_its_mark():
    (picture,) = read(message_with_picture("Look: [cid:abc@here]")).attached

    assert picture.inline
    assert "[cid:abc@here]" in picture.marks


def test_a_forwarded_mail_is_one_file():
    inner = EmailMessage()
    inner["From"] = "eve@example.org"
    inner.set_content("Not the writer's words.")
    message = EmailMessage()
    message["From"] = "bo@example.org"
    message.set_content("See what came.")
    message.add_attachment(inner)
    found = read(message.as_bytes())

    assert found.body == "See what came."
    assert len(found.attached) == 1


def test_outlook_is_read_without_what_it_quotes():
    html = (
        "<html><body><p>It works now.</p><div id='appendonsend'></div><hr><div id='divRplyFwdMsg'><b>From:</b> "
        "Porchlight &lt;community@example.org&gt;<br><b>Sent:</b> Friday, 27 November 2026 9:30<br><b>To:</b> Bo<br>"
        "<b>Subject:</b> Sync</div><div>Hello Bo,</div></body></html>"
    )
    message = EmailMessage()
    message["From"] = "bo@example.org"
    message.set_content(html, subtype="html")

    assert read(message.as_bytes()).body == "It works now."


def test_apple_mail_is_read_without_what_it_quotes():
    html = (
        "<html><body>It works now.<br><div><br><blockquote type='cite'><div>On 27 Nov 2026, at 9:30, Porchlight "
        "&lt;community@example.org&gt; wrote:</div><br><div>Hello Bo,</div></blockquote></div></body></html>"
    )
    message = EmailMessage()
    message["From"] = "bo@example.org"
    message.set_content(html, subtype="html")

    assert read(message.as_bytes()).body == "It works now."


@pytest.mark.parametrize("piece", ["<style ", "<div>", "<blockquote>", "<img src='cid:", "<b><i>", "&lt;", "<br>"])
def test_hostile_html_is_read_in_a_moment_or_not_at_all(piece):
    raw = b"From: bo@example.org\nContent-Type: text/html\n\n" + (piece * (200_000 // len(piece))).encode()
    began = time.monotonic()
    with contextlib.suppress(Unreadable):
        read(raw)

    assert time.monotonic() - began < 20
