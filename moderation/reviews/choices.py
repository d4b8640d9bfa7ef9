"""What a moderator can choose for a review, and what each choice needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from forum.clock import now
from forum.errors import Invalid
from forum.events.moderation import Decision, FlagReason, SanctionKind
from forum.i18n import gettext as _
from forum.markup import Cooked
from moderation.reviews.models import ReviewKind

WORDS = 2000
OFFERED: dict[ReviewKind, tuple[Decision, ...]] = {
    ReviewKind.FLAGS: (
        Decision.APPROVE,
        Decision.IGNORE,
        Decision.HIDE,
        Decision.DELETE,
        Decision.EDIT,
        Decision.LOCK,
        Decision.SANCTION,
        Decision.HAND_TO_STAFF,
    ),
    ReviewKind.APPROVAL: (
        Decision.APPROVE,
        Decision.EDIT,
        Decision.REJECT,
        Decision.DELETE,
        Decision.SANCTION,
    ),
}
NEED_GROUNDS = {Decision.REJECT, Decision.HIDE, Decision.DELETE, Decision.SANCTION}
AGAINST_AUTHOR = NEED_GROUNDS | {Decision.EDIT, Decision.LOCK}
"""What an author can appeal."""
ABUSIVE = {FlagReason.SPAM, FlagReason.ABUSE}


@dataclass(frozen=True, slots=True)
class Terms:
    """A sanction to come; `days` is None for one without an end."""

    kind: SanctionKind
    days: int | None = None

    @property
    def until(self) -> datetime | None:
        return None if self.days is None or self.kind is SanctionKind.WARN else now() + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision as it was filled in: `message` is for the author, `note` for moderators or, handed over, staff."""

    decision: Decision
    grounds: FlagReason | None = None
    message: str = ""
    note: str = ""
    cooked: Cooked | None = None
    title: str | None = None
    terms: Terms | None = None
    lock_days: int | None = None

    @property
    def abusive(self) -> bool:
        return self.decision in NEED_GROUNDS and self.grounds in ABUSIVE

    @property
    def withholds(self) -> bool:
        return self.decision is Decision.DELETE and self.grounds is FlagReason.PRIVATE


def check_choice(kind: ReviewKind, choice: Choice) -> None:
    """Refuse what does not fit the review, or lacks what it needs.

    Raises:
        Invalid: with one message beside each field.
    """
    wrong: dict[str, str] = {}
    if choice.decision not in OFFERED[kind]:
        wrong["decision"] = _("Choose one of these.")
    if choice.decision in NEED_GROUNDS and choice.grounds is None:
        wrong["grounds"] = _("Say why: the author will read it.")
    if choice.grounds is FlagReason.OTHER and choice.decision in NEED_GROUNDS and not choice.message:
        wrong["message"] = _("Tell the author in your own words what is wrong.")
    if choice.decision is Decision.EDIT and choice.cooked is None:
        wrong["body"] = _("Change the text here, or choose another decision.")
    if choice.decision is Decision.SANCTION and choice.terms is None:
        wrong["sanction"] = _("Choose a sanction.")
    if choice.decision is Decision.HAND_TO_STAFF and not choice.note:
        wrong["note"] = _("Tell staff what they need to know.")
    for field in ("message", "note"):
        if len(getattr(choice, field)) > WORDS:
            wrong[field] = _("Keep it under 2000 characters.")
    if wrong:
        raise Invalid(wrong)
