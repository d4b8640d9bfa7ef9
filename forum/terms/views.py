"""The terms, as everybody reads them, as people agree to them, and as admins write them."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum import i18n
from forum.access import Privilege, signed_in
from forum.accounts.consents import current_version, missing_from
from forum.accounts.models import Account
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.terms import actions, queries
from forum.terms.forms import ConsentForm, DraftForm, PublishForm
from forum.web import Access, Route, act, page, render, see_other
from forum.web.replies import leave_for, local_path

FOLDER = "forum/terms"
ADMIN = Privilege.ADMINISTER


@page
def show(request: Request, session: Session) -> Response:
    found = queries.terms_page(session, request.path_params.get("version_id"))
    return render(request, f"{FOLDER}/show.html", terms=found, versions=queries.versions(session))


@page
def ask(request: Request, session: Session) -> Response:
    return _ask(request, session, ConsentForm(next=local_path(request.query_params.get("next"))))


def _ask(request: Request, session: Session, form: ConsentForm) -> Response:
    """The version in force, with a button; whoever has agreed to it is told when, and is shown no button."""
    actor = signed_in(request)
    found = queries.terms_page(session)
    given = next((one for one in queries.consents_of(session, actor.id) if one.version.id == found.version.id), None)
    day = missing_from(session, session.get_one(Account, actor.id).consented_version)
    form.version.data = str(found.version.id)
    return render(request, f"{FOLDER}/consent.html", terms=found, form=form, given=given, day=day)


@act(ConsentForm, again=_ask)
def consent(request: Request, session: Session, form: ConsentForm) -> Response:
    actions.consent(session, signed_in(request), str(form.version.data or ""))
    back = local_path(form.next.data)
    if back != "/":
        return leave_for(request, back)
    return see_other(request, "terms.mine", flash=_("Thank you: your agreement is noted."))


@page
def mine(request: Request, session: Session) -> Response:
    actor = signed_in(request)
    given, current = queries.consents_of(session, actor.id), current_version(session)
    agreed = any(one.version.id == current for one in given)
    return render(request, f"{FOLDER}/mine.html", given=given, current=current, agreed=agreed)


@page
def edit(request: Request, session: Session) -> Response:
    return _edit(request, session)


def _edit(
    request: Request, session: Session, draft: DraftForm | None = None, publishing: PublishForm | None = None
) -> Response:
    actor, locale = signed_in(request), _locale(request)
    written = queries.draft_locales(session)
    languages = {code: i18n.language(code) for code in i18n.locales()}
    return render(
        request,
        f"{FOLDER}/admin.html",
        draft=draft or DraftForm(terms=queries.draft_source(session, actor, locale)),
        publishing=publishing or PublishForm(),
        versions=queries.counted_versions(session, actor),
        written=written,
        language=locale,
        languages=languages,
        first=i18n.SOURCE_LOCALE,
    )


def _publishing(request: Request, session: Session, form: PublishForm) -> Response:
    return _edit(request, session, publishing=form)


@act(DraftForm, again=_edit)
def save(request: Request, session: Session, form: DraftForm) -> Response:
    locale = _locale(request)
    actions.write_draft(session, signed_in(request), locale, form.cooked)
    words = _("The draft is saved. Nobody else reads it before you publish it.")
    return see_other(request, "terms.edit", flash=words, query={"language": locale})


@act(PublishForm, again=_publishing)
def publish(request: Request, session: Session, form: PublishForm) -> Response:
    actions.publish(
        session,
        signed_in(request),
        note=str(form.note.data or ""),
        asks_again=bool(form.asks_again.data),
        required_from=form.required_from.data,
    )
    return see_other(request, "terms.edit", flash=_("The terms are published."))


def _locale(request: Request) -> str:
    locale = request.query_params.get("language", i18n.SOURCE_LOCALE)
    if locale not in i18n.locales():
        raise NotFound(_("There is no such language here."))
    return locale


ENROLLING = Access.ENROLLING
HERE = "/admin/terms"
routes = [
    Route("/terms", show, name="terms.show", access=Access.EVERYONE, methods=["GET"]),
    Route("/terms/consent", ask, name="terms.ask", access=ENROLLING, methods=["GET"]),
    Route("/terms/consent", consent, name="terms.consent", access=ENROLLING, methods=["POST"], rate="30/hour"),
    Route("/terms/{version_id:int}", show, name="terms.version", access=Access.EVERYONE, methods=["GET"]),
    Route("/settings/terms", mine, name="terms.mine", access=Access.SIGNED_IN, methods=["GET"]),
    Route(HERE, edit, name="terms.edit", access=ADMIN, methods=["GET"]),
    Route(HERE, save, name="terms.save", access=ADMIN, methods=["POST"], rate="60/minute"),
    Route(f"{HERE}/publish", publish, name="terms.publish", access=ADMIN, methods=["POST"], rate="20/hour"),
]
