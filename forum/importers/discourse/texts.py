"""What a post says here: its Discourse Markdown put in ours, with the post that it replies to named before it."""

from __future__ import annotations

import json
import re
from html import escape

from forum.importers.discourse.files import Uploads
from forum.importers.discourse.folder import dicts, text, whole
from forum.importers.discourse.markup import Votes, to_markdown
from forum.importers.discourse.staging import Topics
from forum.importers.dump import Row
from forum.markup import plain_text
from forum.posts import Visibility

EXCERPT = 200
_MARKS = re.compile(r"([\\`*_\[\]<>!&#~|@])")
_UPLOADED = re.compile(
    r"(?P<before>(?:src|href)=\")(?:(?:https?:)?//[^/\"]{1,200})?/(?:[^\"]{0,200}/)?uploads/[^\"]{1,300}?"
    r"(?P<sha>[0-9a-f]{40})[^\".]{0,40}(?P<ending>\.[a-z0-9]{1,10})\""
)


class Texts:
    def __init__(self, topics: Topics, uploads: Uploads, source_id: int) -> None:
        self.topics = topics
        self.uploads = uploads
        self.source_id = source_id

    def markdown(self, row: Row) -> str | None:
        """None where the API gave only HTML; that is prepared as well."""
        topic, polls = int(row["Topic"]), _polls(row)
        if "Raw" not in row:
            row["Body"] = self._reply(row, html=True) + _UPLOADED.sub(self._moved, row["Body"])
            return None
        return self._reply(row) + to_markdown(row["Raw"], self, polls, topic=topic)

    def mention(self, username: str) -> str | None:
        """Names may end in a full stop that ends the sentence."""
        named = self.topics.named(username)
        return named.handle if named.known and named.handle != username.lower() else None

    def said_by(self, username: str) -> str:
        named = self.topics.named(username)
        if not named.known:
            return _MARKS.sub(r"\\\1", username)
        return f"@{named.handle}" if named.handle else "Somebody"

    def place(self, topic: int, number: int) -> str:
        return f"/t/{topic}/{number}?site={self.source_id}"

    def upload(self, name: str) -> str:
        return self.uploads.url(name)

    def _reply(self, row: Row, *, html: bool = False) -> str:
        """A quote of the beginning of what a post replies to, unless that is the question or is quoted already."""
        number, topic = int(row.get("ReplyTo") or 0), int(row["Topic"])
        if number < 2:
            return ""
        if (
            re.search(rf"\[quote=[^\]]*post:\s*{number}\b", row.get("Raw", ""))
            or f'data-post="{number}"' in row["Body"]
        ):
            return ""
        replied = self.topics.post(topic, number)
        if replied is None:
            return ""
        who = self.said_by(replied.get("Username", "") or replied.get("OwnerDisplayName", ""))
        hidden = replied.get("Visibility") == Visibility.HIDDEN
        said = "" if hidden else " ".join((plain_text(replied["Body"]) or replied.get("Raw", "")).split())
        short = said if len(said) <= EXCERPT else said[:EXCERPT].rsplit(" ", 1)[0] + " …"
        place = self.place(topic, number)
        if html:
            inner = f'<p><strong>{escape(who)}</strong> <a href="{escape(place)}">wrote</a>:</p><p>{escape(short)}</p>'
            return f"<blockquote>{inner}</blockquote>"
        return f"> **{who}** [wrote]({place}):\n>\n> {_escaped(short)}\n\n"

    def _moved(self, found: re.Match[str]) -> str:
        name = found["sha"] + found["ending"]
        here = self.uploads.url(name)
        return f'{found["before"]}{here}"' if here.startswith("/files/") else found[0]


def _escaped(said: str) -> str:
    return _MARKS.sub(r"\\\1", said)


def _polls(row: Row) -> dict[str, list[Votes]]:
    try:
        polls = json.loads(row.get("Polls") or "[]")
    except ValueError:
        return {}
    return {
        text(poll.get("name")): [
            Votes(_MARKS.sub(r"\\\1", plain_text(text(one.get("html")))), whole(one.get("votes")))
            for one in dicts(poll.get("options"))
        ]
        for poll in dicts(polls)
    }
