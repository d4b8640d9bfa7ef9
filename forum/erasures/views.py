"""The pages on which people ask to be erased, and on which admins do it for those who asked otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Actor, Privilege, signed_in
from forum.accounts.models import Account
from forum.erasures import actions, queries
from forum.erasures.forms import CoolingOffForm, EraseForm, EraseMeForm, ReasonForm
from forum.exports import actions as exports
from forum.i18n import gettext as _
from forum.slots import Slots
from forum.web import Access, Route, act, page, render, see_other

FOLDER = "forum/erasures"
SIGNED_IN = Access.SIGNED_IN
ADMIN = Privilege.ADMINISTER


def register(slots: Slots) -> None:
    slots.register("data.sections", f"{FOLDER}/_section.html", standing)


def standing(session: Session, _actor: Actor | None, keys: Sequence[Any]) -> Mapping[Any, Any]:
    """When one is to be erased, if one asked for it."""
    found = {key: actions.own_request(session, key) for key in keys}
    return {key: request.due_at if request else "" for key, request in found.items()}


@page
def mine(request: Request, session: Session) -> Response:
    return _mine(request, session, EraseMeForm())


def _mine(request: Request, session: Session, form: EraseMeForm) -> Response:
    account = session.get_one(Account, signed_in(request).id)
    known: dict[str, Any] = {
        "asked": actions.own_request(session, account.id),
        "lines": queries.preview(session, request.state.site.personal, account),
        "days": actions.cooling_off(session),
        "has_role": bool(account.roles),
    }
    return render(request, f"{FOLDER}/mine.html", form=form, **known)


def _mine_again(request: Request, session: Session, form: EraseMeForm) -> Response:
    actions.require_none(session, signed_in(request).id)
    return _mine(request, session, form)


@act(EraseMeForm, again=_mine_again)
def ask(request: Request, session: Session, form: EraseMeForm) -> Response:
    typed, content = str(form.handle.data), bool(form.content.data)
    asked = actions.ask_for_erasure(session, signed_in(request), typed, content=content)
    words = _("You asked to be erased. Until {day} you can take it back.").format(day=asked.due_at.date().isoformat())
    return see_other(request, "erasures.mine", flash=words)


@act()
def withdraw(request: Request, session: Session) -> Response:
    actions.withdraw(session, signed_in(request))
    return see_other(request, "erasures.mine", flash=_("You took it back: nothing will be erased."))


@page
def person(request: Request, session: Session) -> Response:
    form = EraseForm(days=actions.cooling_off(session))
    return _person(request, session, form)


def _person(request: Request, session: Session, form: EraseForm) -> Response:
    account = queries.person(session, signed_in(request), request.path_params["handle"])
    found = exports.exports_of(session, account.id)
    known: dict[str, Any] = {
        "account": account,
        "exports": found,
        "asked": actions.own_request(session, account.id),
        "lines": queries.preview(session, request.state.site.personal, account),
        "most": actions.MOST_DAYS,
    }
    return render(request, f"{FOLDER}/person.html", form=form, **known)


@act()
def start_export(request: Request, session: Session) -> Response:
    handle = request.path_params["handle"]
    exports.start_export(session, signed_in(request), handle)
    words = _("The archive is being made. They are told, and can fetch it after signing in.")
    return see_other(request, "erasures.person", flash=words, handle=handle)


def _person_again(request: Request, session: Session, form: EraseForm) -> Response:
    actions.require_none(session, queries.person(session, signed_in(request), request.path_params["handle"]).id)
    return _person(request, session, form)


@act(EraseForm, again=_person_again)
def ask_for(request: Request, session: Session, form: EraseForm) -> Response:
    actions.ask_for(
        session,
        signed_in(request),
        request.path_params["handle"],
        content=bool(form.content.data),
        days=int(form.days.data or 0),
        reason=str(form.reason.data or ""),
    )
    return see_other(request, "erasures.list", flash=_("The request is noted, and they were written to."))


@page
def index(request: Request, session: Session) -> Response:
    return _index(request, session, CoolingOffForm(cooling_off=actions.cooling_off(session)))


def _index(request: Request, session: Session, form: CoolingOffForm) -> Response:
    before = request.query_params.get("before", "")
    after = int(before) if before.isdecimal() and len(before) < 19 else None
    rows, older = queries.requests(session, signed_in(request), before=after)
    return render(request, f"{FOLDER}/list.html", form=form, requests=rows, older=older, before=after)


@act(CoolingOffForm, again=_index)
def set_cooling_off(request: Request, session: Session, form: CoolingOffForm) -> Response:
    actions.set_cooling_off(session, signed_in(request), int(form.cooling_off.data or 0))
    return see_other(request, "erasures.list", flash=_("It counts for requests from now on."))


@act()
def hurry(request: Request, session: Session) -> Response:
    actions.hurry(session, signed_in(request), request.path_params["request_id"])
    return see_other(request, "erasures.list", flash=_("It begins now, and is done in a few minutes."))


@act()
def answer_for(request: Request, session: Session) -> Response:
    actions.answer_for(session, signed_in(request), request.path_params["request_id"])
    return see_other(request, "erasures.list", flash=_("You answer for it now."))


@act(ReasonForm)
def withdraw_for(request: Request, session: Session, form: ReasonForm) -> Response:
    actions.withdraw_for(session, signed_in(request), request.path_params["request_id"], str(form.reason.data or ""))
    return see_other(request, "erasures.list", flash=_("The request is taken back: nothing will be erased."))


POST = ["POST"]
ONE = "/admin/erasures/{request_id:int}"
PERSON = "/admin/people/{handle}/data"
routes = [
    Route("/settings/data/erasure", mine, name="erasures.mine", access=SIGNED_IN, methods=["GET"], recent=True),
    Route(
        "/settings/data/erasure", ask, name="erasures.ask", access=SIGNED_IN, methods=POST, rate="10/hour", recent=True
    ),
    Route(
        "/settings/data/erasure/withdraw",
        withdraw,
        name="erasures.withdraw",
        access=SIGNED_IN,
        methods=POST,
        rate="10/hour",
    ),
    Route(PERSON, person, name="erasures.person", access=ADMIN, methods=["GET"], slow=True, recent=True),
    Route("/admin/erasures", index, name="erasures.list", access=ADMIN, methods=["GET"]),
    *(
        Route(path, act_on, name=name, access=ADMIN, methods=POST, rate="60/hour", recent=True)
        for path, act_on, name in (
            (f"{PERSON}/export", start_export, "erasures.export"),
            (f"{PERSON}/erasure", ask_for, "erasures.ask_for"),
            ("/admin/erasures", set_cooling_off, "erasures.days"),
            (f"{ONE}/now", hurry, "erasures.hurry"),
            (f"{ONE}/owner", answer_for, "erasures.answer_for"),
            (f"{ONE}/withdraw", withdraw_for, "erasures.withdraw_for"),
        )
    ),
]
