"""What keeps the place fit to be in: flags, decisions, appeals, sanctions."""

from __future__ import annotations

from sqlalchemy import select

from forum.demo.scene import Scene
from forum.events.moderation import Decision, FlagReason, SanctionKind
from forum.posts import PostRef
from moderation.flags.actions import flag_post
from moderation.reviews.appealing import appeal as appeal_review
from moderation.reviews.appealing import judge as judge_appeal
from moderation.reviews.batches import decide_batch
from moderation.reviews.choices import Choice
from moderation.reviews.claims import claim_review
from moderation.reviews.deciding import decide as decide_review
from moderation.reviews.models import Review
from moderation.sanctions.actions import impose


def flag(scene: Scene) -> None:
    flag_post(scene.session, scene.actor, scene.post(), FlagReason(scene.cue.args["reason"]), scene.text)


def decide(scene: Scene) -> None:
    actor, review = scene.actor, _review(scene, scene.post())
    claim_review(scene.session, actor, review.id)
    decide_review(scene.session, actor, review.id, _choice(scene), version=review.version)


def batch(scene: Scene) -> None:
    reviews = [_review(scene, scene.post(name)) for name in scene.cue.names("on")]
    decide_batch(scene.session, scene.actor, {one.id: one.version for one in reviews}, _choice(scene))


def appeal(scene: Scene) -> None:
    appeal_review(scene.session, scene.actor, _review(scene, scene.post()).id, scene.text)


def judge(scene: Scene) -> None:
    review, upheld = _review(scene, scene.post()), scene.cue.args["outcome"] == "uphold"
    judge_appeal(scene.session, scene.actor, review.id, upheld=upheld, message=scene.text, version=review.version)


def sanction(scene: Scene) -> None:
    person, kind = scene.account(scene.cue.args["whom"]), SanctionKind(scene.cue.args["kind"])
    impose(scene.session, scene.actor, person.id, kind, message=scene.text)


def _choice(scene: Scene) -> Choice:
    args = scene.cue.args
    grounds = FlagReason(args["grounds"]) if "grounds" in args else None
    return Choice(Decision(args["decision"]), grounds, message=scene.text)


def _review(scene: Scene, ref: PostRef) -> Review:
    return scene.session.scalars(select(Review).where(Review.post_kind == ref.kind, Review.post_id == ref.id)).one()


ACTS = {
    "flag": flag,
    "decide": decide,
    "batch": batch,
    "appeal": appeal,
    "judge": judge,
    "sanction": sanction,
}
