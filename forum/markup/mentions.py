"""Who a text speaks of: `@handle`, but not in an e-mail address or a path."""

import re
from collections.abc import Iterator

# The end must not look like the start of an address's domain (`a@b.example`) or of another mention.
_MENTION = re.compile(r"(?<![\w@./+&=#~-])@([a-z0-9_-]{3,30})(?![\w@-]|\.\w)", re.IGNORECASE | re.ASCII)


def split_mentions(text: str) -> Iterator[tuple[str, str | None]]:
    """The text in pieces, each with the handle it mentions, in lower case, or None."""
    position = 0
    for found in _MENTION.finditer(text):
        yield text[position : found.start()], None
        yield found[0], found[1].lower()
        position = found.end()
    yield text[position:], None
