"""Colours of one's own, held to the contrast that the rest of the look is built on (WCAG 2.2, 1.4.3).

One colour a scheme is chosen; what else the stylesheet names after the lamp (fills, their text, washes) is made of
it, so that every pair that occurs has its contrast.
"""

from __future__ import annotations

import colorsys
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

ENOUGH = 4.5
HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})")
SURFACES = {
    "light": {
        "page": "#faf8f4",
        "surface": "#ffffff",
        "sunken": "#f3efe8",
        "hover": "#f5f1ea",
        "good-wash": "#e5f3ea",
        "info-wash": "#e6eff9",
        "warn-wash": "#fbf0ca",
        "bad-wash": "#fcebe8",
        "muted-wash": "#eeeae3",
    },
    "dark": {
        "page": "#171411",
        "surface": "#1f1b17",
        "sunken": "#12100d",
        "hover": "#27221d",
        "good-wash": "#15291d",
        "info-wash": "#162536",
        "warn-wash": "#2d260f",
        "bad-wash": "#371b17",
        "muted-wash": "#2a2520",
    },
}
"""What a link or a stroke in the accent may stand on, as static/css/tokens.css has it."""
FAINTEST = {"light": "#6b6358", "dark": "#a0968a"}
"""The faintest ink that may stand on a wash of the accent."""
DEFAULT = {"light": "#8a4b00", "dark": "#f6bb5a"}
STRONGEST_WASH = 0.12
Channels = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """The poorest contrast of a colour, against which surface, and the nearest colour of its hue that has enough."""

    ratio: float
    surface: str
    nearest: str

    @property
    def enough(self) -> bool:
        return self.ratio >= ENOUGH


def read_colour(text: str) -> str | None:
    """A colour as `#rrggbb`, if it is one."""
    found = HEX.fullmatch(text.strip().lower())
    if found is None:
        return None
    digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
    return f"#{digits}"


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def measure(colour: str, scheme: str) -> Measured:
    surfaces = SURFACES[scheme]
    name = min(surfaces, key=lambda one: contrast(colour, surfaces[one]))
    return Measured(contrast(colour, surfaces[name]), surfaces[name], nearest(colour, scheme))


def nearest(colour: str, scheme: str) -> str:
    """The colour of the same hue, as little darker (for light surfaces) or lighter as has enough contrast."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    step = -1 if scheme == "light" else 1
    for at in range(512):
        moved = min(1.0, max(0.0, lightness + step * at / 511))
        tried = colour if at == 0 else _hex(colorsys.hls_to_rgb(hue, moved, saturation))
        if _poorest(tried, SURFACES[scheme].values()) >= ENOUGH:
            return tried
    raise AssertionError("black and white have enough")


@lru_cache(maxsize=64)
def style_address(light: str, dark: str) -> str:
    """Where the stylesheet of two colours lies; it moves when this program comes to make another of them."""
    digest = hashlib.blake2b(stylesheet(light, dark).encode(), digest_size=6).hexdigest()
    return f"/brand/{light[1:]}-{dark[1:]}-{digest}.css"


def stylesheet(light: str, dark: str) -> str:
    """What takes the place of the lamp's colours; the ink on a fill is a surface that the colour may stand on."""
    values = {
        "lamp": (light, dark),
        "lamp-strong": (_mixed(light, "#000000", 0.18), _mixed(dark, "#ffffff", 0.18)),
        "lamp-ink": ("#ffffff", SURFACES["dark"]["sunken"]),
        "lamp-wash": (_wash(light, "light"), _wash(dark, "dark")),
        "accent": (light, dark),
    }
    lines = "".join(f"  --{name}: light-dark({one}, {other});\n" for name, (one, other) in values.items())
    return f":root {{\n{lines}}}\n"


def _wash(colour: str, scheme: str) -> str:
    """As strong as leaves the faintest ink, and the colour itself, readable on it."""
    surface = SURFACES[scheme]["surface"]
    for percent in range(round(STRONGEST_WASH * 100), 0, -1):
        wash = _mixed(surface, colour, percent / 100)
        if min(contrast(wash, colour), contrast(wash, FAINTEST[scheme])) >= ENOUGH:
            return wash
    return surface


def _poorest(colour: str, surfaces: Iterable[str]) -> float:
    return min(contrast(colour, surface) for surface in surfaces)


def _channels(colour: str) -> Channels:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{round(one * 255):02x}" for one in channels)


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return _hex(mine * (1 - share) + theirs * share for mine, theirs in pairs)


def _luminance(colour: str) -> float:
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
