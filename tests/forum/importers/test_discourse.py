"""Bringing a site along that ran on Discourse: all that is for the public, nothing that is not, and nothing twice."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from forum import clock
from forum.accounts.models import Account
from forum.clock import now
from forum.erasures.actions import ask_for
from forum.importers.dump import DumpError
from forum.importers.models import ImportedId, ImportRun
from forum.jobs import Job, Workshop
from forum.posts import Visibility
from forum.tags.models import Space, SpaceAudience, Tag
from forum.threads.models import Answer, Comment, Revision, Thread, ThreadTag
from forum.uploads.models import File, FileUse
from tests.forum.importers.discourse import ANA, BO, CY, PNG, category, liked, person, post, topic
from tests.shared_data import shared

TABLES = (Account, Thread, Answer, Comment, Revision, Tag, ThreadTag, Space, File, FileUse, ImportedId)


@pytest.fixture
def count(database):
    def count(model, *conditions) -> int:
        with database.reading() as session:
            return session.scalar(select(func.count()).select_from(model).where(*conditions))

    return count


@pytest.fixture
def thread(database):
    """The thread of a title, or of its beginning."""

    def thread(title: str) -> Thread:
        with database.reading() as session:
            return session.scalars(select(Thread).where(Thread.title.startswith(title))).one()

    return thread


@pytest.fixture
def erase(site, make, database):
    def erase(handle: str) -> None:
        admin = make.actor(make.admin("eraser"))
        with database.writing() as session:
            ask_for(session, admin, handle, content=False, days=0, reason="asked by letter")
        for minutes in (0, 1, 2):
            with clock.at(now() + timedelta(minutes=minutes)):
                Workshop(database, site.jobs).drain()

    return erase


@pytest.fixture
def texts(database):
    def texts(model=Answer) -> dict[str, str]:
        with database.reading() as session:
            return {row.source: row.html for row in session.scalars(select(model).order_by(model.id))}

    return texts


def test_every_post_is_there_or_accounted_for(carry, lamps, count):
    report = carry(lamps)

    assert (count(Thread), count(Answer)) == (5, 7)
    assert (report.added["questions"], report.added["answers"], report.added["users"]) == (5, 7, 3)
    left = {why: number for (kind, why), number in report.skipped.items() if kind == "other posts"}
    assert left == {
        "it only says that a topic was closed, moved or the like": 1,
        "whispers were for staff there": 1,
        "it was deleted there": 1,
        "private messages are not brought along": 1,
        "their topic was deleted there": 1,
    }
    posts = sum(len(json.loads(file.read_text())["post_stream"]["posts"]) for file in lamps.root.glob("topics/*"))
    assert report.read["questions"] + report.read["answers"] + report.read["other posts"] == posts
    assert report.read["other posts"] == sum(left.values())


def test_posts_keep_authors_dates_likes_and_the_solution(carry, lamps, database, thread):
    carry(lamps)
    asked = thread("Why does")
    with database.reading() as session:
        solution = session.get_one(Answer, asked.accepted_answer_id)
        bo = session.get_one(Account, solution.author_id)
        ana = session.get_one(Account, asked.author_id)
    assert (asked.score, asked.view_count, asked.created_at.isoformat()) == (3, 40, "2019-05-02T10:00:00+00:00")
    assert (solution.source, solution.score) == ("Change the bulb.", 4)
    assert (bo.display_name, bo.handle, bo.reputation) == ("Bo Lind", "bo-lind", 1 + 4 * 10 + 15)
    assert (ana.reputation, ana.question_count, ana.answer_count) == (1 + 3 * 10, 1, 3)
    assert "fix lamps" in ana.bio_source
    assert asked.locked
    assert asked.lock_reason == "Closed on the former site."
    assert asked.answer_count == 5


def test_a_name_that_speaks_for_the_site_is_nobodys_handle(carry, lamps, database):
    carry(lamps)
    with database.reading() as session:
        cy = session.scalars(select(Account).where(Account.display_name == "Cy")).one()
    assert cy.handle not in ("admin", "system")
    assert not cy.roles


def test_what_replies_quotes_and_mentions_say_stays(carry, lamps, texts, thread):
    carry(lamps)
    answers = texts()
    reply = next(html for source, html in answers.items() if source.endswith("That helped, thanks."))
    assert "<blockquote>" in reply
    assert "Change the bulb." in reply
    assert 'href="/t/10/2?site=' in reply
    quote = next(html for source, html in answers.items() if source.endswith("Which one?"))
    assert "@bo-lind" in quote
    assert quote.count("Change the bulb.") == 1
    assert "[quote" not in quote
    html = next(html for html in answers.values() if "Only" in html)
    assert "<strong>HTML</strong>" in html
    assert "Moderators say hello." in html
    question = thread("Why does")
    assert "@bo-lind" in question.source
    assert "😄" in question.html
    assert "<br" in question.html


def test_categories_become_products_and_closed_ones_stay_closed(carry, lamps, database, browser, make):
    carry(lamps)
    with database.reading() as session:
        spaces = {space.name: space for space in session.scalars(select(Space))}
    assert set(spaces) == {"Lamps", "Lamps / Bulbs", "Staff", "Staff / Plans"}
    assert spaces["Lamps"].audience is spaces["Lamps / Bulbs"].audience is SpaceAudience.EVERYONE
    assert spaces["Staff"].audience is spaces["Staff / Plans"].audience is SpaceAudience.ORGANISATIONS
    assert spaces["Lamps"].thread_count == 1
    for reader in (None, make.account("reader")):
        if reader:
            browser.sign_in(reader)
        for path in (
            "/threads",
            "/search?q=secret",
            "/tags",
            "/threads.atom",
            "/t/13",
            "/t/x/14",
            "/p/113",
            "/c/staff/7",
        ):
            page = browser.get(path)
            assert "Secret" not in page.text
            assert "staff say" not in page.text
            assert path.startswith(("/t/", "/p/", "/c/")) == (page.status_code == 404), path
    assert "What staff say" in browser.sign_in(make.moderator()).get("/t/13").text


def test_nothing_that_was_private_is_anywhere(carry, lamps, texts):
    carry(lamps)
    all_texts = " ".join([*texts(Answer).values(), *texts(Thread).values()])
    for words in ("Between us", "Private words"):
        assert words not in all_texts


def test_a_category_that_nothing_tells_of_is_for_staff(carry, folder, thread, database):
    folder.site(category(5, "Lamps"), {"id": 6, "name": "Odd"})
    folder.topic(topic(1, "Of a category unheard of", [post(1, ANA, 1)], category_id=99))
    folder.topic(topic(2, "Of one that says nothing of who reads it", [post(2, ANA, 1)], category_id=6))
    report = carry(folder)

    with database.reading() as session:
        assert session.scalars(select(Thread).where(Thread.visible_to(None))).all() == []
    assert any("Category 99" in note for note in report.notes)


def test_a_category_that_was_closed_there_later_is_closed_here_too(carry, lamps, database):
    carry(lamps)
    lamps.site(category(5, "Lamps", read_restricted=True), category(7, "Staff", read_restricted=True))
    carry(lamps)

    with database.reading() as session:
        space = session.scalars(select(Space).where(Space.name == "Lamps")).one()
        flicker = session.scalars(select(Tag).where(Tag.name == "flicker")).one()
    assert space.audience is SpaceAudience.ORGANISATIONS
    assert flicker.thread_count == 0


def test_topics_of_no_category_are_closed_with_it(carry, lamps, database):
    carry(lamps)
    lamps.site(category(1, "Uncategorized", read_restricted=True), category(5, "Lamps"))
    carry(lamps)

    with database.reading() as session:
        titles = session.scalars(select(Thread.title).where(Thread.visible_to(None))).all()
    assert "In no category" not in titles
    assert "Why does my lamp flicker?" in titles


def test_a_topic_that_moved_into_a_closed_category_follows(carry, lamps, database, thread):
    carry(lamps)
    moved = json.loads((lamps.root / "topics/10.json").read_text()) | {"category_id": 7}
    lamps.topic(moved)
    carry(lamps)

    with database.reading() as session:
        assert session.get_one(Space, thread("Why does").space_id).name == "Staff"
        counts = {space.name: space.thread_count for space in session.scalars(select(Space))}
        assert session.scalar(select(Tag.thread_count).where(Tag.name == "flicker")) == 0
    assert (counts["Lamps"], counts["Staff"]) == (0, 2)


def test_an_open_category_joins_a_product_of_its_name_and_a_closed_one_never_does(carry, folder, make, database):
    make.space("Lamps")
    make.space("Staff")
    folder.site(category(5, "Lamps"), category(7, "Staff", read_restricted=True))
    folder.topic(topic(1, "How bright is it?", [post(1, ANA, 1)]), topic(2, "Secret", [post(2, ANA, 1)], category_id=7))
    carry(folder)

    with database.reading() as session:
        names = {space.name: space.thread_count for space in session.scalars(select(Space))}
    assert names == {"Lamps": 1, "Staff": 0, "Staff 2": 1}


def test_a_second_run_adds_nothing(carry, lamps, count):
    carry(lamps)
    before = [count(table) for table in TABLES]
    report = carry(lamps)

    assert [count(table) for table in TABLES] == before
    assert report.added.total() == report.changed.total() == 0
    assert report.unchanged("answers") == 7


def test_nothing_is_announced_or_queued(carry, lamps, count, heard):
    carry(lamps)

    assert {type(event).__name__ for event in heard} == {"ReputationImported"}
    assert count(Job) == 0


def test_later_answers_likes_and_edits_come_with_a_later_run(carry, lamps, database, thread):
    carry(lamps)
    changed = json.loads((lamps.root / "topics/10.json").read_text())
    changed["post_stream"]["posts"][1] |= liked(9) | {"raw": "Change the bulb first.", "version": 2}
    changed["post_stream"]["posts"].append(post(120, BO, 11, "And the switch."))
    lamps.topic(changed)
    report = carry(lamps)

    assert (report.added["answers"], report.changed["answers"], report.added["questions"]) == (1, 1, 0)
    with database.reading() as session:
        solution = session.get_one(Answer, thread("Why does").accepted_answer_id)
        assert session.get_one(Account, solution.author_id).reputation == 1 + 9 * 10 + 15
    assert (solution.source, solution.score) == ("Change the bulb first.", 9)
    assert solution.edited_at is not None


def test_an_import_that_was_killed_goes_on(carry, lamps, database_url, tmp_path, count):
    posts = [post(1000 + place, ANA, place, f"Words number {place}. " * 20) for place in range(1, 900)]
    lamps.topic(topic(50, "A long one", posts))
    script = (
        "import sys\nfrom pathlib import Path\nfrom forum.settings import Settings\nfrom forum.app import build_site\n"
        "from forum.importers.discourse.actions import import_discourse\n"
        "from tests.forum.importers.conftest import quiet\n"
        "url, folder, var = sys.argv[1:]\n"
        "site = build_site(Settings(database_url=url, var=Path(var), secret='x' * 32))\n"
        "import_discourse(site.database, site.storage, Path(folder), var=Path(var), progress=quiet, cooks=2)\n"
    )
    command = [sys.executable, "-c", script, database_url, str(lamps.root), str(tmp_path)]
    child = subprocess.Popen(command, cwd=Path(__file__).parents[3])
    deadline = time.monotonic() + 60
    while count(Answer) == 0 and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    halfway = count(Answer)
    carry(lamps)

    assert 0 < halfway < 905
    assert (count(Thread), count(Answer)) == (6, 905)
    assert count(File) == 1
    before = [count(table) for table in TABLES]
    carry(lamps)
    assert [count(table) for table in TABLES] == before


def test_cooks_make_the_same_of_it(carry, lamps, texts):
    lamps.topic(
        topic(51, "Only as HTML", [post(3000 + n, ANA, n, None, cooked=f"<p>Nr <b>{n}</b></p>") for n in range(1, 60)])
    )
    carry(lamps, cooks=2)

    assert "Nr **7**" in texts()


def test_pictures_come_along_and_what_is_missing_stays_a_link(carry, lamps, browser, thread, count, database):
    lamps.put("source.json", {"address": "https://lamps.example"})
    lamps.topic(
        topic(
            60, "Two files", [post(600, ANA, 1, "![gone|10x10](upload://gone.png) [a.pdf|attachment](upload://x9.pdf)")]
        )
    )
    (lamps.root / "uploads" / "x9.pdf").write_bytes(b"%PDF-1.4 words")
    report = carry(lamps)

    picture = thread("Why does").html.split('src="')[1].split('"')[0]
    assert picture.startswith("/files/")
    assert browser.get(picture).headers["content-type"] == "image/png"
    html = thread("Two files").html
    assert "https://lamps.example/uploads/short-url/gone.png" in html
    assert 'href="/files/' in html
    assert count(File) == report.added["files"] == 2
    with database.reading() as session:
        assert session.scalars(select(File)).first().attached_at is not None


def test_a_picture_of_a_closed_category_is_not_public(carry, folder, browser, thread, make, database):
    folder.site(category(7, "Staff", read_restricted=True))
    (folder.root / "uploads" / "a1.png").write_bytes(PNG)
    folder.topic(topic(1, "Closed", [post(1, ANA, 1, "![x](upload://a1.png)")], category_id=7))
    carry(folder)
    address = thread("Closed").html.split('src="')[1].split('"')[0]

    assert browser.get(address).status_code == 404
    assert browser.sign_in(make.moderator()).get(address).status_code == 200


def test_hidden_and_unlisted_posts_are_as_they_were(carry, lamps, browser, database, thread):
    carry(lamps)
    page = browser.get("/t/10").text

    assert "Buy cheap watches" not in page
    assert "A bulb of glass" not in browser.get("/threads").text
    assert "A bulb of glass" in browser.get("/t/12").text
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(Answer.visibility == Visibility.HIDDEN)) == 1
    assert thread("A bulb").visibility is Visibility.UNLISTED


def test_old_addresses_lead_to_the_new_ones(carry, lamps, browser):
    carry(lamps)

    def moved(path: str) -> str:
        reply = browser.get(path, follow_redirects=False)
        assert reply.status_code == 301, path
        return reply.headers["location"]

    thread = moved("/t/why-does-my-lamp-flicker/10")
    assert thread.endswith("/why-does-my-lamp-flicker")
    assert moved("/t/10") == moved("/t/10/1") == moved("/t/x/10/5") == moved("/t/x/10/99") == moved("/p/100") == thread
    assert moved("/t/x/10/2") == moved("/t/10/2") == moved("/p/101") == moved("/p/101/7")
    assert moved("/p/101").split("#")[1].startswith("answer-")
    assert moved("/u/Bo.Lind") == moved("/u/bo.lind/summary") == "/people/bo-lind"
    assert moved("/c/lamps/5") == moved("/c/lamps/5/l/latest") == "/threads?product=lamps"
    assert moved("/c/lamps/bulbs/6") == "/threads?product=lamps-bulbs"
    assert moved("/tag/Flicker") == "/tags/flicker"
    for path in (
        "/t/999",
        "/t/x/15",
        "/t/16",
        "/p/105",
        "/p/115",
        "/u/nobody",
        "/c/none/99",
        "/c/",
        "/questions/10",
        "/a/101",
    ):
        assert browser.get(path).status_code == 404, path
    assert browser.get("/tag/unheard").status_code == 404


def test_two_sites_keep_their_numbers_apart(carry, folder, tmp_path, browser, bring, write):
    bring(
        write(
            Posts=[
                {
                    "Id": 10,
                    "PostTypeId": 1,
                    "CreationDate": "2020-01-01T10:00:00.000",
                    "Title": "Of the dump",
                    "Body": "x",
                }
            ]
        )
    )
    for name in ("one", "two"):
        folder.site(category(5, "Lamps"))
        folder.topic(
            topic(10, f"Of site {name}", [post(1, ANA, 1), post(2, BO, 2), post(3, ANA, 3, reply_to_post_number=2)])
        )
        carry(folder, site=name)
    assert "of-site-one" in str(browser.get("/t/10").url)
    assert "of-the-dump" in str(browser.get("/questions/10").url)
    page = browser.get("/threads").text
    two = page.split("of-site-two")[0].rsplit('href="', 1)[1] + "of-site-two"
    link = browser.get(two).text.split('href="/t/10/2?site=')[1].split('"')[0]
    assert "of-site-two" in str(browser.get(f"/t/10/2?site={link}").url)


def test_a_name_of_another_kind_of_site_is_refused(carry, lamps, bring, write):
    bring(write(Posts=[]), site="lamps")
    with pytest.raises(DumpError, match="another kind"):
        carry(lamps, site="lamps")


def test_who_was_erased_is_not_brought_back(carry, lamps, database, count, erase):
    carry(lamps)
    erase("bo-lind")
    before = count(Account)
    lamps.topic(
        topic(70, "Later", [post(700, ANA, 1), post(701, CY, 2, '[quote="bo.lind, post:2, topic:10"]x[/quote]\nyes')])
    )
    carry(lamps)

    assert count(Account) == before
    assert count(Account, Account.display_name == "Bo Lind") == 0
    assert count(ImportedId, ImportedId.external_id == "bo.lind") == 0
    with database.reading() as session:
        later = session.scalars(select(Answer).where(Answer.source.contains("yes"))).one()
    assert "Somebody" in later.source
    assert "bo.lind" not in later.source


def test_hostile_texts_do_no_harm(carry, folder, database):
    payloads = [one["payload"] for one in json.loads(shared("xss.json").read_text(encoding="utf-8"))]
    posts = [post(1, ANA, 1)]
    for place, payload in enumerate(payloads, 2):
        of = {"reply_to_post_number": place - 1}
        said = f'[quote="{payload}"]{payload}[/quote][details="{payload}"]\n{payload}\n[/details]'
        posts.append(post(place, ANA, place, said if place % 2 else None, cooked=payload, **of))
    evil = person(
        9,
        "<script>alert(1)</script>",
        name="<img src=x onerror=alert(1)>",
        bio_cooked=payloads[0],
        website="javascript:alert(1)",
    )
    folder.site(category(5, "<script>alert(2)</script>", description_text="<b onclick=alert(3)>"))
    folder.people(evil)
    folder.topic(topic(1, "<script>alert(4)</script>", posts, tags=["<script>", "a/../b", "?x=1"]))
    report = carry(folder)

    assert report.added["answers"] + sum(n for (kind, _why), n in report.skipped.items() if kind == "answers") == len(
        payloads
    )
    with database.reading() as session:
        html = " ".join(session.scalars(select(Answer.html))).lower()
        tags = session.scalars(select(Tag.name)).all()
    for mark in ("<script", "<iframe", "<svg", "<style", 'href="javascript', 'src="javascript', "<form", "<object"):
        assert mark not in html
    assert not any(char in tag for tag in tags for char in "<>/?&#")


@pytest.mark.parametrize(
    "answer",
    ["{", "[]", "null", '"x"', "[" * 100_000, '{"post_stream": 5}', '{"id": "x", "post_stream": {"posts": [1, null]}}'],
)
def test_broken_files_are_refused_in_one_line_or_passed_over(carry, lamps, answer):
    (lamps.root / "topics" / "20.json").write_text(answer)
    with suppress(DumpError):
        carry(lamps)
        return
    with pytest.raises(DumpError, match=r"20\.json") as refusal:
        carry(lamps)
    assert "\n" not in str(refusal.value)


def test_odd_values_are_taken_for_none(carry, folder, count):
    folder.site(category(5, "Lamps"))
    odd = {"created_at": "yesterday", "actions_summary": "x", "version": None, "reply_to_post_number": "2", "polls": 5}
    folder.topic(
        topic(
            1,
            "\x00Odd",
            [post(1, ANA, 1, "a\x00b", **odd), post(2, ANA, 2, **odd), post(2, ANA, 2)],
            tags="no",
            views=-(10**30),
        ),
        topic(2, "Without its first post", [post(5, ANA, 2)]),
        topic(3, "Of somebody who is gone", [post(6, ANA, 1, user_id=None, username=None, name=None)]),
    )
    report = carry(folder)

    assert (count(Thread), count(Answer)) == (2, 1)
    assert report.skipped["other posts", "it stands twice in the folder"] == 1
    assert report.skipped["questions", "the first post is not there, or is not for the public"] == 1
    assert report.skipped["answers", "its question is not in the dump"] == 1


def test_further_pages_of_a_topic_are_read(carry, lamps, count):
    page = {"post_stream": {"posts": [post(130, BO, 11), post(103, CY, 4)]}, "id": 10}
    lamps.put("topics/10-2.json", page)
    lamps.put("topics/15-2.json", {"post_stream": {"posts": [post(131, BO, 2, "Private too")]}, "id": 15})
    lamps.put("topics/88-2.json", {"post_stream": {"posts": [post(132, BO, 2, "Whose?")]}})
    report = carry(lamps)

    assert count(Answer) == 8
    assert report.skipped["other posts", "nothing says which topic they are of"] == 1
    assert report.skipped["other posts", "private messages are not brought along"] == 2


def test_raw_files_stand_in_for_the_markdown(carry, folder, thread):
    folder.site(category(5, "Lamps"))
    folder.topic(topic(1, "Asked", [post(1, ANA, 1, None, cooked="<p><b>x</b></p>")]))
    (folder.root / "raw" / "1").mkdir(parents=True)
    (folder.root / "raw" / "1" / "1.md").write_text("__as typed__")
    carry(folder)

    assert thread("Asked").source == "__as typed__"


def test_a_folder_without_what_says_who_may_read_is_refused(carry, lamps):
    (lamps.root / "site.json").unlink()
    with pytest.raises(DumpError, match=r"site\.json"):
        carry(lamps)
    shutil.rmtree(lamps.root / "topics")
    lamps.site()
    with pytest.raises(DumpError, match="topics/"):
        carry(lamps)


def test_admins_see_how_far_it_is(carry, lamps, browser, make, database):
    carry(lamps)
    page = browser.sign_in(make.admin("root")).get("/admin/imports").text

    assert "Done" in page
    assert "Products" in page
    with database.reading() as session:
        assert session.scalars(select(ImportRun)).one().format == "discourse"
