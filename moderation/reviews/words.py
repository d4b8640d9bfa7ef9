"""What the people concerned are told, in words."""

from __future__ import annotations

from forum.events.moderation import Decision, FlagReason, SanctionKind
from forum.i18n import gettext as _
from moderation.flags.models import FlagState
from moderation.reviews.choices import Terms


def grounds_words(grounds: FlagReason) -> str:
    """A reason as the end of "because …"."""
    return {
        FlagReason.SPAM: _("it advertises something rather than helping"),
        FlagReason.ABUSE: _("it is rude or hurtful to somebody"),
        FlagReason.OFF_TOPIC: _("it has nothing to do with this place"),
        FlagReason.NOT_AN_ANSWER: _("it does not try to answer the question"),
        FlagReason.PRIVATE: _("it shows private information"),
        FlagReason.NEEDS_STAFF: _("it is something for staff"),
        FlagReason.OTHER: _("of what the moderator writes below"),
    }[grounds]


def reason_label(reason: FlagReason) -> str:
    return {
        FlagReason.SPAM: _("Spam"),
        FlagReason.ABUSE: _("Rude or abusive"),
        FlagReason.OFF_TOPIC: _("Off-topic"),
        FlagReason.NOT_AN_ANSWER: _("Not an answer"),
        FlagReason.PRIVATE: _("Private information"),
        FlagReason.NEEDS_STAFF: _("Needs staff"),
        FlagReason.OTHER: _("Something else"),
    }[reason]


def reason_help(reason: FlagReason) -> str:
    return {
        FlagReason.SPAM: _("Advertises something, and does not say so or does not help."),
        FlagReason.ABUSE: _("Insults, threatens or humiliates somebody."),
        FlagReason.OFF_TOPIC: _("Has nothing to do with this place."),
        FlagReason.NOT_AN_ANSWER: _("Does not try to answer the question: thanks, another question, a remark."),
        FlagReason.PRIVATE: _("Shows an address, a password, a key or somebody's data. You can always report this."),
        FlagReason.NEEDS_STAFF: _("Only the company can help here."),
        FlagReason.OTHER: _("Say in the note what is wrong."),
    }[reason]


def weight_words() -> str:
    return _(
        "Weight is how much its flags count for together: one each, more from people with many points or a role, "
        "and more or less by how often moderators agreed with their flags."
    )


def decision_label(decision: Decision, *, held: bool = False, flagged: bool = True) -> str:
    keep = _("Keep it: the flags are wrong") if flagged else _("Keep it as it is")
    return {
        Decision.APPROVE: _("Publish it") if held else keep,
        Decision.REJECT: _("Do not publish it"),
        Decision.HIDE: _("Hide it"),
        Decision.EDIT: _("Edit and publish it") if held else _("Edit it and keep it"),
        Decision.DELETE: _("Delete it"),
        Decision.LOCK: _("Lock the thread"),
        Decision.SANCTION: _("Refuse it and sanction the author") if held else _("Hide it and sanction the author"),
        Decision.HAND_TO_STAFF: _("Hand the thread to staff"),
        Decision.IGNORE: _("Ignore the flags"),
    }[decision]


def decision_done(decision: Decision, *, held: bool = False, flagged: bool = True) -> str:
    """What was done, as a record says it."""
    kept = _("kept it and found the flags wrong") if flagged else _("kept it as it is")
    return {
        Decision.APPROVE: _("approved it") if held else kept,
        Decision.REJECT: _("did not publish it"),
        Decision.HIDE: _("hid it"),
        Decision.EDIT: _("edited it"),
        Decision.DELETE: _("deleted it"),
        Decision.LOCK: _("locked the thread"),
        Decision.SANCTION: _("refused it and sanctioned the author") if held else _("hid it and sanctioned the author"),
        Decision.HAND_TO_STAFF: _("handed the thread to staff"),
        Decision.IGNORE: _("ignored the flags"),
    }[decision]


def decision_flash(*, author_told: bool, flaggers_told: bool) -> str:
    """What the moderator reads once it is done: who was told, and nobody else."""
    if author_told and flaggers_told:
        return _("Decided. Author and flaggers were told.")
    if author_told:
        return _("Decided. The author was told.")
    return _("Decided. Those who flagged it were told.") if flaggers_told else _("Decided. Nobody needed to be told.")


def told_author(
    decision: Decision, title: str, grounds: FlagReason | None, message: str, *, shown_again: bool, terms: Terms | None
) -> str:
    """What a decision tells the author; empty when it changes nothing for them."""
    if decision in (Decision.APPROVE, Decision.IGNORE) and not shown_again:
        return ""
    opening = _opening(decision).format(title=title)
    if opening and grounds is not None and decision not in (Decision.APPROVE, Decision.IGNORE):
        opening += " " + _("Moderators found that {why}.").format(why=grounds_words(grounds))
    sanction = _sanction(terms) if terms is not None and decision is Decision.SANCTION else ""
    return " ".join(part for part in (opening, sanction, message) if part)


def _opening(decision: Decision) -> str:
    return {
        Decision.APPROVE: _("Your post in “{title}” was looked at and is there for everybody."),
        Decision.IGNORE: _("Your post in “{title}” is there for everybody again."),
        Decision.REJECT: _("Your post in “{title}” was not published."),
        Decision.HIDE: _("Your post in “{title}” was hidden from others."),
        Decision.EDIT: _("Your post in “{title}” was edited by a moderator."),
        Decision.DELETE: _("Your post in “{title}” was deleted."),
        Decision.LOCK: _("The thread “{title}” was locked: nobody can write in it for now."),
        Decision.SANCTION: _("Your post in “{title}” was hidden from others."),
        Decision.HAND_TO_STAFF: "",
    }[decision]


def _sanction(terms: Terms) -> str:
    return told_sanction(terms.kind, terms.days)


def told_sanction(kind: SanctionKind, days: int | None) -> str:
    """What a sanction means, as the person reads it."""
    if kind is SanctionKind.WARN:
        return _("This is a warning.")
    for_how_long = _("until a moderator lifts this") if days is None else _("for {days} days").format(days=days)
    words = (
        _("You cannot ask, answer, comment or edit {duration}. Voting, flagging and your own tickets stay open to you.")
        if kind is SanctionKind.SILENCE
        else _("Your account is suspended {duration}: you can read, and write to staff in your own tickets.")
    )
    return words.format(duration=for_how_long)


def told_flagger(state: FlagState, title: str) -> str:
    return {
        FlagState.AGREED: _("A moderator agreed with your flag in “{title}”. Thank you for looking after this place."),
        FlagState.DISAGREED: _("A moderator looked at your flag in “{title}” and found the post to be all right."),
        FlagState.IGNORED: _("A moderator looked at your flag in “{title}” and left things as they are."),
        FlagState.PENDING: _("What was decided about your flag in “{title}” was taken back; it is looked at again."),
    }[state].format(title=title)
