"""Text that reads like a forum's to a search index: common words in most posts, a long tail in hardly any.

The head of the vocabulary is what the demonstration's people write, by how often they do;
the tail is made up, as names of modules and error codes are. Bodies come from a pool that
the real cooker laid out, each with a last paragraph of its own that needs no cooking.
"""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from forum.demo.script import CONTENT
from forum.markup import COOKER_VERSION, cook

TAIL = 12_000
POOL = 1500
SYLLABLES = ("ba", "co", "da", "fen", "gri", "hol", "ix", "jo", "ka", "lum", "mo", "nar", "ol", "pra", "qui", "ro")
SYLLABLES += ("sta", "tem", "ur", "vex", "wo", "yl", "zan")


@dataclass(frozen=True, slots=True)
class Text:
    source: str
    html: str
    text: str
    version: int = COOKER_VERSION


class Writer:
    """Writes titles and bodies; the same seed writes the same ones."""

    def __init__(self, seed: int, *, pool: int = POOL) -> None:
        self.random = random.Random(seed)
        common = Counter(re.findall(r"[a-z]{2,14}", _spoken().lower())).most_common()
        made = (f"{a}{b}{c}" for a, b, c in itertools.product(SYLLABLES, repeat=3))
        self.vocabulary = [word for word, _count in common] + list(itertools.islice(made, TAIL))
        weights = [float(count) for _word, count in common]
        # The tail goes on where the spoken words end, each as rare as its place: one in a few thousand posts.
        weights += [1 / (1 + place / 200) for place in range(len(self.vocabulary) - len(weights))]
        self.weights = list(itertools.accumulate(weights))
        self.pool = [self._cooked() for _ in range(pool)]
        self.remarks = [self._plain(self.sentence(self.random.randint(6, 30))) for _ in range(pool // 3)]

    def words(self, count: int) -> list[str]:
        return self.random.choices(self.vocabulary, cum_weights=self.weights, k=count)

    def title(self) -> str:
        return self.sentence(self.random.randint(5, 11)).rstrip(".")[:150].ljust(15, "e")

    def sentence(self, count: int) -> str:
        return " ".join(self.words(count)).capitalize() + "."

    def body(self) -> Text:
        base, last = self.random.choice(self.pool), self.sentence(self.random.randint(8, 40))
        return Text(f"{base.source}\n\n{last}", f"{base.html}\n<p>{last}</p>", f"{base.text}\n\n{last}")

    @contextmanager
    def same(self, name: str) -> Iterator[None]:
        """What is written inside is the same in every community, whatever was written before it."""
        kept, self.random = self.random, random.Random(name)
        try:
            yield
        finally:
            self.random = kept

    def remark(self) -> Text:
        return self.random.choice(self.remarks)

    def _plain(self, line: str) -> Text:
        return Text(line, f"<p>{line}</p>", line)

    def _cooked(self) -> Text:
        parts = [self._part() for _ in range(self.random.choice((0, 1, 1, 1, 2, 3)))]
        parts.append(self.sentence(self.random.randint(8, 30)))
        cooked = cook("\n\n".join(parts))
        return Text(cooked.source, cooked.html, cooked.text)

    def _part(self) -> str:
        """A paragraph, a list, some code or a quotation."""
        kind = self.random.random()
        if kind < 0.6:
            *plain, strong = (self.sentence(self.random.randint(6, 20)) for _ in range(self.random.randint(2, 4)))
            return f"{' '.join(plain)} **{strong}**" if kind < 0.15 else " ".join((*plain, strong))
        lines = [self.sentence(self.random.randint(4, 10)) for _ in range(self.random.randint(2, 5))]
        if kind < 0.75:
            return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
        if kind < 0.92:
            return "```\n" + "\n".join(line.lower() for line in lines) + "\n```"
        return "\n".join(f"> {line}" for line in lines)


def _spoken() -> str:
    """What the demonstration's people say, without the directions between."""
    scenes = sorted((file for file in CONTENT.iterdir() if file.name.endswith(".md")), key=lambda file: file.name)
    text = "\n".join(scene.read_text() for scene in scenes)
    return "\n".join(line for line in text.splitlines() if not line.startswith("@@"))
