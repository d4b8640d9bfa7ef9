"""Markdown to sanitised HTML, and back to plain text."""

from forum.markup.cook import COOKER_VERSION, Cooked, cook
from forum.markup.from_html import html_to_markdown
from forum.markup.limits import MAX_HTML_BYTES, MAX_SOURCE_BYTES, Uncookable
from forum.markup.text import excerpt, one_line, plain_text, slugify

__all__ = [
    "COOKER_VERSION",
    "MAX_HTML_BYTES",
    "MAX_SOURCE_BYTES",
    "Cooked",
    "Uncookable",
    "cook",
    "excerpt",
    "html_to_markdown",
    "one_line",
    "plain_text",
    "slugify",
]
