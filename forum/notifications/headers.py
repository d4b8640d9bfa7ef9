"""What mail programs read of a letter: what it belongs to, which list it is of, and how to be sent no more."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from forum.mail import message_id
from forum.mailin.addresses import reply_address
from forum.notifications.items import Item
from forum.posts import PostKind, PostRef
from forum.settings import Settings


def bulk_headers(settings: Settings, stop_path: str) -> dict[str, str]:
    """Of mail that many get: RFC 2919, 3834 and 8058."""
    host = urlsplit(settings.base_url).hostname or "localhost"
    return {
        "Auto-Submitted": "auto-generated",
        "Precedence": "list",
        "List-Id": f"<notifications.{host}>",
        "List-Unsubscribe": f"<{settings.base_url}{stop_path}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def reply_headers(settings: Settings, account_id: int, items: Sequence[Item]) -> dict[str, str]:
    """Where a reply to a letter goes: to the post it tells of, or the thread all of it is about; {} for nowhere."""
    if not items or any(not item.can_be_replied_to or item.thread_id is None for item in items):
        return {}
    if len({item.thread_id for item in items}) > 1:
        return {}
    first = items[0]
    post = first.post if len(items) == 1 and first.announces else None
    address = reply_address(settings, account_id, post or PostRef(PostKind.THREAD, first.thread_id or 0))
    return {"Reply-To": address} if address is not None else {}


def threading_headers(settings: Settings, account_id: int, item: Item) -> dict[str, str]:
    """A post has the same Message-ID whenever it is told to the same person, and answers the one it stands under.

    What became of a post has one of its own. The id of the question stands among the references of all of them, so
    that a mail program keeps them together even where it never got the question.
    """
    if item.thread_id is None:
        return {"Message-ID": message_id(settings, f"notification-{item.id}")}

    def named(kind: str, post_id: int) -> str:
        return message_id(settings, f"{kind}-{post_id}.{account_id}")

    root = named("thread", item.thread_id)
    if not item.announces or item.post is None:
        own, above = message_id(settings, f"notification-{item.id}"), [root]
    else:
        own, above = named(item.post.kind.value, item.post.id), [root]
        if item.post.kind is PostKind.THREAD:
            above = []
        elif item.answer_id is not None:
            above.append(named("answer", item.answer_id))
    found = {"Message-ID": own}
    return found | ({"In-Reply-To": above[-1], "References": " ".join(above)} if above else {})
