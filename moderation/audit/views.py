"""The page of the log."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.events.moderation import Decision
from forum.i18n import lazy
from forum.web import Route, page, render
from moderation.audit import queries
from moderation.audit.queries import LogRow
from moderation.reviews.words import decision_done

NAMES: dict[str, str] = {
    "ReviewStarted": lazy("Review opened"),
    "ReviewDecided": lazy("Review decided"),
    "ReviewUndone": lazy("Decision taken back"),
    "AppealDecided": lazy("Appeal judged"),
    "PostConfirmedAbusive": lazy("Spam or abuse confirmed"),
    "PostClearedOfAbuse": lazy("Spam or abuse taken back"),
    "HandedToStaff": lazy("Handed to staff"),
    "TakenBackFromStaff": lazy("Taken back from staff"),
    "AccountSanctioned": lazy("Person sanctioned"),
    "SanctionLifted": lazy("Sanction lifted"),
    "PostRemovedByStaff": lazy("Visibility of a post changed"),
    "PostEditedByStaff": lazy("Post edited"),
    "TextWithheld": lazy("Text removed"),
    "FileRemoved": lazy("File removed"),
    "UploadLimitsChanged": lazy("Limits of files changed"),
    "ThreadLocked": lazy("Thread locked"),
    "ThreadUnlocked": lazy("Thread unlocked"),
    "RolesChanged": lazy("Roles changed"),
    "SignInRulesChanged": lazy("Rules for signing in changed"),
    "FactorsReset": lazy("Second factors taken away"),
    "DuplicateMarkedByStaff": lazy("Duplicate marked or unmarked"),
    "InfoRequestedByStaff": lazy("More information asked for, or no longer"),
    "StaffReplied": lazy("Ticket answered"),
    "TicketAssigned": lazy("Ticket assigned"),
    "TicketHandedOver": lazy("Ticket handed over"),
    "TicketSorted": lazy("Ticket sorted"),
    "TicketMovedByStaff": lazy("State of a ticket changed"),
    "TicketMerged": lazy("Tickets merged"),
    "EscalationDeclined": lazy("Ticket declined"),
    "ProductAdded": lazy("Product added"),
    "ProductChanged": lazy("Product changed"),
    "ProductsSorted": lazy("Products put in another order"),
    "BrandingChanged": lazy("Name or looks of the site changed"),
    "GuidelinesChanged": lazy("Guidelines changed"),
    "HoursChanged": lazy("Staffed hours changed"),
    "MailTested": lazy("Mail tried out"),
    "FirstAdminMade": lazy("First admin made"),
    "SetupStepPutOff": lazy("Step of the set-up left for later, or taken up again"),
    "SiteOpened": lazy("Site opened"),
    "OrganisationAdded": lazy("Organisation added"),
    "OrganisationChanged": lazy("Organisation changed"),
    "MembersInvited": lazy("People invited to an organisation"),
    "InvitationRevoked": lazy("Invitation to an organisation taken back"),
    "MemberRemoved": lazy("Member of an organisation removed"),
    "ManagerSet": lazy("Manager of an organisation named or unnamed"),
    "TagChanged": lazy("Tag changed"),
    "TagsMerged": lazy("Tags merged"),
    "TagMergeUndone": lazy("Merge of tags undone"),
    "SynonymAdded": lazy("Synonym of a tag added"),
    "SynonymRemoved": lazy("Synonym of a tag removed"),
    "TagRemoved": lazy("Tag removed"),
    "TagBroughtBack": lazy("Tag brought back"),
    "WordsChanged": lazy("Words of the site changed"),
    "JobsRetried": lazy("Failed jobs tried again"),
    "JobDiscarded": lazy("Failed job put aside"),
    "ReputationRulesChanged": lazy("Privileges or points changed"),
}


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
    """An act's name as words; that of a later version, as the program calls it, taken apart."""
    return str(NAMES[action]) if action in NAMES else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", action).capitalize()


routes = [Route("/moderation/log", show, name="audit.show", access=Privilege.SEE_AUDIT)]
