"""Changing what reputation grants and how it is earned: seen before it is saved, in force at once, not for the past."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from forum.access import Privilege
from forum.accounts.models import Account
from forum.errors import Invalid
from forum.posts import PostKind, PostRef
from forum.votes.actions import cast_vote
from reputation.ledger import rebuild
from reputation.ledger.models import LedgerEntry, Rule
from reputation.ledger.rules import rules
from reputation.privileges.presets import thresholds
from reputation.rules.actions import change_rules, current, seal
from reputation.rules.preview import preview, sum_under


@pytest.fixture
def admin(make):
    return make.admin("root")


@pytest.fixture
def values(browser, admin):
    """What the form holds."""

    def values(**changed):
        page = browser.sign_in(admin).get("/admin/rules").text
        found = {}
        for tag in re.findall(r"<input[^>]*>", page):
            kind, name, value = (re.search(rf'\b{one}="([^"]*)"', tag) for one in ("type", "name", "value"))
            if name and (kind is None or kind[1] == "number" or "checked" in tag):
                found[name[1]] = value[1] if value else ""
        return {name: value for name, value in found.items() if name not in {"q", "by"}} | changed

    return values


@pytest.fixture
def look_and_save(browser, values):
    def look_and_save(**changed):
        given = values(**changed)
        seen = browser.get("/admin/rules/preview", params=given)
        sealed = re.search(r'name="seen" value="(\w+)"', seen.text)
        saved = browser.post("/admin/rules", given | {"seen": sealed[1] if sealed else ""})
        return seen, saved

    return look_and_save


@pytest.fixture
def in_force(database):
    def in_force():
        with database.reading() as session:
            return thresholds(session), rules(session)

    return in_force


def vote(database, make, answer, voter, value=1):
    with database.writing() as session:
        cast_vote(session, make.actor(voter), PostRef(PostKind.ANSWER, answer.id), value)


def test_a_threshold_is_seen_then_saved_and_counts_at_once(browser, make, look_and_save, in_force, admin):
    make.account("ana", reputation=60, display_name="Ana Lopes")
    make.account("ben", reputation=40, display_name="Ben Ito")
    make.moderator("mo", reputation=60, display_name="Mo Berg")
    stranger = browser.another()
    with stranger:
        assert "25 points" in stranger.get("/privileges").text
        seen, saved = look_and_save(needed_vote_down="55")

        assert "1 person loses it." in seen.text
        assert "Ben Ito" in seen.text
        assert "Ana Lopes" not in seen.text
        assert "Mo Berg" not in seen.text
        assert "The rules are saved" in saved.text
        assert in_force()[0][Privilege.VOTE_DOWN] == 55
        assert "55 points" in stranger.get("/privileges").text
    ben, ana = (make.actor(account) for account in _accounts(make, "ben", "ana"))
    assert not ben.can(Privilege.VOTE_DOWN)
    assert ana.can(Privilege.VOTE_DOWN)


def _accounts(make, *handles):
    with make.database.reading() as session:
        return [session.scalars(select(Account).where(Account.handle == handle)).one() for handle in handles]


def test_who_gains_is_named_up_to_twenty(make, look_and_save):
    for number in range(23):
        make.account(f"p{number}", reputation=20)
    seen, _saved = look_and_save(needed_vote_down="20")

    assert "23 people gain it." in seen.text
    assert len(set(re.findall(r'href="/people/p\d+"', seen.text))) == 20


def test_a_preset_moves_what_is_left_open_and_no_more(look_and_save, in_force):
    look_and_save(preset="established", needed_comment="7")
    needed = in_force()[0]

    assert needed[Privilege.COMMENT] == 7
    assert needed[Privilege.VOTE_UP] == 15
    look_and_save(preset="new", needed_comment="")
    assert in_force()[0][Privilege.COMMENT] == 1


def test_other_points_count_from_now_on_and_the_ledger_stays_exact(make, database, look_and_save, answer, in_force):
    first, second = make.account(), make.account()
    vote(database, make, answer, first)
    seen, _saved = look_and_save(points_answer_up="4")
    assert "1 person would have another reputation." in seen.text
    vote(database, make, answer, second)
    vote(database, make, answer, first, 0)

    with database.reading() as session:
        moved = session.scalars(
            select(LedgerEntry.points).where(LedgerEntry.rule == Rule.ANSWER_UP).order_by(LedgerEntry.id)
        ).all()
        assert moved == [10, 4, -10]
        assert list(rebuild.check(session)) == []
    assert in_force()[1].points[Rule.ANSWER_UP] == 4


def test_what_was_not_seen_is_not_saved(browser, values, in_force):
    given = values(points_answer_up="4")
    page = browser.post("/admin/rules", given | {"seen": "made-up"})

    assert page.status_code == 422
    assert "not the change that you were shown" in page.text
    assert "What this would change" in page.text
    assert in_force()[1].points[Rule.ANSWER_UP] == 10


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"needed_flag": "0"}, "from 1 to 100,000".replace(",", "")),
        ({"needed_flag": "100001"}, "from 1 to 100000"),
        ({"points_answer_up": "-1"}, "from 0 to 1000"),
        ({"points_answer_down": "1"}, "from -1000 to 0"),
        ({"points_abuse": "-10001"}, "from -10000 to 0"),
        ({"daily_cap": "-5"}, "from 0 to 10000"),
        ({"daily_cap": ""}, "Write a whole number."),
        ({"points_accepted": "many"}, "Write a whole number."),
        ({"points_accepted": "9" * 5000}, "from 0 to 1000"),
        ({"preset": "ancient"}, "Not a valid choice"),
    ],
)
def test_bounds_hold_and_what_was_typed_stays(browser, values, in_force, wrong, words):
    given = values(**wrong)
    before = in_force()
    if len(str(wrong)) < 1000:
        seen = browser.get("/admin/rules/preview", params=given)
        assert seen.status_code == 422
        assert words in seen.text
    page = browser.post("/admin/rules", given)

    assert page.status_code == 422
    assert words in page.text
    assert in_force() == before


def test_a_preview_of_nothing_leads_to_what_is_in_force(browser, admin):
    page = browser.sign_in(admin).get("/admin/rules/preview")

    assert (page.status_code, page.url.path) == (200, "/admin/rules")


def test_only_admins_know_these_pages(browser, make):
    for columns in ({}, {"moderator": True}, {"staff": True, "tier": 3}):
        browser.sign_in(make.account(**columns))
        assert browser.get("/admin/rules").status_code == 403
        assert browser.get("/admin/rules/preview").status_code == 403
        assert browser.post("/admin/rules", {"seen": "x"}).status_code == 403


def test_a_preview_changes_nothing_and_costs_as_many_queries_for_many_people(browser, make, values, queries, in_force):
    make.account(reputation=20)
    given, before = values(needed_vote_down="20", daily_cap="3"), in_force()
    browser.get("/admin/rules/preview", params=given)
    with queries() as few:
        browser.get("/admin/rules/preview", params=given)
    for _ in range(12):
        make.account(reputation=20)
    with queries() as many:
        browser.get("/admin/rules/preview", params=given)

    assert len(many) == len(few)
    assert in_force() == before


def test_a_recomputation_minds_the_cap_the_floor_and_what_was_taken_back(make, database, answer, admin):
    people = [make.moderator(), *(make.account() for _ in range(3))]
    for voter in people:
        vote(database, make, answer, voter)
    vote(database, make, answer, people[0], -1)
    actor = make.actor(admin)
    with database.reading() as session:
        given = current(session)
        author = session.get_one(Account, answer.author_id)
        entries = session.execute(
            select(LedgerEntry.__table__).where(LedgerEntry.account_id == author.id).order_by(LedgerEntry.id)
        ).all()
        as_it_is = type(given)(given.preset, given.thresholds, given.points, given.daily_cap)
        assert sum_under(as_it_is, entries) == author.reputation == 1 + 30 - 2
        capped = type(given)(given.preset, given.thresholds, given.points, 25)
        # Of 10, 10, 5 and 0 the first is taken back, and the down vote costs two.
        assert sum_under(capped, entries) == 1 + 15 - 2
        harsh = type(given)(given.preset, given.thresholds, given.points | {Rule.ANSWER_DOWN: -900}, 200)
        assert sum_under(harsh, entries) == 1
        found = preview(session, actor, given, capped)
        assert [(one.person.handle, one.by) for one in found.largest if one.by] == [(author.handle, -15)]


def test_of_two_admins_at_once_the_second_is_shown_what_the_first_did(database, make, admin, in_force):
    second = make.admin("second")
    together, ends = threading.Barrier(2), []

    def change(actor, cap):
        with database.reading() as session:
            before = current(session)
            given = type(before)(before.preset, before.thresholds, before.points, cap)
            seen = seal(session, given)
        together.wait()
        try:
            with database.writing() as session:
                change_rules(session, actor, given, seen=seen)
        except Invalid:
            return "refused"
        return "saved"

    with ThreadPoolExecutor(2) as threads:
        ends = list(threads.map(change, (make.actor(admin), make.actor(second)), (300, 400)))

    assert sorted(ends) == ["refused", "saved"]
    assert in_force()[1].daily_cap in {300, 400}


def test_the_log_says_what_was_changed(browser, look_and_save, database):
    look_and_save(points_accepted="20", needed_flag="3")
    look_and_save()  # changes nothing

    with database.reading() as session:
        acts = session.scalars(text("SELECT action FROM audit_entries")).all()
        words = str(session.scalars(text("SELECT texts FROM audit_texts")).one())
    assert acts == ["ReputationRulesChanged"]
    for said in ("points_accepted: 15", "points_accepted: 20", "needed_flag: preset", "needed_flag: 3"):
        assert said in words
    assert "Privileges or points changed" in browser.get("/moderation/log").text
