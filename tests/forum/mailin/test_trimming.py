"""What of a mail's text is its writer's own."""

from __future__ import annotations

import json

import pytest

from forum.mailin.trimming import trim_reply
from tests.shared_data import shared

EXCEPTIONS: dict[str, str] = {}
"""Of the samples those that are cut otherwise here, each with the reason; there are none."""


def flat(text):
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def test_real_mails_are_cut_as_a_reader_would():
    samples = json.loads(shared("reply_trim_expected.json").read_text())
    assert len(samples) == 64
    wrong = {one["name"] for one in samples if flat(trim_reply(one["email"])) != flat(one["expected_reply"])}

    assert wrong == set(EXCEPTIONS)


@pytest.mark.parametrize(
    "text",
    [
        "In 2015 I wrote:\n\n    sync --now\n\nand it worked.",
        "From: the menu\nTo: the left\n\nThen press it.",
        "Two steps:\n\n---\n\nFirst this.\n\n***\n\nThen that.",
        "# A heading\n\nand text\n\n- a list\n- of two",
        "```\nOn Mon, 1 Jan 2024, Ana <ana@example.org> wrote:\n> kept\n-- \n```\n\nThat is a sample.",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\nA table.",
        "I saw it sent from my desk at 9:30.",
    ],
)
def test_what_somebody_wrote_is_not_cut(text):
    assert flat(trim_reply(text)) == flat(text)


def test_our_own_letter_below_is_cut():
    reply = (
        "That did it.\n\n> Hello Bo,\n>\n> Ana answered your question.\n>\n> -- \n> Porchlight\n> http://testserver\n"
    )

    assert trim_reply(reply) == "That did it."


@pytest.mark.parametrize(
    "text", ["", "\n\n", ">", "> \n> \n", "-- \nBo", "On 1 Jan 2024, Ana <a@b.example> wrote:\n> Hi"]
)
def test_nothing_of_ones_own_is_nothing(text):
    assert trim_reply(text) == ""


def test_long_and_hostile_texts_take_no_time():
    for text in (">" * 200_000, "On " * 60_000, "From: a\n" * 20_000, "<" * 100_000, "a@b " * 40_000, "\n" * 200_000):
        trim_reply(text[:200_000])
