"""Asking staff from a thread, over the API."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PrivateAttr
from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import Actor, signed_in
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.markup import Cooked
from forum.threads.api.shapes import Escalation, KnownEscalation
from forum.threads.models import StaffState, Thread
from forum.web import Access
from forum.web.api import ApiRouter, api_act, made
from forum.web.api.shapes import MOST_TEXT, Given, Id, Text, cooked_field
from support.escalations import actions, queries
from support.escalations.rules import AT_ONCE
from support.messages.actions.writing import plain
from support.tickets.models import Reason
from support.tickets.words import reason_words

router = ApiRouter(tags=["escalations"])
KNOWN = frozenset(reason.value for reason in Reason)


class EscalationIn(Given):
    """`reason` is one of the known ones, with more in `body`; or, alone, what staff should know in your own words."""

    reason: Annotated[str, Field(min_length=1, max_length=MOST_TEXT)] = Field(
        description="unanswered, unhelpful, outage, security, billing, data_loss, handed_over; or your own words.",
        examples=["outage"],
    )
    body: Text | None = None
    _cooked: Cooked | None = PrivateAttr(default=None)

    @property
    def words(self) -> Cooked:
        """What staff read; a known reason alone speaks for itself."""
        return self._cooked or plain(reason_words(Reason(self.reason)))

    @property
    def known(self) -> Reason | None:
        return Reason(self.reason) if self.reason in KNOWN else None

    def prepare(self) -> None:
        if self.body is not None:
            self._cooked = cooked_field("body", self.body)
        elif self.known is None:
            self._cooked = cooked_field("reason", self.reason)


@api_act(
    router,
    "POST",
    "/threads/{thread_id}/escalation",
    access=Access.SIGNED_IN,
    status=201,
    like="tickets.escalate",
)
def ask_staff(request: Request, session: Session, thread_id: Id, given: EscalationIn) -> KnownEscalation | Escalation:
    """Hand a thread to staff. The thread stays public; what is written here goes only to staff."""
    actor = signed_in(request)
    reason = given.known or _reason_now(session, actor, thread_id, given)
    actions.ask_staff(session, actor, thread_id, reason, given.words)
    state = session.get_one(Thread, thread_id).staff_state or StaffState.ASKED
    reference = queries.references(session, actor, [thread_id]).get(thread_id)
    if reference is None:
        return Escalation(state=state)
    made(request, f"/tickets/{reference}")
    return KnownEscalation(state=state, ticket=reference)


def _reason_now(session: Session, actor: Actor, thread_id: int, given: EscalationIn) -> Reason:
    """For whom only said it in their own words: what they may give as a reason now, short of the urgent ones."""
    if given.body is not None:
        raise Invalid({"reason": _("Please choose one.")})
    allowed = queries.thread_help(session, actor, thread_id).allowed.reasons
    return next((reason for reason in allowed if reason not in AT_ONCE), Reason.UNANSWERED)
