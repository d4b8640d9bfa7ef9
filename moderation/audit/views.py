"""The page of the log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from wtforms import HiddenField
from wtforms.validators import Length

from forum.access import Actor, Privilege, signed_in
from forum.admin.simple import Simple, declared
from forum.clock import now
from forum.events.moderation import Decision
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.web import Form, Reply, Route, act, page, render, see_other
from moderation.audit import checking, export, queries
from moderation.audit.queries import LogRow, Wanted
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
    "IdentityLinked": lazy("Sign-in through another site linked"),
    "IdentityUnlinked": lazy("Link to a sign-in through another site removed"),
    "AccountOffboarded": lazy("Work handed over, person left"),
    "AccountReinstated": lazy("Person let in again"),
    "AccountsMerged": lazy("Two accounts made one"),
    "DataExportStarted": lazy("Archive of somebody's data started"),
    "ErasureChanged": lazy("Erasure asked for, hurried, taken on or taken back"),
    "ErasureDone": lazy("Person erased"),
    "RetentionChanged": lazy("How long something is kept changed"),
    "DuplicateMarkedByStaff": lazy("Duplicate marked or unmarked"),
    "InfoRequestedByStaff": lazy("More information asked for, or no longer"),
    "StaffReplied": lazy("Ticket answered"),
    "TicketAssigned": lazy("Ticket assigned"),
    "TicketHandedOver": lazy("Ticket handed over"),
    "TicketSorted": lazy("Ticket sorted"),
    "TicketMovedByStaff": lazy("State of a ticket changed"),
    "TicketMerged": lazy("Tickets merged"),
    "EscalationDeclined": lazy("Ticket declined"),
    "LetterWorded": lazy("A letter was worded"),
    "LetterReset": lazy("A letter was set back to its first words"),
    "ProductAdded": lazy("Product added"),
    "ProductChanged": lazy("Product changed"),
    "ProductsSorted": lazy("Products put in another order"),
    "BrandingChanged": lazy("Name or looks of the site changed"),
    "GuidelinesChanged": lazy("Guidelines changed"),
    "TermsPublished": lazy("Terms published"),
    "HoursChanged": lazy("Staffed hours changed"),
    "SettingChanged": lazy("Setting changed"),
    "MailTested": lazy("Mail tried out"),
    "FirstAdminMade": lazy("First admin made"),
    "SetupStepPutOff": lazy("Step of the set-up left for later, or taken up again"),
    "SiteOpened": lazy("Site opened"),
    "OrganisationAdded": lazy("Organisation added"),
    "OrganisationChanged": lazy("Organisation changed"),
    "RegistrationChanged": lazy("Who may make an account changed"),
    "PeopleInvited": lazy("People invited to the site"),
    "SiteInvitationRevoked": lazy("Invitation to the site taken back"),
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
    "MailReleased": lazy("Held mail let through"),
    "MailDiscarded": lazy("Held mail put away"),
    "MailBackToHeld": lazy("Mail that was put away held again"),
    "LogExported": lazy("Log exported"),
    "TokenRevokedByAdmin": lazy("API token of somebody ended"),
    "ReputationRulesChanged": lazy("Privileges or points changed"),
}

FILTER = ("action", "who", "by", "since", "until")


class ExportForm(Form):
    """The filter of the log, sent back as it was."""

    action = HiddenField(validators=[Length(max=60)])
    who = HiddenField(validators=[Length(max=31)])
    by = HiddenField(validators=[Length(max=10)])
    since = HiddenField(validators=[Length(max=10)])
    until = HiddenField(validators=[Length(max=10)])


@page
def show(request: Request, session: Session) -> Response:
    asked, actor = request.query_params, signed_in(request)
    before = asked.get("before", "")
    given = {name: asked.get(name, "")[:60] for name in FILTER}
    wanted = _wanted(actor, given)
    number = int(before) if re.fullmatch(r"[0-9]{1,18}", before) else None
    found = queries.log(session, actor, wanted, before=number)
    settings = {one.option: one for one in declared(request.state.site.slots)}
    return render(
        request,
        "moderation/audit/show.html",
        log=found,
        given=given,
        named=named,
        decided=decided,
        set_to=lambda row: set_to(row, settings),
    )


@page
def checks(request: Request, session: Session) -> Response:
    found = checking.checks(session, signed_in(request))
    return render(request, "moderation/audit/checks.html", checks=found, most=export.MOST)


@act()
def check(request: Request, session: Session) -> Response:
    begun = checking.ask_for_check(session, signed_in(request))
    words = _("The log is being verified. Load this page again to see how far it is.")
    return see_other(request, "audit.checks", flash=words if begun else _("The log is being verified already."))


@act(ExportForm)
def export_log(request: Request, session: Session, form: ExportForm) -> Reply:
    actor = signed_in(request)
    wanted = _wanted(actor, {name: str(form[name].data or "") for name in FILTER})
    export.note_export(session, actor, wanted)

    def reply(session: Session) -> Response:
        headers = {
            "Content-Disposition": f'attachment; filename="log-{now():%Y-%m-%d}.csv"',
            "Cache-Control": "private, no-store",
        }
        text = export.as_csv(session, actor, wanted, named)
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    return reply


def _wanted(actor: Actor, given: Mapping[str, str]) -> Wanted:
    """What the fields of the filter mean; days are those of the reader, and one that is none narrows nothing."""
    since, until = (_day(actor, given[name]) for name in ("since", "until"))
    return Wanted(
        action=given["action"],
        who=given["who"].strip().lstrip("@")[:30],
        by_admins=given["by"] == "admins",
        since=since,
        until=until + timedelta(days=1) if until else None,
    )


def _day(actor: Actor, text: str) -> datetime | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - its zone follows
        zone = ZoneInfo(actor.time_zone)
    except (ValueError, ZoneInfoNotFoundError):
        return None
    return day.replace(tzinfo=zone) if 1970 <= day.year <= 9000 else None


def decided(row: LogRow) -> str:
    """What a review's decision was, in words; a later version's unknown one as it stands."""
    name, made = row.facts["decision"], row.decision
    if name not in set(Decision):
        return str(name)
    return decision_done(Decision(name), held=bool(made and made.held), flagged=made is None or made.flagged)


def set_to(row: LogRow, settings: Mapping[str, Simple[Any]]) -> str:
    """Which setting was changed, from what to what; one that this version does not know as it is kept."""
    kept = row.facts | (row.texts or {})
    name, before, after = (kept.get(part, "") for part in ("setting", "before", "after"))
    known = settings.get(name)
    if known is None:
        return f"{name}: {before} → {after}"
    return f"{known.name}: {known.said(before)} → {known.said(after)}"


def named(action: str) -> str:
    """An act's name as words; that of a later version, as the program calls it, taken apart."""
    return str(NAMES[action]) if action in NAMES else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", action).capitalize()


ADMIN = Privilege.ADMINISTER
routes = [
    Route("/moderation/log", show, name="audit.show", access=Privilege.SEE_AUDIT),
    Route("/admin/log", checks, name="audit.checks", access=ADMIN, methods=["GET"]),
    Route("/admin/log/verify", check, name="audit.check", access=ADMIN, methods=["POST"], rate="10/minute"),
    Route("/admin/log/export", export_log, name="audit.export", access=ADMIN, methods=["POST"], rate="10/minute"),
]
