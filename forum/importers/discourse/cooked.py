"""HTML as Discourse lays it out, freed of what only its own styles and scripts make sense of."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup

from forum.importers.discourse.emoji import EMOJI


def plain_html(html: str) -> str:
    """The same text in plain HTML: signs for emoji, one image for a lightbox, quotes with who said it."""
    try:
        soup = BeautifulSoup(html.replace("<![", "&lt;!["), "html.parser")
        for image in soup.select("img.emoji"):
            code = str(image.get("title") or image.get("alt") or "")
            image.replace_with(EMOJI.get(code.strip(":"), code))
        for image in soup.select("img.avatar, aside.quote .quote-controls, .lightbox-wrapper .meta, img.site-icon"):
            image.decompose()
        for link in soup.select("a.lightbox"):
            link.unwrap()
        for image in soup.select("img"):
            for name in ("srcset", "width", "height"):
                del image[name]
        for quote in soup.select("aside.quote"):
            _name(soup, quote)
        for frame in soup.select("iframe[src]"):
            _link(soup, frame, str(frame["src"]))
        for video in soup.select("[data-video-id]"):
            if video.get("data-provider-name", "youtube") == "youtube":
                _link(soup, video, f"https://www.youtube.com/watch?v={video['data-video-id']}")
        return str(soup)
    except (RecursionError, ParserRejectedMarkup):
        return html


def _name(soup: BeautifulSoup, quote: Tag) -> None:
    title, block = quote.select_one(".title"), quote.select_one("blockquote")
    if title is None or block is None:
        return
    said = soup.new_tag("p")
    who = re.sub(r":\s*$", "", " ".join(title.get_text().split())) or str(quote.get("data-username", ""))
    said.string = f"{who}:"
    block.insert(0, said)
    title.decompose()


def _link(soup: BeautifulSoup, tag: Tag, address: str) -> None:
    link = soup.new_tag("a", href=address)
    link.string = tag.get_text(strip=True) or address
    tag.replace_with(link)
