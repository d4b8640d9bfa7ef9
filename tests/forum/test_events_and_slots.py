"""Who hears of what, and who fills which place."""

from dataclasses import dataclass

import pytest

from forum.events import Bus, Event, StaffAction, emit
from forum.options import option, set_option
from forum.slots import Slots


@dataclass(frozen=True, slots=True, kw_only=True)
class Knocked(Event):
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorOpened(StaffAction):
    door: str


def test_a_listener_on_a_base_class_hears_every_kind_of_it():
    bus, heard = Bus(), []
    bus.on(StaffAction, lambda _session, event: heard.append(event))
    bus.emit(None, Knocked(actor_id=1, times=2))
    bus.emit(None, DoorOpened(actor_id=1, door="back", reason="it was cold"))

    assert [event.door for event in heard] == ["back"]


def test_what_a_listener_keeps_goes_when_the_act_is_refused(site):
    site.bus.on(Knocked, lambda session, event: set_option(session, "knocks", event.times))

    def work(session):
        emit(session, Knocked(actor_id=None, times=3))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        site.database.write(work)

    with site.database.reading() as session:
        assert option(session, "knocks", 0) == 0


def test_a_failing_listener_stops_the_act(site):
    def refuse(_session, _event):
        raise RuntimeError("ledger")

    def work(session):
        set_option(session, "before", 1)
        emit(session, Knocked(actor_id=None, times=3))

    site.bus.on(Knocked, refuse)
    with pytest.raises(RuntimeError, match="ledger"):
        site.database.write(work)

    with site.database.reading() as session:
        assert option(session, "before", 0) == 0


def test_a_place_is_filled_with_one_query_for_all_rows_and_in_order():
    asked, slots = [], Slots()

    def badges(_session, _actor, keys):
        asked.append(list(keys))
        return {2: "gold"}

    slots.register("profile.badges", "late.html", badges, order=90)
    slots.register("profile.badges", "early.html", lambda *_: {1: "a", 2: "b"}, order=10)
    filled = slots.fill(None, None, {"profile.badges": [1, 2, 3]})

    assert asked == [[1, 2, 3]]
    assert filled.at("profile.badges", 2) == [("early.html", "b"), ("late.html", "gold")]
    assert filled.at("profile.badges", 3) == []


def test_a_place_with_no_rows_costs_no_query():
    slots = Slots()
    slots.register("profile.badges", "x.html", lambda *_: pytest.fail("asked for nothing"))

    assert slots.fill(None, None, {"profile.badges": []}).parts == {}
