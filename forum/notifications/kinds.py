"""The sentence of each kind of notification, and its symbol.

A sentence may name `{actor}` and `{title}`. It is put together where it is read, in the
reader's language, so a name that changed or a title that was hidden is never shown as it was.
"""

from __future__ import annotations

from dataclasses import dataclass

from forum.i18n import gettext as _
from forum.i18n import lazy


@dataclass(frozen=True, slots=True)
class Kind:
    sentence: str
    icon: str


_kinds: dict[str, Kind] = {}


def add_kind(name: str, sentence: str, icon: str = "bell") -> None:
    """Say how a kind reads; `sentence` is marked with `lazy`, `icon` one of static/icons.txt."""
    _kinds[name] = Kind(sentence, icon)


def sentence(kind: str, *, actor: str | None, title: str | None) -> str:
    """What happened, in words; "" for a kind whose whole story is its text."""
    known = _kinds.get(kind)
    if known is None:
        return ""
    return str(known.sentence).format(actor=actor or _("Somebody"), title=title or _("a post that is no longer shown"))


def icon(kind: str) -> str:
    return _kinds[kind].icon if kind in _kinds else "bell"


add_kind("mention", lazy("{actor} mentioned you in “{title}”"), "message-circle")
add_kind("answer", lazy("{actor} answered your question “{title}”"), "message-square")
add_kind("staff_answer", lazy("Staff answered your question “{title}”"), "headset")
add_kind("followed_answer", lazy("{actor} answered “{title}”, which you follow"), "message-square")
add_kind("comment", lazy("{actor} commented on your post in “{title}”"), "message-circle")
add_kind("accepted", lazy("{actor} accepted your answer to “{title}”"), "circle-check")
add_kind("solved", lazy("“{title}”, which you follow, is solved"), "circle-check")
add_kind("edited", lazy("{actor} edited your post in “{title}”"), "pencil")
add_kind("approved", lazy("Your post in “{title}” was approved and is shown"), "eye")
add_kind("restored", lazy("Your post in “{title}” is shown again"), "eye")
add_kind("unlisted", lazy("“{title}” was taken out of the lists"), "eye-off")
add_kind("hidden", lazy("Your post in “{title}” was hidden by a moderator"), "eye-off")
add_kind(
    "hidden_by_flags",
    lazy("Your post in “{title}” was flagged and is hidden until a moderator looks"),
    "eye-off",
)
add_kind("rejected", lazy("Your post in “{title}” was not approved"), "ban")
add_kind("removed", lazy("Your post in “{title}” was removed by a moderator"), "trash-2")
add_kind("held", lazy("Your post in “{title}” waits for a moderator's approval"), "hourglass")
add_kind("withheld", lazy("The text of your post in “{title}” was removed to protect private information"), "lock")
add_kind("locked", lazy("Your question “{title}” was locked"), "lock")
add_kind("duplicate", lazy("Your question “{title}” was marked as asked before"), "merge")
add_kind("token_revoked", lazy("{actor} ended one of your API tokens"), "key")
add_kind("needs_info", lazy("{actor} needs to know more to answer “{title}”"), "circle-help")
add_kind("organisation_offer", lazy("You can join your organisation here"), "users")
