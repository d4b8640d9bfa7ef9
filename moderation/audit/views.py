"""The page of the log."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.events.moderation import Decision
from forum.i18n import gettext as _
from forum.web import Route, page, render
from moderation.audit import queries
from moderation.audit.queries import LogRow
from moderation.reviews.words import decision_done


@page
def show(request: Request, session: Session) -> Response:
    asked = request.query_params
    before = asked.get("before", "")
    found = queries.log(
        session,
        signed_in(request),
        action=asked.get("action", "")[:60],
        who=asked.get("who", "").lstrip("@")[:30],
        before=int(before) if re.fullmatch(r"[0-9]{1,18}", before) else None,
    )
    return render(request, "moderation/audit/show.html", log=found, named=named, decided=decided)


def decided(row: LogRow) -> str:
    """What a review's decision was, in words; a later version's unknown one as it stands."""
    name, made = row.facts["decision"], row.decision
    if name not in set(Decision):
        return str(name)
    return decision_done(Decision(name), held=bool(made and made.held), flagged=made is None or made.flagged)


def named(action: str) -> str:
    """An act's name as words: what the program calls `ReviewDecided` reads "Review decided"."""
    known = {
        "ReviewDecided": _("Review decided"),
        "ReviewUndone": _("Decision taken back"),
        "AppealDecided": _("Appeal judged"),
        "PostConfirmedAbusive": _("Spam or abuse confirmed"),
        "PostClearedOfAbuse": _("Spam or abuse taken back"),
        "HandedToStaff": _("Handed to staff"),
        "TakenBackFromStaff": _("Taken back from staff"),
        "AccountSanctioned": _("Person sanctioned"),
        "SanctionLifted": _("Sanction lifted"),
        "PostRemovedByStaff": _("Visibility of a post changed"),
        "PostEditedByStaff": _("Post edited"),
        "TextWithheld": _("Text removed"),
        "ThreadLocked": _("Thread locked"),
        "ThreadUnlocked": _("Thread unlocked"),
        "RolesChanged": _("Roles changed"),
    }
    return known.get(action) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", action).capitalize()


routes = [Route("/moderation/log", show, name="audit.show", access=Privilege.SEE_AUDIT)]
