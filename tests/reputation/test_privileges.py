"""What reputation grants, by the site's age."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forum.access import WRITING, Privilege
from forum.clock import at, now
from forum.options import set_option
from reputation.privileges.presets import ALWAYS, POINTS, Preset, preset, thresholds

TABLE = [
    (Privilege.FLAG, 1, 1, 15),
    (Privilege.VOTE_UP, 1, 5, 15),
    (Privilege.COMMENT, 1, 10, 50),
    (Privilege.MANY_LINKS, 1, 10, 10),
    (Privilege.VOTE_DOWN, 25, 75, 125),
    (Privilege.NEW_TAG, 50, 300, 750),
    (Privilege.SUGGEST_DUPLICATE, 50, 100, 250),
    (Privilege.SUGGEST_EDIT, 100, 300, 500),
    (Privilege.EDIT_ANY, 250, 1000, 2000),
]


@pytest.mark.parametrize(("privilege", "new", "growing", "established"), TABLE)
def test_each_preset_asks_for_its_points(session, make_actor, asker, privilege, new, growing, established):
    for name, needed in (("new", new), ("growing", growing), ("established", established)):
        set_option(session, "privileges.preset", name)
        asker = session.merge(asker)
        asker.reputation = needed
        session.flush()
        assert make_actor(asker).can(privilege)
        asker.reputation = needed - 1
        session.flush()
        assert make_actor(asker).can(privilege) == (needed == 1)


def test_every_earned_privilege_is_in_the_table():
    assert {row[0] for row in TABLE} == set(POINTS)
    assert set(POINTS) - {Privilege.MANY_LINKS} == WRITING - ALWAYS


def test_some_things_are_open_to_everybody_even_in_debt(session, make_actor, asker):
    set_option(session, "privileges.preset", "established")
    session.merge(asker).reputation = -40
    session.flush()

    assert make_actor(asker).privileges == ALWAYS


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, Preset.NEW), (89, Preset.NEW), (91, Preset.GROWING), (364, Preset.GROWING), (366, Preset.ESTABLISHED)],
)
def test_the_preset_follows_the_age_of_the_site(session, asker, days, expected):
    with at(now() + timedelta(days=days)):
        assert preset(session) is expected


def test_an_admin_can_choose_the_preset(session, asker):
    set_option(session, "privileges.preset", "established")

    assert preset(session) is Preset.ESTABLISHED


def test_a_preset_that_is_none_counts_as_automatic(session, asker):
    set_option(session, "privileges.preset", "ancient")

    assert preset(session) is Preset.NEW


def test_an_empty_site_is_new(session):
    assert thresholds(session)[Privilege.VOTE_UP] == 1
