"""What passes between customers and staff."""

from __future__ import annotations

from sqlalchemy import func, select

from forum.demo.scene import Scene
from forum.posts import PostKind
from forum.tags.models import Space
from forum.threads.models import Answer
from support.escalations import actions as escalations
from support.messages import actions as messages
from support.messages.models import Audience
from support.tickets import actions as tickets
from support.tickets.models import Priority, Reason, Ticket, TicketState

AUDIENCES = {"everyone": Audience.PUBLIC, "requester": Audience.REQUESTER, "staff": Audience.INTERNAL}


def open_privately(scene: Scene) -> None:
    args = scene.cue.args
    slug = f"lantern-{args['product']}" if "product" in args else ""
    ticket = messages.open_privately(
        scene.session,
        scene.actor,
        args["subject"],
        scene.cooked,
        environment=args.get("env", ""),
        space_id=scene.session.scalar(select(Space.id).where(Space.slug == slug)),
    )
    _keep(scene, ticket)


def ask_staff(scene: Scene) -> None:
    reason = Reason(scene.cue.args["reason"])
    _keep(scene, escalations.ask_staff(scene.session, scene.actor, scene.thread_id, reason, scene.cooked))


def take(scene: Scene) -> None:
    tickets.take_ticket(scene.session, scene.actor, scene.reference)


def hand_over(scene: Scene) -> None:
    tickets.hand_over(scene.session, scene.actor, scene.reference, int(scene.cue.args["tier"]), scene.text)


def reply(scene: Scene) -> None:
    args = scene.cue.args
    audience = AUDIENCES[args["to"]]
    messages.reply_as_staff(
        scene.session,
        scene.actor,
        scene.reference,
        audience,
        scene.cooked,
        confirmed=audience is Audience.PUBLIC,
        then=TicketState(args["then"]) if "then" in args else None,
    )
    if audience is Audience.PUBLIC:
        latest = scene.session.scalar(select(func.max(Answer.id)).where(Answer.thread_id == scene.thread_id))
        assert latest is not None, "a public reply is an answer"
        scene.keep(PostKind.ANSWER, latest)


def note(scene: Scene) -> None:
    messages.reply_as_staff(scene.session, scene.actor, scene.reference, Audience.INTERNAL, scene.cooked)


def say(scene: Scene) -> None:
    messages.reply_as_requester(scene.session, scene.actor, scene.reference, scene.cooked)


def prioritise(scene: Scene) -> None:
    priority = next(one for one in Priority if one.value in scene.cue.args)
    tickets.set_priority(scene.session, scene.actor, scene.reference, priority)


def solve(scene: Scene) -> None:
    tickets.solve_ticket(scene.session, scene.actor, scene.reference)


def thank(scene: Scene) -> None:
    tickets.say_thanks(scene.session, scene.actor, scene.reference)


def decline(scene: Scene) -> None:
    escalations.decline(scene.session, scene.actor, scene.reference, scene.cooked)


def merge(scene: Scene) -> None:
    into = scene.names.tickets[scene.cue.args["into"]]
    tickets.merge_tickets(scene.session, scene.actor, scene.reference, into)


def spam(scene: Scene) -> None:
    tickets.mark_spam(scene.session, scene.actor, scene.reference)


def me_too(scene: Scene) -> None:
    escalations.say_me_too(scene.session, scene.actor, scene.thread_id, wanted=True)


def _keep(scene: Scene, ticket: Ticket) -> None:
    scene.names.tickets[scene.cue.ticket] = ticket.reference


ACTS = {
    "ticket": open_privately,
    "ask-staff": ask_staff,
    "take": take,
    "hand-over": hand_over,
    "reply": reply,
    "note": note,
    "say": say,
    "priority": prioritise,
    "solve": solve,
    "thanks": thank,
    "decline": decline,
    "merge": merge,
    "spam": spam,
    "metoo": me_too,
}
