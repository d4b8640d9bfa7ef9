"""A small site as Discourse's API tells of it, with the oddities that real ones have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
    "78da63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def category(number: int, name: str, **more: Any) -> Json:
    return {"id": number, "name": name, "slug": name.lower(), "read_restricted": False, "description": ""} | more


def person(number: int, username: str, **more: Any) -> Json:
    about = {"id": number, "username": username, "name": username.title(), "created_at": "2018-01-02T03:04:05.678Z"}
    return about | {"last_seen_at": "2020-01-01T00:00:00Z", "bio_cooked": "<p>I fix lamps.</p>"} | more


def post(number: int, of: Json, place: int, raw: str | None = "Some words.", **more: Any) -> Json:
    said = {
        "id": number,
        "user_id": of["id"],
        "username": of["username"],
        "name": of["name"],
        "created_at": f"2019-05-{place % 28 + 1:02}T10:00:00.000Z",
        "updated_at": "2019-06-01T10:00:00.000Z",
        "cooked": f"<p>{raw}</p>",
        "post_number": place,
        "post_type": 1,
        "reply_to_post_number": None,
        "version": 1,
        "hidden": False,
        "user_deleted": False,
        "deleted_at": None,
        "wiki": False,
        "actions_summary": [],
    }
    return said | ({"raw": raw} if raw is not None else {}) | more


def liked(times: int) -> Json:
    return {"actions_summary": [{"id": 2, "count": times}, {"id": 3, "can_act": True}]}


def topic(number: int, title: str, posts: list[Json], **more: Any) -> Json:
    about = {
        "id": number,
        "title": title,
        "slug": "a-slug",
        "archetype": "regular",
        "category_id": 5,
        "tags": [],
        "created_at": "2019-05-01T10:00:00.000Z",
        "last_posted_at": "2019-05-20T10:00:00.000Z",
        "views": 40,
        "visible": True,
        "closed": False,
        "archived": False,
        "pinned": False,
        "deleted_at": None,
        "posts_count": len(posts),
    }
    stream = {"posts": posts, "stream": [one["id"] for one in posts]}
    return about | {"post_stream": stream} | more


ANA = person(1, "Ana")
BO = person(2, "bo.lind", name="Bo Lind")
CY = person(3, "admin", name="Cy", staged=True)
SYSTEM = person(-1, "system")


class Folder:
    """Writes answers where the importer reads them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("topics", "users", "uploads"):
            (root / name).mkdir(parents=True, exist_ok=True)

    def site(self, *categories: Json, **more: Any) -> None:
        self.put("site.json", {"categories": list(categories), "uncategorized_category_id": 1} | more)

    def put(self, name: str, answer: Any) -> None:
        (self.root / name).write_text(json.dumps(answer), encoding="utf-8")

    def topic(self, *topics: Json) -> None:
        for one in topics:
            self.put(f"topics/{one['id']}.json", one)

    def people(self, *people: Json) -> None:
        for one in people:
            self.put(f"users/{one['id']}.json", {"user": one, "user_badges": []})


CATEGORIES = (
    category(1, "Uncategorized"),
    category(5, "Lamps", description_text="All about lamps."),
    category(6, "Bulbs", parent_category_id=5),
    category(7, "Staff", read_restricted=True),
    category(8, "Plans", parent_category_id=7),
)


def fill(folder: Folder) -> None:
    """The whole site: seven topics, of which five come along."""
    folder.site(*CATEGORIES)
    folder.people(ANA, BO, CY)
    (folder.root / "uploads" / "abcDEF123.png").write_bytes(PNG)
    folder.topic(
        topic(
            10,
            "Why does my lamp flicker?",
            [
                post(
                    100, ANA, 1, "It flickers :smile: @bo.lind\nSee ![lamp|690x388](upload://abcDEF123.png)", **liked(3)
                ),
                post(101, BO, 2, "Change the bulb.", accepted_answer=True, **liked(4)),
                post(102, ANA, 3, "That helped, thanks.", reply_to_post_number=2),
                post(103, CY, 4, '[quote="bo.lind, post:2, topic:10"]\nChange the bulb.\n[/quote]\n\nWhich one?'),
                post(104, SYSTEM, 5, "", post_type=3, action_code="closed.enabled"),
                post(105, CY, 6, "Between us: she is a lot of work.", post_type=4),
                post(106, BO, 7, "Moderators say hello.", post_type=2),
                post(107, BO, 8, "(post deleted by author)", user_deleted=True),
                post(108, CY, 9, "Buy cheap watches.", hidden=True),
                post(109, ANA, 10, None, cooked="<p>Only <strong>HTML</strong> here.</p>", reply_to_post_number=7),
            ],
            tags=["Flicker", {"id": 3, "name": "e27 socket", "slug": "e27"}],
            accepted_answer={"post_number": 2, "username": "bo.lind"},
            closed=True,
        ),
        topic(11, "In no category", [post(110, BO, 1)], category_id=1),
        topic(12, "A bulb of glass", [post(111, CY, 1)], category_id=6, visible=False),
        topic(
            13, "What staff say among themselves", [post(112, BO, 1, "Secret words."), post(113, ANA, 2)], category_id=7
        ),
        topic(14, "A plan of staff", [post(114, BO, 1, "Secret plan.")], category_id=8, tags=["secret"]),
        topic(15, "Just for you", [post(115, BO, 1, "Private words.")], archetype="private_message", category_id=None),
        topic(16, "It was removed", [post(116, BO, 1)], deleted_at="2019-07-01T00:00:00Z"),
    )
