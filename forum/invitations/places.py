"""What invitations add to other pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts import admission
from forum.accounts.admission import Registration
from forum.admin.catalogue import Area, Setting, lists
from forum.brand import INVITE_FROM
from forum.i18n import gettext as _
from forum.invitations.actions import SENT
from forum.invitations.forms import WHO_WORDS
from forum.options import option
from forum.setup.steps import SLOT as STEPS
from forum.setup.steps import Step, StepName
from forum.slots import Slots

PATH = "/admin/invitations"


def register(slots: Slots) -> None:
    slots.register(STEPS, "", steps)
    lists(slots, settings, order=30)


def steps(session: Session, _actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    step = Step(
        StepName.INVITATIONS,
        _("Invite the first people"),
        _("Colleagues who answer and keep order, and customers who know their way. Say here, too, who may register."),
        PATH,
        done=option(session, SENT, False),
    )
    return dict.fromkeys(keys, (step,))


def settings(session: Session) -> Iterator[Setting]:
    points, never = admission.invite_from(session), _("never")
    yield from (
        Setting(
            _("Who may make an account"),
            _("Everybody, only who is invited, or nobody for now."),
            str(WHO_WORDS[Registration.OPEN]),
            str(WHO_WORDS[admission.registration(session)]),
            PATH,
            Area.SIGN_IN,
            (admission.WHO,),
        ),
        Setting(
            _("Customers invite others"),
            _("From so many points of reputation on."),
            never,
            never if points is None else str(points),
            PATH,
            Area.SIGN_IN,
            (INVITE_FROM,),
        ),
    )
