"""Changing simple settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.admin.simple import Simple
from forum.errors import Invalid
from forum.events import emit
from forum.events.site import SettingChanged
from forum.options import hold_options, set_option


def change_settings(session: Session, actor: Actor, known: Sequence[Simple[Any]], wanted: Mapping[str, Any]) -> int:
    """Give some of the `known` settings other values, by the names of their options; how many that changed.

    Raises:
        Forbidden: the actor is no admin.
        Invalid: a value is out of its bounds.
    """
    require(actor, Privilege.ADMINISTER)
    asked = [one for one in known if one.option in wanted]
    wrong = {one.option: why for one in asked if (why := one.wrong(wanted[one.option])) is not None}
    if wrong:
        raise Invalid(wrong)
    hold_options(session)
    changed = 0
    for one in asked:
        before, after = one.of(session), wanted[one.option]
        if before != after:
            set_option(session, one.option, after)
            emit(session, SettingChanged(actor_id=actor.id, setting=one.option, before=before, after=after))
            changed += 1
    return changed
