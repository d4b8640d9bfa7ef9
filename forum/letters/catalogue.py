"""Which letters there are, what their words may name, and what stands in them for a preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forum.i18n import gettext as _
from forum.i18n import lazy

EVERYWHERE = ("name", "handle", "site")


@dataclass(frozen=True, slots=True)
class Letter:
    """`placeholders` are those beside `EVERYWHERE` that its words may name, `explains` when it goes out.

    Without `has_handle` it goes to an address of which nothing else is known."""

    name: str
    title: str
    explains: str
    own: tuple[str, ...] = ()
    has_handle: bool = True

    @property
    def placeholders(self) -> tuple[str, ...]:
        every = EVERYWHERE if self.has_handle else tuple(one for one in EVERYWHERE if one != "handle")
        return (*every, *self.own)


LETTERS = {
    one.name: one
    for one in (
        Letter("confirm", lazy("Confirm an address"), lazy("To the address of a new account."), ("days",)),
        Letter("known", lazy("An address that has an account"), lazy("When somebody registers with it again.")),
        Letter("reset", lazy("A new password"), lazy("When somebody has forgotten theirs."), ("hours",)),
        Letter(
            "claim",
            lazy("An imported account"),
            lazy("To the address that somebody had at the former forum, with a link that makes their account theirs."),
            ("days",),
        ),
        Letter(
            "confirm_change",
            lazy("Confirm another address"),
            lazy("To the address that an account is to move to."),
            ("days",),
        ),
        Letter(
            "email_changed",
            lazy("An account has another address"),
            lazy("To the address that it had before, with a link that takes the change back."),
            ("days",),
        ),
        Letter("password_changed", lazy("A password was changed"), lazy("After every change of a password.")),
        Letter(
            "security",
            lazy("The safety of an account"),
            lazy("When a second factor, a passkey or the like was added or removed."),
            ("what",),
        ),
        Letter(
            "sign_in_alert",
            lazy("A new browser"),
            lazy("When an account was signed in from a browser that was not used before."),
        ),
        Letter(
            "invitation",
            lazy("An invitation to an organisation"),
            lazy("To each address that is invited."),
            ("organisation", "inviter", "days"),
            has_handle=False,
        ),
        Letter(
            "join",
            lazy("An invitation to the site"),
            lazy("To each address that is invited to make an account."),
            ("inviter", "days"),
            has_handle=False,
        ),
        Letter(
            "join_known",
            lazy("An invitation to an address that has an account"),
            lazy("When a customer invites somebody who is here already."),
            ("inviter",),
        ),
        Letter("export_ready", lazy("An archive is ready"), lazy("To whom asked for their data."), ("days",)),
        Letter("erasure_asked", lazy("An erasure was asked for"), lazy("To whoever is to be erased."), ("day",)),
        Letter(
            "merged",
            lazy("Two accounts became one"),
            lazy("To the addresses of both."),
            ("gone",),
        ),
        Letter("erasure_withdrawn", lazy("An erasure was taken back"), lazy("To whoever was to be erased.")),
        Letter(
            "post",
            lazy("A word in a thread"),
            lazy("A question, answer or comment that somebody hears of. The replies to a question begin with “Re:”."),
            ("what", "title", "actor"),
        ),
        Letter("notification", lazy("Anything else that happened"), lazy("One notification, by mail."), ("what",)),
        Letter("notifications", lazy("Several at once"), lazy("What came within a few minutes."), ("count",)),
        Letter(
            "reply_asked",
            lazy("Who may read a reply by mail"),
            lazy("To whoever replied by mail to a thread that is with staff."),
            ("title",),
        ),
        Letter(
            "reply_refused",
            lazy("A reply by mail that is not posted"),
            lazy("To whoever wrote it, with the reason."),
            ("title",),
        ),
        Letter(
            "reply_files",
            lazy("A reply by mail without its files"),
            lazy("To whoever wrote it, when some could not come along."),
            ("title",),
        ),
        Letter(
            "reply_held",
            lazy("A reply by mail from another address"),
            lazy("To whoever the address was made for, once a day at most."),
        ),
        Letter("digest", lazy("The digest"), lazy("Daily or weekly, for those who want it."), ("day",)),
    )
}


def sample(name: str) -> dict[str, Any]:
    """What a preview shows in place of what happened, in the words of the interface."""
    title, actor = _("Sync stops halfway"), _("Bo Lind")
    what = _("{actor} answered your question “{title}”").format(actor=actor, title=title)
    quote = _("Restart the daemon, then wait a minute.")
    first = {"text": what, "note": quote, "link": "/threads/1"}
    second = {"text": _("“{title}” is solved").format(title=title), "note": "", "link": "/threads/1"}
    stop = {"words": _("No more mail when somebody answers your question"), "link": "/unsubscribe/…"}
    facts: Mapping[str, dict[str, Any]] = {
        "confirm": {"days": 7, "path": "/confirm/…"},
        "claim": {"days": 14, "path": "/claim/…"},
        "confirm_change": {"days": 7, "path": "/confirm/…"},
        "email_changed": {"days": 7, "path": "/undo-email/…"},
        "security": {"what": _("A passkey was added"), "detail": _("Work laptop"), "path": "/settings/security"},
        "sign_in_alert": {"told": _("Firefox on Linux, 27 November, 9:30"), "count": 1, "path": "/sign-in-alert/…"},
        "invitation": {"organisation": _("Example Works"), "inviter": actor, "days": 7, "path": "/invitations/…"},
        "join": {"role": "", "inviter": actor, "days": 14, "path": "/join/…"},
        "join_known": {"inviter": actor, "path": "/login"},
        "export_ready": {"days": 7, "path": "/settings/data"},
        "erasure_asked": {"day": "27 November", "path": "/settings/data"},
        "erasure_withdrawn": {"path": "/settings/data"},
        "merged": {"gone": "ana-old", "path": "/login"},
        "known": {"path": "/login"},
        "reset": {"hours": 2, "path": "/reset/…"},
        "password_changed": {"path": "/reset"},
        "post": {"what": what, "title": title, "actor": actor, "reason": "", "quote": quote, "path": "/threads/1"},
        "notification": {"what": _("Staff wrote to you in your ticket"), "reason": _("T-1: No mail since Monday")},
        "notifications": {"count": 2, "sections": [{"heading": "", "items": [first, second]}]},
        "reply_asked": {"title": title, "quote": quote, "staff": 1, "path": "/mailed/link/…"},
        "reply_refused": {"title": title, "reason": _("This thread is locked."), "quote": quote, "path": "/mailed/1"},
        "reply_files": {"title": title, "files": "trace.exe", "path": "/threads/1"},
        "reply_held": {"address": "bo@example.org", "unproven": 0},
        "digest": {"day": "27", "sections": [{"heading": _("What you follow"), "items": [first, second]}]},
    }
    found = {"path": "/notifications", "reason": "", "said": "", "quote": "", **facts[name]}
    return found | ({"stops": [stop]} if name in ("post", "notification", "notifications", "digest") else {})
