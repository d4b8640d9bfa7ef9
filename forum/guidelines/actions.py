"""Writing the guidelines."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.brand import GUIDELINES
from forum.clock import now
from forum.events import emit
from forum.events.site import GuidelinesChanged
from forum.guidelines.models import THE_ONE, Guidelines
from forum.markup import COOKER_VERSION, Cooked, Uncookable, cook
from forum.options import set_option


def set_guidelines(session: Session, actor: Actor, cooked: Cooked) -> None:
    """Publish what was written; nothing but white space takes the page down.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    shown = bool(cooked.source.strip())
    before = session.scalar(select(Guidelines.source))
    if (before or "") == (cooked.source if shown else ""):
        return
    if shown:
        page = {"source": cooked.source, "html": cooked.html, "cooker_version": COOKER_VERSION, "updated_at": now()}
        session.merge(Guidelines(id=THE_ONE, **page))
    else:
        session.execute(delete(Guidelines))
    set_option(session, GUIDELINES, shown)
    emit(session, GuidelinesChanged(actor_id=actor.id, shown=shown))


def recook(session: Session) -> bool:
    """Lay the page out again where an older cooker did; whether there was one to."""
    page = session.scalar(select(Guidelines).where(Guidelines.cooker_version < COOKER_VERSION).with_for_update())
    if page is None:
        return False
    try:
        page.html, page.cooker_version = cook(page.source).html, COOKER_VERSION
    except Uncookable:
        return False
    return True
