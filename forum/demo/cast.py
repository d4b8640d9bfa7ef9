"""Who is there, and where: organisations, people, products, tags."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Role
from forum.accounts.actions import Profile, create_account, update_profile
from forum.accounts.models import Organisation
from forum.accounts.queries import actor_of
from forum.brand import GUIDELINES
from forum.demo.scene import Scene
from forum.demo.script import CONTENT, Cue, Moment
from forum.guidelines.models import THE_ONE, Guidelines
from forum.markup import cook
from forum.options import set_option
from forum.organisations.models import OrganisationDomain
from forum.tags.models import Space, SpaceAudience, SpaceOrganisation, Tag

HOURS = {"days": [0, 1, 2, 3, 4, 5, 6], "from": "06:00", "to": "22:00"}
MORNING = timedelta(hours=5)


@cache
def people() -> dict[str, dict[str, Any]]:
    """Everybody by handle, in the order in which they joined."""
    rows = _file("people.toml")["people"]
    return {row["handle"]: row for row in sorted(rows, key=lambda row: -row["joined"])}


def joins() -> list[Cue]:
    """Everybody joins on a morning, one after the other, so that no two have the same number."""
    return [
        Cue("join", handle, Moment(row["joined"], MORNING + timedelta(minutes=7 * number)), place="people.toml")
        for number, (handle, row) in enumerate(people().items())
    ]


def lay_out(session: Session) -> None:
    """What an admin sets up before the first visitor: organisations, products, tags, hours."""
    places = _file("places.toml")
    organisations = {}
    for row in _file("people.toml")["organisations"]:
        columns = {name: value for name, value in row.items() if name not in ("key", "domains")}
        organisation = organisations[row["key"]] = Organisation(**columns)
        session.add(organisation)
        session.flush()
        for domain in row.get("domains", ()):
            session.add(OrganisationDomain(domain=domain, organisation_id=organisation.id))
    for position, row in enumerate(places["products"]):
        columns = {name: value for name, value in row.items() if name not in ("audience", "organisations")}
        space = Space(position=position, audience=SpaceAudience(row.get("audience", "everyone")), **columns)
        session.add(space)
        session.flush()
        for key in row.get("organisations", ()):
            session.add(SpaceOrganisation(space_id=space.id, organisation_id=organisations[key].id))
    session.add_all(Tag(name=name, description=words) for name, words in places["tags"].items())
    set_option(session, "support.hours", HOURS)
    rules = cook((CONTENT / "guidelines.markdown").read_text("utf-8"))
    session.add(Guidelines(id=THE_ONE, source=rules.source, html=rules.html, cooker_version=rules.version))
    set_option(session, GUIDELINES, True)
    session.flush()


def join(scene: Scene) -> None:
    row, handle = people()[scene.cue.who], scene.cue.who
    account = create_account(
        scene.session,
        handle=handle,
        email=f"{handle}@lantern.example",
        display_name=row["name"],
        roles=frozenset(Role(role) for role in row.get("roles", [])),
        tier=row.get("tier"),
    )
    account.team, account.skills = row.get("team", ""), row.get("skills", [])
    if "organisation" in row:
        name = _organisation_name(row["organisation"])
        account.organisation_id = scene.session.scalars(select(Organisation.id).where(Organisation.name == name)).one()
        account.organisation_manager = row.get("manager", False)
    bio = row.get("bio", "")
    profile = Profile(
        display_name=row["name"],
        bio_source=bio,
        bio_html=cook(bio).html if bio else "",
        location=row.get("place", ""),
        website=row.get("website", ""),
        time_zone=row.get("zone", "UTC"),
        locale="en",
    )
    update_profile(scene.session, actor_of(scene.session, account), profile)


def offers() -> list[dict[str, str]]:
    """The accounts that the sign-in page offers."""
    rows = [people()[handle] for handle in _file("people.toml")["offered"]]
    return [{"handle": row["handle"], "role": _role(row), "name": row["name"], "words": row["demo"]} for row in rows]


def _role(row: dict[str, Any]) -> str:
    return row["roles"][0] if "roles" in row else "customer"


def _organisation_name(key: str) -> str:
    rows = _file("people.toml")["organisations"]
    return str(next(row["name"] for row in rows if row["key"] == key))


@cache
def _file(name: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT / name).read_text("utf-8"))


ACTS = {"join": join}
