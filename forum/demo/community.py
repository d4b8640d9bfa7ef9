"""What people do with each other: ask, answer, comment, edit, accept, vote."""

from __future__ import annotations

from sqlalchemy import select

from forum.access import Privilege
from forum.demo.scene import Scene
from forum.posts import PostKind, PostRef
from forum.tags.models import Space
from forum.threads import actions
from forum.threads.models import ThreadKind
from forum.votes.actions import cast_vote


def ask(scene: Scene) -> None:
    args = scene.cue.args
    slug = f"lantern-{args['product']}" if "product" in args else ""
    thread = actions.ask(
        scene.session,
        scene.actor,
        title=args["title"],
        cooked=scene.cooked,
        tags=scene.cue.names("tags"),
        kind=ThreadKind(args.get("kind", "question")),
        space_id=scene.session.scalar(select(Space.id).where(Space.slug == slug)),
        environment=args.get("env", ""),
    )
    scene.names.anywhere[scene.cue.thread] = PostRef(PostKind.THREAD, thread.id)


def answer(scene: Scene) -> None:
    from_staff = "staff" in scene.cue.args
    made = actions.post_answer(scene.session, scene.actor, scene.thread_id, scene.cooked, from_staff=from_staff)
    scene.keep(PostKind.ANSWER, made.id)


def comment(scene: Scene) -> None:
    made = actions.post_comment(scene.session, scene.actor, scene.thread_id, scene.cooked, answer_id=scene.answer_id())
    scene.keep(PostKind.COMMENT, made.id)


def edit(scene: Scene) -> None:
    actions.edit_post(scene.session, scene.actor, scene.post(), scene.cooked, note=scene.cue.args.get("note", ""))


def accept(scene: Scene) -> None:
    actions.accept_answer(scene.session, scene.actor, scene.post().id)


def unhelpful(scene: Scene) -> None:
    actions.say_unhelpful(scene.session, scene.actor, scene.post().id, scene.text)


def needs_info(scene: Scene) -> None:
    actions.ask_for_info(scene.session, scene.actor, scene.thread_id)


def duplicate(scene: Scene) -> None:
    original = scene.names.find("", scene.cue.args["of"])
    actions.mark_duplicate(scene.session, scene.actor, scene.thread_id, original.id)


def follow(scene: Scene) -> None:
    actions.follow(scene.session, scene.actor, scene.thread_id)


def vote(scene: Scene) -> None:
    """People vote as soon as they may; a newcomer's or a late vote is none."""
    value = int(scene.cue.args["value"])
    actor, needed = scene.actor, Privilege.VOTE_UP if value > 0 else Privilege.VOTE_DOWN
    if actor.can(needed) and not scene.thread().locked:
        cast_vote(scene.session, actor, scene.post(), value)


def nothing(_scene: Scene) -> None:
    """A line that only carries votes."""


ACTS = {
    "ask": ask,
    "answer": answer,
    "comment": comment,
    "edit": edit,
    "accept": accept,
    "unhelpful": unhelpful,
    "needs-info": needs_info,
    "duplicate": duplicate,
    "follow": follow,
    "vote": vote,
    "later": nothing,
}
