"""The script itself: whenever it is played, nobody acts before they have joined, or in the future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from forum.demo import cast, play, script

MIDNIGHT = datetime(2026, 3, 1, 0, 0, 30, tzinfo=UTC)
MIDDAY = datetime(2026, 3, 1, 12, 34, tzinfo=UTC)
EVENING = datetime(2026, 2, 28, 23, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize("today", [MIDNIGHT, MIDDAY, EVENING])
def test_whatever_the_time_of_day_all_of_it_is_past(today):
    late = [cue.place for moment, cue in play.running_order(today) if cue and moment >= today]

    assert late == []


@pytest.mark.parametrize("today", [MIDNIGHT, MIDDAY, EVENING])
def test_nobody_acts_before_they_have_joined(today):
    there: set[str] = set()
    early = []
    for _moment, cue in play.running_order(today):
        if cue and cue.verb == "join":
            there.add(cue.who)
        elif cue and cue.who not in there:
            early.append(f"{cue.place} {cue.verb} {cue.who}")

    assert early == []


def test_every_line_of_it_is_an_act_of_somebody_known():
    unknown = [cue for cue in script.read() if cue.verb not in play.ACTS or cue.who not in cast.people()]

    assert unknown == []


def test_times_are_counted_from_today_from_now_or_from_the_line_before():
    lines = "@@ ask ana 2d 09:30 key=one\n\nText\n\n@@ answer jonas +1d2h5m\n@@ take theo 3h\n@@ solve theo +40m"
    asked, answered, taken, solved = (cue.when.on(MIDDAY) for cue in script.parse(lines))

    assert asked == datetime(2026, 2, 27, 9, 30, tzinfo=UTC)
    assert answered - asked == timedelta(days=1, hours=2, minutes=5)
    assert MIDDAY - taken == timedelta(hours=3)
    assert solved - taken == timedelta(minutes=40)


def test_two_plays_on_one_day_are_the_same():
    assert play.running_order(MIDDAY) == play.running_order(MIDDAY)
