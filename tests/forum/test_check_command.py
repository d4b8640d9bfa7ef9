"""`porchlight check`: what is wrong with a set-up, and what to do."""

from dataclasses import replace

from forum.app import build_site
from forum.checks import check
from forum.clock import now
from forum.jobs import Job, Worker


def findings(site) -> dict[str, tuple[bool, str]]:
    return {finding.what: (finding.well, finding.words) for finding in check(site)}


def test_a_sound_set_up_is_all_well(site, database):
    with database.writing() as session:
        session.add(Worker(name="here", seen_at=now()))

    assert all(well for well, _words in findings(site).values())


def test_a_silent_worker_and_dead_letters_are_named(site, database):
    with database.writing() as session:
        session.add(Job(kind="mail", payload={}, run_at=now(), dead_at=now(), error="no such host"))

    found = findings(site)
    assert not found["worker"][0]
    assert found["jobs"] == (False, "1 have failed for good")


def test_an_unreachable_database_is_said_in_one_line_and_nothing_more(settings, tmp_path):
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:9/none"
    site = build_site(replace(settings, database_url=nowhere))
    (finding,) = check(site)

    assert not finding.well
    assert "\n" not in finding.words
    assert "PORCHLIGHT_DATABASE_URL" in finding.remedy


def test_a_database_behind_the_program_is_told_to_migrate(settings, tmp_path):
    site = build_site(replace(settings, database_url=f"sqlite:///{tmp_path / 'empty.sqlite3'}"))
    behind = next(finding for finding in check(site) if finding.what == "schema")

    assert not behind.well
    assert behind.remedy == "Run: porchlight migrate"


def test_mail_and_redis_that_do_not_answer_are_named(settings):
    away = replace(settings, smtp_url="smtp://127.0.0.1:9", redis_url="redis://127.0.0.1:9/0")
    found = findings(build_site(away))

    assert not found["mail"][0]
    assert not found["Redis"][0]
