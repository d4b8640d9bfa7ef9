"""What is made of the measurements: ratios of one round, how a page grows, and whether that is enough."""

from __future__ import annotations

from collections import Counter

from tests.bench.figures import Figure, as_table, verdicts
from tests.bench.load import Outcome
from tests.bench.servers import Memory


def test_a_ratio_compares_the_replies_of_the_same_round():
    figure = made("thread", pages=[100, 10, 50], bares=[200, 20, 200])

    assert figure.ratio == 0.5


def test_one_spoilt_round_moves_neither_rate_nor_ratio():
    assert made("home", pages=[100, 100, 1], bares=[200, 200, 200]).rate == 100


def test_a_page_that_is_slower_in_the_larger_community_is_named():
    small, large = made("tag", pages=[100], threads=1000), made("tag", pages=[50], threads=100_000)
    (found,) = verdicts([small, large], [])

    assert (found.measured, found.met) == ("2.00 times", False)
    assert verdicts([small, made("tag", pages=[90], threads=100_000)], [])[0].met


def test_waits_are_told_in_milliseconds_and_judged():
    quick, slow = made("search", waits=[0.1] * 100), made("search", waits=[0.1] * 80 + [0.3] * 20)

    assert [one.met for one in verdicts([quick, slow], [])] == [True, False]
    assert quick.wait(90) == 100


def test_a_lost_write_and_a_large_process_are_not_enough():
    figure = made("vote", pages=[600], writes=True)
    figure.lost = 1
    found = {one.what: one.met for one in verdicts([figure], [("sqlite", Memory("web", 170, 190))])}

    assert found["vote (sqlite, 1,000 threads, 1 worker), lost"] is False
    assert found["memory of the largest process after the run"] is False


def test_two_workers_are_compared_to_one():
    one, two = made("list", pages=[100]), made("list", pages=[180], workers=2)
    (found,) = verdicts([one, two], [])

    assert (found.measured, found.met) == ("1.80 times", True)


def test_a_machine_that_the_load_itself_fills_cannot_tell_of_two_workers():
    one, two = made("list", pages=[100]), made("list", pages=[120], workers=2)
    two.page[0].lasted, two.page[0].cpu = 1, 0.7

    assert [found.words for found in verdicts([one, two], [])] == ["not to be told here"]
    two.page[0].cpu = 0.05
    assert [found.words for found in verdicts([one, two], [])] == ["NOT MET"]


def test_who_writes_is_judged_by_how_long_they_wait_and_a_flood_also_by_how_it_grows():
    people = made("vote", waits=[0.2] * 100, writes=True)
    small, large = (made("vote-flood", pages=[100 // n], threads=n * 1000, writes=True, flood=True) for n in (1, 2))
    found = {one.what: one.met for one in verdicts([people, small, large], [])}

    assert found["vote (sqlite, 1,000 threads, 1 worker), each pausing for a second, p95"] is False
    assert found["vote-flood (sqlite, 2,000 threads, 1 worker), to 1,000 threads"] is False
    assert found["vote-flood (sqlite, 1,000 threads, 1 worker), nobody pausing, p95"] is True
    assert "vote (sqlite, 2,000 threads, 1 worker), to 1,000 threads" not in found


def test_a_table_lines_up_and_is_markdown():
    lines = as_table([{"page": "home", "bytes": 12_345}, {"page": "thread-in", "bytes": None}]).splitlines()

    assert len({len(line) for line in lines}) == 1
    assert lines[1] == "| --------- | ------ |"
    assert "12,345" in lines[2]


def made(scene, *, pages=(), bares=(), waits=(), threads=1000, workers=1, writes=False, flood=False):
    figure = Figure(scene, "sqlite", threads, workers, writes, flood)
    figure.page = [outcome(rate) for rate in pages] or [Outcome(1.0, waits=list(waits))]
    figure.bare = [outcome(rate) for rate in bares]
    return figure


def outcome(rate):
    return Outcome(1.0, waits=[1 / rate] * rate, statuses=Counter({200: rate}))
