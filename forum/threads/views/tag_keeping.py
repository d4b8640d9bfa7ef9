"""The pages on which admins look after tags."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Privilege, signed_in
from forum.i18n import gettext as _
from forum.i18n import ngettext
from forum.tags import keeping
from forum.tags.forms import MergeForm, SynonymForm, TagForm
from forum.threads.actions import merging
from forum.threads.queries import tag_keeping as queries
from forum.web import Form, Route, act, page, render, see_other
from forum.web.routing import path_for

FOLDER = "forum/tags/admin"
ADMIN = Privilege.ADMINISTER
RATE = "60/minute"
ONE = "/admin/tags/{tag_id:int}"


@page
def index(request: Request, session: Session) -> Response:
    actor, asked = signed_in(request), request.query_params
    text, after, unused = asked.get("q", "")[:35], asked.get("after", "")[:35], asked.get("filter") == "unused"
    found, rest = queries.kept_tags(session, actor, text, after, unused=unused)
    listed = {"tags": found, "next": rest, "text": text, "after": after, "unused": unused}
    return render(
        request, f"{FOLDER}/tags.html", listed=listed, removed=queries.removed_tags(session, actor) if not after else ()
    )


@page
def edit(request: Request, session: Session) -> Response:
    return _show(request, session)


def _show(
    request: Request,
    session: Session,
    form: Form | None = None,
    synonym: Form | None = None,
    merge: Form | None = None,
) -> Response:
    one = queries.kept_tag(session, signed_in(request), _id(request))
    return render(
        request,
        f"{FOLDER}/tag.html",
        one=one,
        form=form or TagForm(obj=one.tag),
        synonym=synonym or SynonymForm(),
        merge=merge or MergeForm(),
        others=queries.most_used(session, one.tag.id),
    )


def _again_synonym(request: Request, session: Session, form: SynonymForm) -> Response:
    return _show(request, session, synonym=form)


def _again_merge(request: Request, session: Session, form: MergeForm) -> Response:
    return _show(request, session, merge=form)


@act(TagForm, again=_show)
def save(request: Request, session: Session, form: TagForm) -> Response:
    given = {"name": form.name.data or "", "description": form.description.data or ""}
    tag = keeping.change_tag(session, signed_in(request), _id(request), **given)
    return see_other(request, "tags.edit", tag_id=tag.id, flash=_("{name} is saved.").format(name=tag.name))


@act(SynonymForm, again=_again_synonym)
def add_synonym(request: Request, session: Session, form: SynonymForm) -> Response:
    tag = keeping.add_synonym(session, signed_in(request), _id(request), form.synonym.data or "")
    words = _("What people write so becomes {name} now.").format(name=tag.name)
    return see_other(request, "tags.edit", tag_id=tag.id, flash=words, anchor="synonyms")


@act()
def remove_synonym(request: Request, session: Session) -> Response:
    synonym_id = request.path_params["synonym_id"]
    tag, name = keeping.remove_synonym(session, signed_in(request), _id(request), synonym_id)
    words = _("{synonym} no longer stands for {name}.").format(synonym=name, name=tag.name)
    return see_other(request, "tags.edit", tag_id=tag.id, flash=words, anchor="synonyms")


@act(MergeForm, again=_again_merge)
def merge(request: Request, session: Session, form: MergeForm) -> Response:
    merge = merging.merge_tags(session, signed_in(request), _id(request), form.into.data or "")
    words = ngettext("{count} thread went over.", "{count} threads went over.", merge.thread_count)
    undo = path_for(request.state.site.routes, "tags.unmerge", merge_id=merge.id)
    flash = _("The tags are one now.") + " " + words.format(count=merge.thread_count)
    return see_other(request, "tags.edit", tag_id=merge.into_id, flash=flash, undo=undo)


@act()
def unmerge(request: Request, session: Session) -> Response:
    tag = merging.undo_merge(session, signed_in(request), request.path_params["merge_id"])
    words = _("{name} is a tag of its own again, with its threads.").format(name=tag.name)
    return see_other(request, "tags.edit", tag_id=tag.id, flash=words)


@act()
def remove(request: Request, session: Session) -> Response:
    removed = merging.remove_tag(session, signed_in(request), _id(request))
    undo = path_for(request.state.site.routes, "tags.bring_back", removed_id=removed.id)
    return see_other(request, "tags.keep", flash=_("{name} is removed.").format(name=removed.name), undo=undo)


@act()
def bring_back(request: Request, session: Session) -> Response:
    tag = keeping.bring_back(session, signed_in(request), request.path_params["removed_id"])
    return see_other(request, "tags.edit", tag_id=tag.id, flash=_("{name} is back.").format(name=tag.name))


def _id(request: Request) -> int:
    return int(request.path_params["tag_id"])


routes = [
    Route("/admin/tags", index, name="tags.keep", access=ADMIN, methods=["GET"]),
    Route(ONE, edit, name="tags.edit", access=ADMIN, methods=["GET"]),
    Route(ONE, save, name="tags.save", access=ADMIN, methods=["POST"], rate=RATE),
    Route(f"{ONE}/synonyms", add_synonym, name="tags.add_synonym", access=ADMIN, methods=["POST"], rate=RATE),
    Route(
        f"{ONE}/synonyms/{{synonym_id:int}}/remove",
        remove_synonym,
        name="tags.remove_synonym",
        access=ADMIN,
        methods=["POST"],
        rate=RATE,
    ),
    Route(f"{ONE}/merge", merge, name="tags.merge", access=ADMIN, methods=["POST"], rate="20/minute"),
    Route(f"{ONE}/remove", remove, name="tags.remove", access=ADMIN, methods=["POST"], rate=RATE),
    Route(
        "/admin/tags/merges/{merge_id:int}/undo",
        unmerge,
        name="tags.unmerge",
        access=ADMIN,
        methods=["POST"],
        rate="20/minute",
    ),
    Route(
        "/admin/tags/removed/{removed_id:int}/restore",
        bring_back,
        name="tags.bring_back",
        access=ADMIN,
        methods=["POST"],
        rate=RATE,
    ),
]
