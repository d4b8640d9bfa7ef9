"""What an import cooks: the slow part of it, which needs no database and so can be done in any process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forum.markup import MAX_SOURCE_BYTES, Cooked, Uncookable, cook


@dataclass(frozen=True, slots=True)
class Dish:
    """One text to be cooked: from its Markdown, or, where that is missing or cannot be cooked, from its HTML.

    `of_discourse`: the HTML is as Discourse lays texts out.
    """

    markdown: str | None
    html: str | None = None
    limit: int = MAX_SOURCE_BYTES
    of_discourse: bool = False


def serve(dishes: Sequence[Dish]) -> list[Cooked | None]:
    """Each text cooked; None for one that is too large or too tangled."""
    return [_cook(dish) for dish in dishes]


def _cook(dish: Dish) -> Cooked | None:
    for source in _sources(dish):
        try:
            return cook(source, limit=dish.limit)
        except Uncookable:
            continue
    return None


def _sources(dish: Dish) -> Iterator[str]:
    if dish.markdown is not None:
        yield dish.markdown
    if dish.html is not None:
        from forum.markup.from_html import html_to_markdown  # noqa: PLC0415 - 10 MB that no server needs

        yield html_to_markdown(_plain(dish.html) if dish.of_discourse else dish.html)


def _plain(html: str) -> str:
    from forum.importers.discourse.cooked import plain_html  # noqa: PLC0415 - as above

    return plain_html(html)
