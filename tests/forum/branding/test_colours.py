"""Colours of one's own: measured as WCAG does, and readable wherever the site puts them."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from forum.colours import DEFAULT, ENOUGH, FAINTEST, SURFACES, contrast, measure, nearest, read_colour, stylesheet

TOKENS = Path(__file__).resolve().parents[3] / "static" / "css" / "tokens.css"
PAIR = re.compile(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);")
COLOURS = some.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def tokens(text):
    return {name: {"light": light, "dark": dark} for name, light, dark in PAIR.findall(text)}


def test_surfaces_and_inks_are_those_of_the_stylesheet():
    known = tokens(TOKENS.read_text())

    for scheme, surfaces in SURFACES.items():
        assert surfaces == {name: known[name][scheme] for name in surfaces}
        assert FAINTEST[scheme] == known["ink-faint"][scheme]
        assert DEFAULT[scheme] == known["accent"][scheme]
    washes = {name for name in known if name.endswith("-wash")} - {"lamp-wash"}
    assert washes < set(SURFACES["light"])


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#0000ff", "#ffffff", 8.59)]
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_the_amber_of_the_program_is_itself_readable():
    for scheme, colour in DEFAULT.items():
        assert measure(colour, scheme).enough
        assert nearest(colour, scheme) == colour


@given(COLOURS, some.sampled_from(["light", "dark"]))
def test_what_is_proposed_is_readable_and_no_further_away_than_need_be(colour, scheme):
    proposed = nearest(colour, scheme)

    assert measure(proposed, scheme).enough
    if measure(colour, scheme).enough:
        assert proposed == colour


@given(COLOURS, COLOURS)
def test_every_pair_that_the_stylesheet_makes_is_readable(light, dark):
    made = tokens(stylesheet(nearest(light, "light"), nearest(dark, "dark")))

    for scheme in ("light", "dark"):
        colour = {name: values[scheme] for name, values in made.items()}
        assert contrast(colour["lamp"], colour["lamp-ink"]) >= ENOUGH
        assert contrast(colour["lamp-strong"], colour["lamp-ink"]) >= ENOUGH
        assert contrast(colour["accent"], colour["lamp-wash"]) >= ENOUGH
        assert contrast(FAINTEST[scheme], colour["lamp-wash"]) >= ENOUGH


@pytest.mark.parametrize(
    ("typed", "read"),
    [(" #1D4ED8 ", "#1d4ed8"), ("1d4ed8", "#1d4ed8"), ("#fa0", "#ffaa00"), ("red", None), ("#12345", None), ("", None)],
)
def test_a_colour_is_read_however_it_is_written(typed, read):
    assert read_colour(typed) == read
