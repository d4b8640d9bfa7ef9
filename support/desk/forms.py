"""What staff send from a ticket's page."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField

from forum.i18n import gettext as _
from forum.i18n import pgettext
from forum.web import choices
from support.forms import Versioned, Words
from support.messages.models import Audience
from support.tickets.models import Priority, SolvedHow, TicketState
from support.tickets.words import how_words, priority_words

WAITS = (TicketState.OPEN, TicketState.PENDING, TicketState.HOLD)


class Reply(Words, Versioned):
    """A message for one audience, and where the ticket goes next; private unless chosen otherwise."""

    audience = RadioField(
        choices=choices((audience.value, audience.value) for audience in Audience), default=Audience.REQUESTER.value
    )
    confirmed = BooleanField()
    then = SelectField(default="")

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.confirmed.label.text = _(
            "Yes, everyone may read this: it has no names, addresses or keys of the customer."
        )
        self.then.label.text = _("Then")
        self.then.choices = choices(
            [
                ("", _("leave the ticket as it is")),
                (TicketState.PENDING.value, _("wait for the customer")),
                (TicketState.HOLD.value, _("wait for somebody else")),
                (TicketState.SOLVED.value, _("solve the ticket")),
            ]
        )

    @property
    def next_state(self) -> TicketState | None:
        return TicketState(self.then.data) if self.then.data else None


class Assign(Versioned):
    assignee = StringField()

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.assignee.label.text = _("Assigned to")


class HandOver(Versioned):
    tier = SelectField(coerce=int)
    reason = TextAreaField()

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.tier.label.text = pgettext("tier", "To")
        self.tier.choices = choices((tier, _("Tier {tier}").format(tier=tier)) for tier in (1, 2, 3))
        self.reason.label.text = _("Why")


class SetPriority(Versioned):
    priority = SelectField()

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.priority.label.text = _("Priority")
        self.priority.choices = choices((priority.value, priority_words(priority)) for priority in Priority)


class SetTeam(Versioned):
    team = StringField()

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.team.label.text = _("Team")


class Move(Versioned):
    state = RadioField(choices=choices((state.value, state.value) for state in TicketState if state in WAITS))


class Solve(Versioned):
    how = SelectField()

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.how.label.text = _("How")
        self.how.choices = choices((how.value, how_words(how)) for how in SolvedHow)


class Merge(Versioned):
    into = StringField()

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.into.label.text = _("Into which ticket?")


class Decline(Words, Versioned):
    """Why staff turn down what a thread asked; only the customer reads it."""

    body = TextAreaField(id="decline-body")

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.body.label.text = _("Why")


class Toggle(Versioned):
    """ "1" to do it, "0" to take it back."""

    value = StringField(default="1")
