"""Flagging a post on a page of its own, or on the spot where scripts run."""

from __future__ import annotations

from functools import partial as bind

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import signed_in
from forum.errors import NotFound
from forum.events.moderation import FlagReason
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef
from forum.threads.queries import find_post, find_posts
from forum.web import Access, Route, act, page, partial, render, see_other, wants_fragment
from moderation.flags import actions, queries
from moderation.flags.forms import FlagForm
from moderation.flags.models import FlagState
from moderation.reviews import words


@page
def show(request: Request, session: Session) -> Response:
    return flag_page(request, session, FlagForm())


def flag_page(request: Request, session: Session, form: FlagForm) -> Response:
    actor, ref = signed_in(request), _ref(request)
    post = find_post(session, actor, ref)
    flag = queries.my_flag(session, actor, ref)
    form.offer(ref)
    state = flag.state if flag and flag.state is not FlagState.RETRACTED else None
    answer = partial if wants_fragment(request) else render
    template = "moderation/flags/_form.html" if wants_fragment(request) else "moderation/flags/show.html"
    return answer(request, template, post=post, form=form, words=words, flagged=state, Reason=FlagReason)


@act(FlagForm, again=flag_page)
def flag(request: Request, session: Session, form: FlagForm) -> Response:
    actor, ref = signed_in(request), _ref(request)
    actions.flag_post(session, actor, ref, FlagReason(form.reason.data), form.note.data or "")
    return _done(request, session, ref, _("Flagged. A moderator will look, and you will be told what came of it."))


@act()
def retract(request: Request, session: Session) -> Response:
    ref = _ref(request)
    actions.retract_flag(session, signed_in(request), ref)
    return _done(request, session, ref, _("Your flag is taken back."))


def _done(request: Request, session: Session, ref: PostRef, text: str) -> Response:
    if wants_fragment(request):
        flag = queries.my_flag(session, signed_in(request), ref)
        pending = flag is not None and flag.state is FlagState.PENDING
        return partial(request, "moderation/flags/_done.html", text=text, ref=ref, pending=pending)
    if ref not in find_posts(session, request.state.actor, [ref]):
        return see_other(request, "threads.list", flash=text)
    return see_other(request, "posts.go", kind=ref.kind.value, post_id=ref.id, flash=text)


def _ref(request: Request) -> PostRef:
    try:
        return PostRef(PostKind(request.path_params["kind"]), request.path_params["post_id"])
    except ValueError:
        raise NotFound(_("There is no such post.")) from None


_signed = bind(Route, access=Access.SIGNED_IN)
routes = [
    _signed("/flags/{kind}/{post_id:int}", show, name="flags.flag"),
    _signed("/flags/{kind}/{post_id:int}", flag, name="flags.flag", methods=["POST"], rate="60/hour"),
    _signed("/flags/{kind}/{post_id:int}/retract", retract, name="flags.retract", methods=["POST"], rate="60/hour"),
]
