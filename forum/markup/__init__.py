"""Markdown to sanitised HTML, and back to plain text."""

from forum.markup.cook import COOKER_VERSION, Cooked, cook
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
    "one_line",
    "plain_text",
    "slugify",
]
